-- Statements on executors and their keys.

-- ADD_EXECUTOR
insert into executor (name) values (%(name)s) on conflict (name) do nothing

-- EXECUTOR_NAMED
select id from executor where name = %(name)s

-- LOCK_EXECUTOR
select id from executor where name = %(name)s for update

-- LIVE_KEYS
select id from executor_key where executor_id = %(executor)s and scope = %(scope)s and revoked_at is null order by id

-- ADD_KEY
insert into executor_key (executor_id, key_hash, scope) values (%(executor)s, %(hash)s, %(scope)s) returning id

-- KEY_WITH_HASH
select k.id, e.name, k.scope, k.revoked_at is not null as revoked
from executor_key k join executor e on e.id = k.executor_id where k.key_hash = %(hash)s

-- LIST_KEYS
select k.id, e.name as executor, k.scope, k.created_at, k.last_used_at, k.revoked_at
from executor_key k join executor e on e.id = k.executor_id order by k.id

-- REVOKE_KEY
update executor_key set revoked_at = now() where id = %(id)s and revoked_at is null returning id

-- AUTHENTICATE
select k.id, k.executor_id, e.name, k.scope from executor_key k join executor e on e.id = k.executor_id
where k.key_hash = %(hash)s and k.revoked_at is null

-- USED  Notes that a key was used, at most once a minute.
update executor_key set last_used_at = now()
where id = %(id)s and (last_used_at is null or last_used_at < now() - interval '1 minute')
