-- What the public reads: publications, miners, the newest cycle. Parameters in psycopg's style; netuid null: any.

-- LATEST
select cycle_id, scores, weights from publication where %(netuid)s::int is null or netuid = %(netuid)s::int
order by cycle_id desc limit 1

-- OF_CYCLE
select cycle_id, scores, weights from publication where cycle_id = %(cycle)s::int

-- AT_BLOCK  the newest whose snapshot block is not after this one
select cycle_id, scores, weights from publication
where block <= %(block)s::bigint and (%(netuid)s::int is null or netuid = %(netuid)s::int)
order by block desc, cycle_id desc limit 1

-- STATUS
select c.id as cycle_id, c.state, c.reason, c.netuid,
       (select count(*) from executor where last_seen_at > now() - interval '1 minute') as executors_seen
from (select 1) as one left join lateral (
  select * from cycle where %(netuid)s::int is null or netuid = %(netuid)s::int order by id desc limit 1) as c on true

-- MINERS  of the newest cycle
select m.cycle_id, m.uid, m.hotkey, m.first_block, m.repo, m.revision, m.endpoint, m.excluded
from cycle_miner m
where m.cycle_id = (select max(id) from cycle where %(netuid)s::int is null or netuid = %(netuid)s::int)
order by m.uid
