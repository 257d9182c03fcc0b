-- The statements of the task pool; parameters in psycopg's style. States are explained in 0001_initial.sql; the rules
-- that keep the pool correct, and the functions called here, are in the newest migration that creates them (0006).

-- FETCH
select * from fetch_tasks(%(executor)s, %(n)s, %(families)s, %(fingerprint)s, %(mixed)s, %(retry_after)s, %(ttl)s)

-- SUBMIT  traces in binary: the driver would take 0.1 ms to write one as text
select * from submit_results(
  %(executor)s, %(lease)s, %(max_faults)s, %(ids)s, %(outcomes)s, %(reasons)s, %(steps)s, %(success_steps)s,
  %(rewards)s, %(forfeits)s, %(timings)s, %(traces)b)

-- EPISODES  what tasks asked for, by cycle; the rest of it never changes and is in FROZEN
select t.cycle_id, case when not c.mixed_physics then c.fingerprint end as fingerprint,
       array_agg(t.id) as ids, array_agg(t.env) as envs, array_agg(t.seed) as seeds
from task t join cycle c on c.id = t.cycle_id
where t.id = any (%(ids)s::bigint[]) group by t.cycle_id, c.fingerprint, c.mixed_physics

-- FETCH_TURN  until the transaction ends nobody else fetches or takes a turn; the numbers are those in fetch_tasks
select pg_advisory_xact_lock(1263095382, 1)

-- SEEN
update executor set last_seen_at = now(), fingerprint = %(fingerprint)s, versions = %(versions)s where id = %(executor)s

-- FROZEN  what never changes in a cycle that is running: its environments, and its miners by uid
select config -> 'environments' as environments,
       (select jsonb_object_agg(uid, jsonb_build_array(hotkey, endpoint, max_concurrency))
        from cycle_miner where cycle_id = %(cycle)s::int and excluded is null) as miners
from cycle where id = %(cycle)s::int

-- WHY_NOTHING  running cycles, and their physics, for the sentence that an executor without tasks gets
select id, fingerprint from cycle where state = 'running' order by id

-- LOCK_LEASE  waits for whoever holds it; executor null: whoever asks (the API trusts its callers)
select id from lease where id = %(lease)s::bigint and executor_id = coalesce(%(executor)s::int, executor_id) for update

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
  attempt     = t.attempt + (not %(willingly)s::boolean)::int,
  waiting     = %(willingly)s::boolean or t.attempt + 1 < %(max_leases)s::int,
  lease_id    = case when %(willingly)s::boolean or t.attempt + 1 < %(max_leases)s::int then null else ended.id end,
  outcome     = case when %(willingly)s::boolean or t.attempt + 1 < %(max_leases)s::int then null else 4 end,
  finished_at = case when %(willingly)s::boolean or t.attempt + 1 < %(max_leases)s::int then null else now() end,
  reason      = case when %(willingly)s::boolean then t.reason else 'lease_expired' end
from ended, unnest(ended.task_ids) as x (id)
where t.id = x.id and t.outcome is null
returning t.id, t.outcome

-- FENCE  after FETCH_TURN, in the transaction that takes a cycle out of `running`
delete from lease where cycle_id = %(cycle)s::int

-- CREATE  tasks in fetch order
copy task (cycle_id, uid, env, episode, seed, record) from stdin (format binary)

-- NEXT_TASK  the number of the next task: larger than those of all tasks so far
select last_value + is_called::int from task_id_seq

-- NOTE_TASKS  a cycle's tasks have numbers from first to last; tasks of other cycles may have some of them too
update cycle set first_task = least(first_task, %(first)s), last_task = greatest(last_task, %(last)s)
where id = %(cycle)s

-- NEWEST_CYCLE
select id, config -> 'environments' from cycle where %(netuid)s::int is null or netuid = %(netuid)s::int
order by id desc limit 1

-- STATS  of one cycle, per environment
select env,
       count(*) as total,
       count(*) filter (where outcome is null and (waiting or id >= next_task)) as ready,
       count(*) filter (where outcome is null and not (waiting or id >= next_task)) as leased,
       count(outcome) as finished,
       count(*) filter (where outcome = 1) as success,
       count(*) filter (where outcome = 2) as failure,
       count(*) filter (where outcome = 3) as policy_fault,
       count(*) filter (where outcome = 4) as void,
       count(*) filter (where outcome = 8) as cancelled
from task, (select next_task from cycle where id = %(cycle)s::int) as c
where cycle_id = %(cycle)s::int group by env order by env

-- DROP_TASKS  a batch of a cycle that is over
delete from task where id = any (array(select id from task where cycle_id = %(cycle)s::int limit %(n)s::int))

-- DROP_TRACES  a batch of a cycle that is over
delete from trace where task_id = any (array(select task_id from trace where cycle_id = %(cycle)s::int limit %(n)s::int))

-- DROP_DIGESTS  a batch of a cycle that is over
delete from trace_digest
where task_id = any (array(select task_id from trace_digest where cycle_id = %(cycle)s::int limit %(n)s::int))

-- OLD_CYCLES  those that are over, but for the newest few
select id from cycle where state in ('published', 'failed', 'cancelled') order by id desc offset %(keep)s

-- SKIP_LEASE_NUMBERS  a thousand million, more than a backup can have missed
select setval('lease_id_seq', nextval('lease_id_seq') + 1000000000)

-- END_ALL_LEASES
delete from lease

-- FREE_ALL_TASKS  that were out
update task t set waiting = true from cycle c
where c.state = 'running' and t.cycle_id = c.id and t.id < c.next_task and t.outcome is null and not t.waiting
