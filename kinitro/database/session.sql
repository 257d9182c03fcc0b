-- What a new connection is asked and told, see session.py and pooler.py.

-- SET  Settings that this version of PostgreSQL does not have are passed over.
select set_config(s.name, s.value, false) from unnest(%(names)s::text[], %(values)s::text[]) as s (name, value)
where s.name like '%%.%%' or current_setting(s.name, true) is not null

-- SET_SEARCH_PATH  The schema that our tables are in, also where the search path leads elsewhere. A path that finds none
-- of ours, in a database without ours or with several, stays as it is: its first schema is where `kinitro db init`
-- creates them.
select set_config('search_path', min(quote_ident(n.nspname)), false)
from pg_class v join pg_namespace n on n.oid = v.relnamespace
where v.relname = 'kinitro_schema_version' and v.relkind = 'r' and v.relpersistence <> 't'
  and v.oid = coalesce(to_regclass('kinitro_schema_version'), v.oid)
having count(*) = 1

-- SERVER_PROCESS
select pg_backend_pid() as pid

-- END_WHEN_IDLE  The session, after this long.
select set_config('idle_session_timeout', %(after)s, false)

-- IS_READ_ONLY
select current_setting('transaction_read_only')::boolean as read_only
