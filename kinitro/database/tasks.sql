-- The statements of the task pool. The columns are explained in migrations/versions/0001_initial.sql; where a task is
-- (ready, or out under a lease), what next_task means, the rules that keep the pool correct, and the function called by FETCH
-- are in 0010_hosted.sql, the one called by SUBMIT in 0008_outcomes.sql: the newest migrations that create them.

-- FETCH
select * from fetch_tasks(
  %(executor)s, %(n)s, %(families)s, %(fingerprint)s, %(policies)s, %(hosts)s, %(warm)s, %(mixed)s, %(retry_after)s,
  %(ttl)s)

-- SUBMIT  Traces travel in binary (%(traces)b), because the driver takes 0.1 ms to write one as text.
select * from submit_results(
  %(executor)s, %(lease)s, %(max_faults)s, %(ids)s, %(outcomes)s, %(reasons)s, %(steps)s, %(success_steps)s,
  %(rewards)s, %(forfeits)s, %(timings)s, %(traces)b)

-- EPISODES  What the tasks with these numbers asked for, by cycle. What never changes of it is in FROZEN.
select t.cycle_id, case when not c.mixed_physics then c.fingerprint end as fingerprint,
       array_agg(t.id) as ids, array_agg(t.env) as envs, array_agg(t.seed) as seeds
from task t join cycle c on c.id = t.cycle_id
where t.id = any (%(ids)s::bigint[]) group by t.cycle_id, c.fingerprint, c.mixed_physics

-- FETCH_TURN  Until the transaction ends nobody else fetches or takes a turn. The numbers are those in fetch_tasks.
select pg_advisory_xact_lock(1263095382, 1)

-- SEEN  Notes when an executor last asked for tasks, and with which physics and versions.
update executor set last_seen_at = now(), fingerprint = %(fingerprint)s, versions = %(versions)s where id = %(executor)s

-- FROZEN  What never changes in a running cycle: its environments, its reference, what hosted policies may use, and its
-- miners by uid.
select config -> 'environments' as environments, config -> 'reference' as reference, config -> 'hosting' as hosting,
       (select jsonb_object_agg(uid, jsonb_build_array(
          hotkey, coalesce(endpoint, ''), max_concurrency, null, case when hosted then repo || '@' || revision end))
        from cycle_miner where cycle_id = %(cycle)s::int and excluded is null) as miners
from cycle where id = %(cycle)s::int

-- WHY_NOTHING  Running cycles and their physics, for the sentence that an executor without tasks gets.
select id, fingerprint from cycle where state = 'running' order by id

-- LOCK_LEASE  Waits for whoever holds it. executor null: the caller vouches for the lease, as everywhere below.
select id from lease where id = %(lease)s::bigint and executor_id = coalesce(%(executor)s::int, executor_id) for update

-- HEARTBEAT  Extends a lease, also one that is over but was not ended by EXPIRED yet: its tasks are still out. No lease is
-- extended beyond max_age. Says how many seconds are left.
update lease set expires_at = least(now() + %(ttl)s::interval, greatest(expires_at, created_at + %(max_age)s::interval))
where id = %(lease)s::bigint and executor_id = coalesce(%(executor)s::int, executor_id)
returning extract(epoch from expires_at - now())::float8 as left_s

-- EXPIRED  Leases whose time is up, locked. Two reapers never get the same one, and nobody waits for a lease whose
-- executor is just reporting (skip locked).
select id from lease where expires_at <= now() order by id limit %(n)s::int for update skip locked

-- GIVE_BACK  Ends locked leases. Their tasks are ready again, and wait behind next_task. Unless they are given back
-- willingly that counts as an attempt, and a task whose leases ended so max_leases times is void: it may be the one that
-- kills every executor.
with ended as (
  delete from lease where id = any (%(leases)s::bigint[]) returning id, task_ids
)
update task t set
  attempt     = t.attempt + (not %(willingly)s::boolean)::int,
  waiting     = %(willingly)s::boolean or t.attempt + 1 < %(max_leases)s::int,
  lease_id    = case when %(willingly)s::boolean or t.attempt + 1 < %(max_leases)s::int then null else ended.id end,
  outcome     = case when %(willingly)s::boolean or t.attempt + 1 < %(max_leases)s::int then null else 'void'::outcome end,
  finished_at = case when %(willingly)s::boolean or t.attempt + 1 < %(max_leases)s::int then null else now() end,
  reason      = case when %(willingly)s::boolean then t.reason else 'lease_expired' end
from ended, unnest(ended.task_ids) as x (id)
where t.id = x.id and t.outcome is null
returning t.id

-- FENCE  Ends all leases of a cycle, in the transaction that takes it out of `running`, after FETCH_TURN. The turn keeps
-- new leases away. The deletion waits for whoever is just reporting, because a report locks its lease; later reports find
-- no lease. So no outcome changes once the cycle is being scored.
delete from lease where cycle_id = %(cycle)s::int

-- CREATE  Tasks in the order in which they are fetched.
copy task (cycle_id, uid, env, episode, seed, record) from stdin (format binary)

-- NEXT_TASK  The number that the next new task gets; it is larger than those of all tasks so far.
select last_value + is_called::int as id from task_id_seq

-- NOTE_TASKS  A cycle's tasks have numbers from first to last. Tasks of other cycles may lie between them.
update cycle set first_task = least(first_task, %(first)s), last_task = greatest(last_task, %(last)s)
where id = %(cycle)s

-- NEWEST_CYCLE  of the subnet; netuid null: of the database
select id, config -> 'environments' as environments, revealed_at is not null as revealed from cycle
where %(netuid)s::int is null or netuid = %(netuid)s::int
order by id desc limit 1

-- STATS  Counts of the tasks of one cycle, per environment.
select env,
       count(*) as total,
       count(*) filter (where outcome is null and (waiting or id >= next_task)) as ready,
       count(*) filter (where outcome is null and not (waiting or id >= next_task)) as leased,
       count(outcome) as finished,
       count(*) filter (where outcome = 'success') as success,
       count(*) filter (where outcome = 'failure') as failure,
       count(*) filter (where outcome = 'policy_fault') as policy_fault,
       count(*) filter (where outcome = 'void') as void,
       count(*) filter (where outcome = 'cancelled') as cancelled
from task, (select next_task from cycle where id = %(cycle)s::int) as c
where cycle_id = %(cycle)s::int group by env order by env

-- DROP_TASKS  Removes a batch of the tasks of a cycle that is over.
delete from task where id = any (array(select id from task where cycle_id = %(cycle)s::int limit %(n)s::int))

-- DROP_TRACES  Removes a batch of the traces of a cycle that is over.
delete from trace where task_id = any (array(select task_id from trace where cycle_id = %(cycle)s::int limit %(n)s::int))

-- DROP_PACK  Removes the pack of a cycle that is over.
delete from pack where cycle_id = any (array(select cycle_id from pack where cycle_id = %(cycle)s::int limit %(n)s::int))

-- DROP_DIGESTS  Removes a batch of the digests of a cycle that is over.
delete from trace_digest
where task_id = any (array(select task_id from trace_digest where cycle_id = %(cycle)s::int limit %(n)s::int))

-- OLD_CYCLES  Those that are over, except for the newest few.
select id from cycle where state in ('published', 'failed', 'cancelled') order by id desc offset %(keep)s

-- SKIP_LEASE_NUMBERS  A thousand million, more than were given out since any backup.
select setval('lease_id_seq', nextval('lease_id_seq') + 1000000000)

-- END_ALL_LEASES  for a database that was restored
delete from lease

-- FREE_ALL_TASKS  Makes all tasks of running cycles ready that were out, and says how many they were.
with freed as (
  update task t set waiting = true from cycle c
  where c.state = 'running' and t.cycle_id = c.id and t.id < c.next_task and t.outcome is null and not t.waiting
  returning t.id
)
select count(*) as n from freed
