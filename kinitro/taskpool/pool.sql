-- The hot statements of the task pool; parameters in psycopg's style. The states are explained in 0001_initial.sql.
--
-- Rules that keep the pool correct, whatever crashes:
--   * A lease is a fencing token. Whoever reports on it, extends it or ends it locks its row first, in a statement of
--     its own: the next statement of the same transaction then sees everything that happened before the lock.
--   * A task that is out (lease_id set, outcome null) is named by exactly one living lease, in task_ids.
--   * Fetches take turns (an advisory lock, held for a millisecond), so that none hands out a task twice or exceeds
--     what a miner can bear. Fetch is the only statement that takes ready tasks.
--   * A cycle leaves `running` in a transaction that has called FENCE first: then no lease of it is alive, and no
--     report can change an outcome that was scored.

-- FETCH_TURN  the lock numbers are arbitrary, and used nowhere else
select pg_advisory_xact_lock(1263095382, 1)

-- FETCH  up to %(n)s tasks of one running cycle, episode by episode; none of a miner that has its fill
with running as materialized (
  select c.id as cycle_id,
         case when %(families)s::text[] is not null then array(
           select (e.position - 1)::smallint
           from jsonb_array_elements(c.config -> 'environments') with ordinality as e (environment, position)
           where split_part(e.environment ->> 'id', '/', 1) = any (%(families)s::text[])) end as envs
  from cycle c
  where c.state = 'running' and (%(mixed)s::boolean or c.fingerprint is null or c.fingerprint = %(fingerprint)s::text)
),
held as materialized (
  select l.cycle_id, uid, count(*) as n from lease l, unnest(l.uids) as uid group by l.cycle_id, uid
),
room as materialized (
  select m.cycle_id, m.uid, least(m.max_concurrency - coalesce(h.n, 0), %(n)s::int) as n, r.envs
  from running r
  join cycle_miner m on m.cycle_id = r.cycle_id and m.excluded is null
  left join held h on h.cycle_id = m.cycle_id and h.uid = m.uid
  where m.max_concurrency > coalesce(h.n, 0)
),
candidate as materialized (
  select room.cycle_id, next.id
  from room cross join lateral (
    select t.id from task t
    where t.cycle_id = room.cycle_id and t.uid = room.uid and t.lease_id is null and t.outcome is null
      and (room.envs is null or t.env = any (room.envs))
      and (t.executor_id is distinct from %(executor)s::int or t.failed_at < now() - %(retry_after)s::interval)
    order by t.id limit room.n) as next
),
chosen as materialized (
  select id from candidate where cycle_id = (select min(cycle_id) from candidate) order by id limit %(n)s::int
),
number as materialized (select nextval('lease_id_seq') as id),
taken as (
  update task t set lease_id = number.id, attempt = t.attempt + 1
  from number
  where t.id = any (array(select id from chosen)) and t.lease_id is null
  returning t.id, t.lease_id, t.cycle_id, t.uid, t.env, t.episode, t.seed, t.attempt, t.record
),
written as (
  insert into lease (id, cycle_id, executor_id, expires_at, task_ids, uids)
  select lease_id, cycle_id, %(executor)s::int, now() + %(ttl)s::interval, array_agg(id), array_agg(uid)
  from taken group by lease_id, cycle_id
),
physics as (
  update cycle c
  set fingerprint = coalesce(c.fingerprint, %(fingerprint)s::text),
      mixed_physics = c.mixed_physics or c.fingerprint <> %(fingerprint)s::text is true
  where c.id = (select min(cycle_id) from taken)
    and (c.fingerprint is null or (c.fingerprint <> %(fingerprint)s::text and not c.mixed_physics))
)
select taken.*, m.hotkey, m.endpoint, m.max_concurrency
from taken join cycle_miner m on m.cycle_id = taken.cycle_id and m.uid = taken.uid
order by taken.id

-- SEEN  when an executor was last here, at most every 5 s and whenever what it is changes
update executor set last_seen_at = now(), fingerprint = %(fingerprint)s::text, versions = %(versions)s::jsonb
where id = %(executor)s::int
  and (last_seen_at is null or last_seen_at < now() - interval '5 s'
       or fingerprint is distinct from %(fingerprint)s::text or versions <> %(versions)s::jsonb)

-- WHY_NOTHING  running cycles, and their physics, for the sentence that an executor without tasks gets
select id, fingerprint from cycle where state = 'running' order by id

-- ENVIRONMENTS  of a cycle; they never change
select config -> 'environments' from cycle where id = %(cycle)s::int

-- LOCK_LEASE  waits for whoever holds it; executor null: whoever asks (the API trusts its callers)
select id from lease where id = %(lease)s::bigint and executor_id = coalesce(%(executor)s::int, executor_id) for update

-- SUBMIT  after LOCK_LEASE; answers one row per report: accepted, duplicate, conflict or stale
with report as materialized (
  select * from unnest(
    %(ids)s::bigint[], %(outcomes)s::smallint[], %(reasons)s::text[], %(steps)s::int[], %(success_steps)s::int[],
    %(rewards)s::float8[], %(forfeits)s::int[], %(timings)s::text[], %(traces)s::bytea[])
    as r (id, outcome, reason, steps, success_step, total_reward, forfeits, timings, trace)
),
mine as materialized (
  select l.id, l.executor_id, l.task_ids, l.uids from lease l
  where l.id = %(lease)s::bigint and l.executor_id = coalesce(%(executor)s::int, l.executor_id)
),
done as (
  update task t set
    lease_id        = case when r.outcome = 4 and t.faults + 1 < %(max_faults)s::int then null else t.lease_id end,
    outcome         = case when r.outcome = 4 and t.faults + 1 < %(max_faults)s::int then null else r.outcome end,
    finished_at     = case when r.outcome = 4 and t.faults + 1 < %(max_faults)s::int then null else now() end,
    faults          = t.faults + (r.outcome = 4)::int,
    failed_at       = case when r.outcome = 4 then now() else t.failed_at end,
    failed_lease_id = case when r.outcome = 4 then t.lease_id else t.failed_lease_id end,
    executor_id     = mine.executor_id,
    steps = r.steps, success_step = r.success_step, forfeits = r.forfeits, total_reward = r.total_reward,
    timings = r.timings::real[], reason = r.reason
  from report r, mine
  where t.id = r.id and t.lease_id = mine.id and t.outcome is null
  returning t.id, t.cycle_id, t.outcome, r.trace
),
kept as (
  insert into trace (task_id, cycle_id, data)
  select id, cycle_id, trace from done where trace is not null and outcome is not null
  on conflict (task_id) do nothing
),
rest as materialized (
  select array_agg(x.id) as task_ids, array_agg(x.uid) as uids
  from mine, unnest(mine.task_ids, mine.uids) as x (id, uid)
  where x.id not in (select id from done)
),
shrunk as (
  update lease l set task_ids = rest.task_ids, uids = rest.uids from rest, mine
  where l.id = mine.id and rest.task_ids is not null and exists (select from done)
),
ended as (
  delete from lease l using mine, rest where l.id = mine.id and rest.task_ids is null
)
select r.id,
       case when d.id is not null then 'accepted'
            when t.executor_id is distinct from coalesce(%(executor)s::int, t.executor_id) then 'stale'
            when t.lease_id = %(lease)s::bigint and t.outcome = r.outcome then 'duplicate'
            when t.lease_id = %(lease)s::bigint and t.outcome is not null then 'conflict'
            when t.failed_lease_id = %(lease)s::bigint and r.outcome = 4 then 'duplicate'
            else 'stale' end as status
from report r left join done d on d.id = r.id left join task t on t.id = r.id

-- HEARTBEAT  a lease that nobody has reaped yet is still good; none lives longer than max_age
update lease set expires_at = least(now() + %(ttl)s::interval, greatest(expires_at, created_at + %(max_age)s::interval))
where id = %(lease)s::bigint and executor_id = coalesce(%(executor)s::int, executor_id)
returning extract(epoch from expires_at - now())::float8

-- EXPIRED  leases whose time is up, locked; two reapers never get the same
select id from lease where expires_at <= now() order by id limit %(n)s::int for update skip locked

-- GIVE_BACK  ends locked leases; a task that ended too many leases this way is void, unless it is given back willingly
with ended as (
  delete from lease where id = any (%(leases)s::bigint[]) returning id, task_ids
)
update task t set
  attempt     = t.attempt - %(willingly)s::boolean::int,
  lease_id    = case when %(willingly)s::boolean or t.attempt < %(max_leases)s::int then null else t.lease_id end,
  outcome     = case when %(willingly)s::boolean or t.attempt < %(max_leases)s::int then null else 4 end,
  finished_at = case when %(willingly)s::boolean or t.attempt < %(max_leases)s::int then null else now() end,
  reason      = case when %(willingly)s::boolean then t.reason else 'lease_expired' end
from ended, unnest(ended.task_ids) as x (id)
where t.id = x.id and t.lease_id = ended.id and t.outcome is null
returning t.id, t.outcome

-- FENCE  after FETCH_TURN, in the transaction that takes a cycle out of `running`
delete from lease where cycle_id = %(cycle)s::int

-- CREATE  tasks in fetch order
copy task (cycle_id, uid, env, episode, seed, record) from stdin (format binary)

-- NEWEST_CYCLE
select id, config -> 'environments' from cycle where %(netuid)s::int is null or netuid = %(netuid)s::int
order by id desc limit 1

-- STATS  of one cycle, per environment
select env,
       count(*) as total,
       count(*) filter (where outcome is null and lease_id is null) as ready,
       count(*) filter (where outcome is null and lease_id is not null) as leased,
       count(outcome) as finished,
       count(*) filter (where outcome = 1) as success,
       count(*) filter (where outcome = 2) as failure,
       count(*) filter (where outcome = 3) as policy_fault,
       count(*) filter (where outcome = 4) as void,
       count(*) filter (where outcome = 8) as cancelled
from task where cycle_id = %(cycle)s::int group by env order by env

-- DROP_TASKS  a batch of a cycle that is over
delete from task where id = any (array(select id from task where cycle_id = %(cycle)s::int limit %(n)s::int))

-- DROP_TRACES  a batch of a cycle that is over
delete from trace where task_id = any (array(select task_id from trace where cycle_id = %(cycle)s::int limit %(n)s::int))
