-- Single episodes, for pages: of cycles that are over.

-- EPISODE
select t.id as task_id, t.cycle_id, t.uid, c.config -> 'environments' -> t.env::int ->> 'id' as env_id, t.episode,
       encode(t.seed, 'hex') as seed, t.outcome::text as outcome, t.reason, t.steps, t.success_step, t.total_reward,
       t.forfeits, t.attempt, t.timings, e.name as executor, c.revealed_at is not null as revealed, c.deadline_at,
       c.config ->> 'pack' as pack, r.data as trace
from task t join cycle c on c.id = t.cycle_id left join trace r on r.task_id = t.id left join executor e on e.id = t.executor_id
where t.id = %(task_id)s

-- FAILURES  The first failed episodes of every miner of a cycle.
select uid, task_id, env, episode, outcome, reason, steps
from (
  select t.uid, t.id as task_id, t.env, t.episode, t.outcome::text as outcome, t.reason, t.steps,
         row_number() over (partition by t.uid order by t.id) as place
  from task t
  where t.cycle_id = %(cycle)s::int and t.outcome in ('failure', 'policy_fault')
    and t.id >= coalesce((select first_task from cycle where id = %(cycle)s::int), 0)
    and t.id <= coalesce((select last_task from cycle where id = %(cycle)s::int), 9223372036854775807)
) as failed
where place <= %(most)s
order by uid, task_id

-- LATENCIES  How many episodes of every miner had a 95th percentile of answers within each class; see LATENCY_CLASSES_MS.
select t.uid, width_bucket(t.timings[2]::float8, %(bounds)s::float8[]) as bucket, count(*) as episodes
from task t
where t.cycle_id = %(cycle)s::int and t.timings is not null and t.outcome is not null
  and t.id >= coalesce((select first_task from cycle where id = %(cycle)s::int), 0)
  and t.id <= coalesce((select last_task from cycle where id = %(cycle)s::int), 9223372036854775807)
group by 1, 2

-- FAULTS  How many episodes of every miner of a cycle ended by a fault, by whose and why; reasons that nobody knows are
-- counted as 'other', whatever executors report.
select t.uid, t.outcome::text as outcome, case when t.reason = any (%(known)s::text[]) then t.reason else 'other' end as reason,
       count(*) as episodes
from task t
where t.cycle_id = %(cycle)s::int and t.outcome in ('policy_fault', 'void')
  and t.id >= coalesce((select first_task from cycle where id = %(cycle)s::int), 0)
  and t.id <= coalesce((select last_task from cycle where id = %(cycle)s::int), 9223372036854775807)
group by 1, 2, 3 order by 4 desc

-- SEEDS  Of every episode of a cycle, by how many miners it was solved, and the task of one that failed.
select t.env, t.episode, count(*) filter (where t.outcome = 'success') as solved, count(*) as played,
       min(t.id) filter (where t.outcome in ('failure', 'policy_fault')) as failed_task,
       min(t.id) filter (where t.outcome = 'success') as solved_task
from task t
where t.cycle_id = %(cycle)s::int and t.uid >= 0 and t.outcome is not null
  and t.id >= coalesce((select first_task from cycle where id = %(cycle)s::int), 0)
  and t.id <= coalesce((select last_task from cycle where id = %(cycle)s::int), 9223372036854775807)
group by 1, 2

-- HISTORY  A miner in the newest published cycles.
select p.cycle_id, p.block, p.explanations -> %(uid)s::text as explanation
from publication p where %(netuid)s::int is null or p.netuid = %(netuid)s::int
order by p.cycle_id desc limit %(most)s

-- TREND  The best and the middle success of an environment in the newest published cycles.
select p.cycle_id, max((e ->> 'success_rate')::float8) as best,
       percentile_cont(0.5) within group (order by (e ->> 'success_rate')::float8) as middle, count(*) as miners
from (
  select cycle_id, scores from publication where %(netuid)s::int is null or netuid = %(netuid)s::int
  order by cycle_id desc limit %(most)s
) as p, jsonb_array_elements(p.scores -> 'miners') as m, jsonb_array_elements(m -> 'environments') as e
where e ->> 'env_id' = %(env_id)s
group by 1 order by 1

-- PACK
select data from pack where digest = decode(%(digest)s, 'hex')
