-- What an operator reads. netuid null: of any subnet.

-- AGES  How many leases there are, and how old the tasks and the weights are. All tasks of a cycle become ready together.
select (select count(*) from lease) as leases,
       coalesce((select extract(epoch from now() - c.tasks_created_at)::float8 from cycle c
                 where c.state = 'running' and (%(netuid)s::int is null or c.netuid = %(netuid)s::int)
                 order by c.id desc limit 1), 0) as tasks_age_s,
       (select extract(epoch from now() - max(p.published_at))::float8 from publication p
        where %(netuid)s::int is null or p.netuid = %(netuid)s::int) as weights_age_s

-- VERDICTS  On the recorded episodes of the newest cycle that has any.
select coalesce(verdict, 'open') as verdict, count(*) as count from verification
where cycle_id = (select max(cycle_id) from verification) group by 1

-- SERVER  Sessions that lead (they hold an advisory lock whose second number is 1000 plus the netuid), the database's size, and
-- how far the slowest standby is behind (null without one, or without the right to see it: pg_monitor).
select (select count(*) from pg_locks where locktype = 'advisory' and granted and classid = 1263095382
          and objid between %(first_lock)s::bigint and %(last_lock)s::bigint
          and database = (select oid from pg_database where datname = current_database())) as leaders,
       pg_database_size(current_database()) as bytes,
       (select extract(epoch from max(replay_lag))::float8 from pg_stat_replication) as standby_lag_s

-- TABLES
select relname as name, n_dead_tup as dead, n_live_tup as live, pg_total_relation_size(relid) as bytes
from pg_stat_user_tables
where schemaname = current_schema()
  and relname in ('task', 'lease', 'trace', 'recording', 'verification', 'publication')
order by bytes desc

-- TASKS  Of the newest cycle, in one pass.
select c.id as cycle_id, c.state, count(t.id) as total, count(t.outcome) as finished
from (select * from cycle where %(netuid)s::int is null or netuid = %(netuid)s::int order by id desc limit 1) as c
left join task t on t.cycle_id = c.id and t.id >= coalesce(c.first_task, 0)
  and t.id <= coalesce(c.last_task, 9223372036854775807)
group by c.id, c.state

-- MACHINES  What executors and verifiers are and do; what they did in the last seconds, and what failed there last.
with newest as (
  select id, coalesce(first_task, 0) as first_task, coalesce(last_task, 9223372036854775807) as last_task
  from cycle where %(netuid)s::int is null or netuid = %(netuid)s::int order by id desc limit 1
),
done as (
  select t.executor_id,
         count(*) filter (where t.outcome is not null and t.finished_at > now() - %(window_s)s::float8 * interval '1 second')
           as episodes,
         sum(t.steps) filter (where t.outcome is not null and t.finished_at > now() - %(window_s)s::float8 * interval '1 second')
           as steps,
         count(*) filter (where t.failed_at is not null and (t.outcome is null or t.outcome = 'void')) as failed,
         mode() within group (order by t.reason)
           filter (where t.failed_at is not null and (t.outcome is null or t.outcome = 'void')) as failure
  from newest n join task t on t.cycle_id = n.id and t.id between n.first_task and n.last_task
  where t.executor_id is not null
  group by t.executor_id
),
held as (
  select executor_id, count(*) as leases, sum(cardinality(task_ids)) as tasks from lease group by executor_id
)
select e.name, e.fingerprint, e.versions, extract(epoch from now() - e.last_seen_at)::float8 as silent_s,
       extract(epoch from now() - e.verified_at)::float8 as verifier_silent_s, coalesce(d.episodes, 0) as episodes,
       coalesce(d.steps, 0) as steps, coalesce(d.failed, 0) as failed, d.failure,
       coalesce(h.leases, 0) as leases, coalesce(h.tasks, 0)::bigint as tasks
from executor e left join done d on d.executor_id = e.id left join held h on h.executor_id = e.id
order by e.last_seen_at desc nulls last, e.name limit 1000

-- LEASES
select l.id as lease_id, e.name as executor, cardinality(l.task_ids) as tasks,
       extract(epoch from now() - l.created_at)::float8 as age_s,
       extract(epoch from l.expires_at - now())::float8 as left_s
from lease l join executor e on e.id = l.executor_id
order by l.expires_at limit 200

-- OUT  Tasks under a lease, and verifications without a verdict.
select coalesce((select sum(cardinality(task_ids)) from lease), 0)::bigint as tasks,
       (select count(*) from verification where verdict is null) as checks
