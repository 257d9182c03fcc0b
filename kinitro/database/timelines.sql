-- When the steps of cycles were, and how far a running one is. netuid null: of any subnet.

-- SUMMARIES  Cycles below a number, the newest first, or the one with this number: what was planned, and when each step was.
select c.id as cycle_id, c.netuid, c.network, c.state, c.reason, c.block, c.key_committed_block, c.beacon_block,
       c.created_at, c.tasks_created_at, c.deadline_at, c.scoring_at, c.published_at, c.revealed_at,
       coalesce(jsonb_array_length(c.config -> 'environments'), 0) as environments,
       coalesce((c.config ->> 'episodes')::int, 0) as episodes, m.participants, m.excluded
from cycle c cross join lateral (
  select count(*) filter (where excluded is null) as participants, count(excluded) as excluded
  from cycle_miner where cycle_id = c.id) as m
where (%(netuid)s::int is null or c.netuid = %(netuid)s::int)
  and (%(cycle)s::int is null or c.id = %(cycle)s::int) and (%(before)s::int is null or c.id < %(before)s::int)
order by c.id desc limit %(limit)s

-- STATE
select state from cycle
where id = %(cycle)s::int and (%(netuid)s::int is null or netuid = %(netuid)s::int)

-- CLOCK  How long a cycle's tasks have been there (null: there are none yet), how long until its deadline, and how many of its
-- checks have no verdict.
select state, deadline_at, now() as now, extract(epoch from now() - tasks_created_at)::float8 as elapsed_s,
       extract(epoch from deadline_at - now())::float8 as deadline_s,
       (select count(*) from verification where cycle_id = %(cycle)s::int and verdict is null) as checks
from cycle
where id = %(cycle)s::int and (%(netuid)s::int is null or netuid = %(netuid)s::int)

-- PACES  How many tasks of each miner there are, are finished, and were played and finished in the last seconds.
select uid, count(*) as total, count(outcome) as finished,
       count(*) filter (where outcome <> 'cancelled' and finished_at > now() - %(window_s)s::float8 * interval '1 second')
         as recent
from task
where cycle_id = %(cycle)s::int
  and id >= coalesce((select first_task from cycle where id = %(cycle)s::int), 0)
  and id <= coalesce((select last_task from cycle where id = %(cycle)s::int), 9223372036854775807)
group by uid
