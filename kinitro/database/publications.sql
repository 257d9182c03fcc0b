-- What the public reads: publications, miners, the newest cycle. netuid null: of any subnet.

-- LATEST
select cycle_id, scores, weights from publication where %(netuid)s::int is null or netuid = %(netuid)s::int
order by cycle_id desc limit 1

-- LATEST_CYCLE  Only its number: scores are large.
select cycle_id from publication where %(netuid)s::int is null or netuid = %(netuid)s::int
order by cycle_id desc limit 1

-- OF_CYCLE
select cycle_id, scores, weights from publication where cycle_id = %(cycle)s::int

-- STANDINGS  Of the miners of a cycle: what they committed, whether executors run it, and whether this commitment took part in
-- no published cycle before; null: there was none.
select m.uid, m.repo, m.hosted,
       case when earlier.cycle_id is not null then not exists (
         select from cycle_miner b join cycle c on c.id = b.cycle_id and c.state = 'published'
         where b.hotkey = m.hotkey and b.first_block = m.first_block and b.cycle_id < m.cycle_id and b.excluded is null)
       end as new
from cycle_miner m
left join lateral (
  select p.cycle_id from publication p join cycle c on c.id = p.cycle_id
  where p.cycle_id < m.cycle_id and c.netuid = (select netuid from cycle where id = %(cycle)s::int)
  order by p.cycle_id desc limit 1
) as earlier on true
where m.cycle_id = %(cycle)s::int and m.excluded is null

-- AT_BLOCK  The newest publication whose snapshot block is not after this one.
select cycle_id, scores, weights from publication
where block <= %(block)s::bigint and (%(netuid)s::int is null or netuid = %(netuid)s::int)
order by block desc, cycle_id desc limit 1

-- STATUS
select c.id as cycle_id, c.state, c.reason, c.netuid,
       (select count(*) from executor where last_seen_at > now() - interval '1 minute') as executors_seen
from (select 1) as one left join lateral (
  select * from cycle where %(netuid)s::int is null or netuid = %(netuid)s::int order by id desc limit 1) as c on true

-- MINERS  The frozen miners of the newest cycle.
select m.cycle_id, m.uid, m.hotkey, m.first_block, m.repo, m.revision,
       case when m.sealed then null else m.endpoint end as endpoint, m.excluded, m.hosted
from cycle_miner m
where m.cycle_id = (select max(id) from cycle where %(netuid)s::int is null or netuid = %(netuid)s::int)
order by m.uid

-- NEWEST  The newest cycle; planned: how many episodes each miner gets in it.
select id as cycle_id, state, reason, netuid, block, deadline_at, revealed_at is not null as revealed,
       coalesce((config ->> 'episodes')::int * jsonb_array_length(config -> 'environments'), 0) as planned
from cycle where %(netuid)s::int is null or netuid = %(netuid)s::int
order by id desc limit 1

-- PROGRESS  Of all miners of one cycle, in one pass over its tasks: how many there are and how many are finished, apart
-- those that a fault ended, by whose and by reason. A reason that is not among the known ones is 'other', so that there are
-- few rows, whatever executors report.
select uid, fault, case when fault is not null then case when reason = any (%(known)s::text[]) then reason else 'other' end end
         as reason, count(*) as total, count(outcome) as finished
from (
  select t.uid, t.outcome, t.reason, case when t.outcome in ('policy_fault', 'void') then t.outcome::text end as fault
  from task t
  where t.cycle_id = %(cycle)s::int
    and t.id >= coalesce((select first_task from cycle where id = %(cycle)s::int), 0)
    and t.id <= coalesce((select last_task from cycle where id = %(cycle)s::int), 9223372036854775807)
) as t
group by 1, 2, 3

-- EXPLANATION  Of one miner in one cycle, or in the last published one if the cycle is null.
select p.cycle_id, m.hotkey, m.excluded, p.explanations -> %(uid)s::text as explanation
from publication p left join cycle_miner m on m.cycle_id = p.cycle_id and m.uid = %(uid)s::int
where case when %(cycle)s::int is null then %(netuid)s::int is null or p.netuid = %(netuid)s::int
           else p.cycle_id = %(cycle)s::int end
order by p.cycle_id desc limit 1
