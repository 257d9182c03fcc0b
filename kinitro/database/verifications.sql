-- Every statement on recordings and verifications.
-- A verification is given out like a task: its lease_id is the fencing token, and ready_at the lease's end.

-- KEEP  Recordings of tasks that this lease finished with a result; repeating it changes nothing. A miner that committed
-- to no policy has nothing to compare with.
with kept as (
  insert into recording (task_id, cycle_id, data)
  select t.id, t.cycle_id, r.data
  from unnest(%(ids)s::bigint[], %(recordings)b::bytea[]) as r (id, data)
  join task t on t.id = r.id
  join cycle c on c.id = t.cycle_id and c.state in ('running', 'scoring')
  join cycle_miner m on m.cycle_id = t.cycle_id and m.uid = t.uid and m.repo is not null and m.revision is not null
  where t.lease_id = %(lease)s::bigint and t.outcome in ('success', 'failure') and t.executor_id = coalesce(%(executor)s::int, t.executor_id)
  on conflict (task_id) do nothing
  returning task_id, cycle_id
)
insert into verification (task_id, cycle_id, uid)
select kept.task_id, kept.cycle_id, t.uid from kept join task t on t.id = kept.task_id
on conflict (task_id) do nothing

-- SEEN  Notes when a verifier last asked for something to verify.
update executor set verified_at = now(), last_seen_at = now() where id = %(executor)s

-- GIVE_UP  Ends what was given out as often as it may be, and never came back.
update verification set verdict = 'error', evidence = %(evidence)s, finished_at = now()
where verdict is null and attempts >= %(max_attempts)s and ready_at <= now()

-- CLAIM  one, of the miner on whose checks the fewest seconds were spent so far, so that a slow upload delays its own
-- checks and not everybody's. What is under way, or never came back, counts as a whole lease; physics that differ would show other images. What failed
-- here goes to another verifier, as long as there is one: it may be this machine that is the reason.
with others as (
  select from executor where verified_at > now() - interval '2 minutes' and id is distinct from %(executor)s::int limit 1
),
open as (
  select v.task_id, v.cycle_id, v.uid
  from verification v join cycle c on c.id = v.cycle_id
  where v.verdict is null and v.ready_at <= now() and v.attempts < %(max_attempts)s
    and c.state in ('running', 'scoring')
    and (v.attempts = 0 or v.executor_id is distinct from %(executor)s::int or not exists (select from others))
    and (c.fingerprint is null or c.fingerprint = %(fingerprint)s or c.mixed_physics)
),
looked as (
  select cycle_id, uid, sum(attempts * coalesce((evidence ->> 'took_s')::float8, extract(epoch from %(ttl)s::interval)))
    as spent_s
  from verification where cycle_id in (select cycle_id from open) group by cycle_id, uid
),
chosen as (
  select v.task_id from verification v
  join open on open.task_id = v.task_id
  join looked on looked.cycle_id = open.cycle_id and looked.uid = open.uid
  where v.verdict is null and v.ready_at <= now()
  order by open.cycle_id, looked.spent_s, v.attempts, v.task_id limit 1
  for update of v skip locked
),
taken as (
  update verification v
  set lease_id = nextval('verification_lease_seq'), attempts = v.attempts + 1, executor_id = %(executor)s,
      ready_at = now() + %(ttl)s::interval
  from chosen where v.task_id = chosen.task_id
  returning v.task_id, v.lease_id, v.cycle_id, v.uid
)
select taken.*, m.repo, m.revision, r.data as recording, t.data as trace, k.timings[2] as answer_ms,
       coalesce(c.config -> 'verification', '{}') as rule
from taken
join cycle c on c.id = taken.cycle_id
join cycle_miner m on m.cycle_id = taken.cycle_id and m.uid = taken.uid
left join task k on k.id = taken.task_id
left join recording r on r.task_id = taken.task_id
left join trace t on t.task_id = taken.task_id

-- EXTEND  Keeps a lease alive; no row if it is gone.
with extended as (
  update verification set ready_at = now() + %(ttl)s::interval
  where task_id = %(task)s and lease_id = %(lease)s and verdict is null
    and executor_id is not distinct from coalesce(%(executor)s::int, executor_id)
  returning executor_id
),
seen as (
  update executor e set verified_at = now() from extended where e.id = extended.executor_id
)
select executor_id from extended

-- LOOKED_AT  The policy that a verdict on this task must be about, and the cycle's rule of verification.
select m.repo, m.revision, coalesce(c.config -> 'verification', '{}') as rule
from verification v
join cycle c on c.id = v.cycle_id
join cycle_miner m on m.cycle_id = v.cycle_id and m.uid = v.uid
where v.task_id = %(task)s

-- REPORT  Stores a verdict. An error gives the task back for another try after a pause, as long as there are tries left.
update verification
set verdict     = case when %(verdict)s = 'error' and attempts < %(max_attempts)s then null else %(verdict)s end,
    finished_at = case when %(verdict)s = 'error' and attempts < %(max_attempts)s then null else now() end,
    ready_at    = case when %(verdict)s = 'error' then now() + %(pause)s::interval else ready_at end,
    evidence    = %(evidence)s
where task_id = %(task)s and lease_id = %(lease)s and verdict is null
  and executor_id is not distinct from coalesce(%(executor)s::int, executor_id)
returning task_id

-- STORED  The verdict that this lease reported.
select verdict from verification where task_id = %(task)s and lease_id = %(lease)s

-- OUTSTANDING  How many checks of a cycle have no verdict yet, and whether a verifier is there to work on them.
select count(*) as outstanding,
       exists (select from executor where verified_at > now() - interval '2 minutes') as attended
from verification where cycle_id = %(cycle)s and verdict is null

-- CLOSE  what was not verified in time is nobody's fault but ours; later reports on it are stale. What failed before,
-- and was to be tried again, keeps the evidence of that.
update verification set verdict = 'error', evidence = coalesce(evidence, %(evidence)s), finished_at = now()
where cycle_id = %(cycle)s and verdict is null

-- VERDICTS  of a cycle, in order of task
select task_id, cycle_id, uid, verdict, evidence, finished_at from verification
where cycle_id = %(cycle)s and verdict is not null and task_id > %(after)s order by task_id limit %(limit)s

-- OF_MINER  only of cycles whose seeds are public
select v.task_id, v.cycle_id, v.uid, v.verdict, v.evidence, v.finished_at
from verification v join cycle c on c.id = v.cycle_id
where v.uid = %(uid)s and v.verdict is not null and c.revealed_at is not null
  and (%(cycle)s::int is null or v.cycle_id = %(cycle)s::int) and (%(netuid)s::int is null or c.netuid = %(netuid)s::int)
order by v.cycle_id desc, v.task_id limit %(limit)s

-- FIND_RECORDING
select t.id as task_id, t.cycle_id, t.uid, c.revealed_at is not null as revealed, r.data, t.timings[2] as answer_ms
from task t join cycle c on c.id = t.cycle_id left join recording r on r.task_id = t.id
where t.id = %(task)s

-- PROVEN  miners of this cycle whose commitment, unchanged, was found to match in a published cycle before
select m.uid from cycle_miner m
where m.cycle_id = %(cycle)s and exists (
  select from cycle_miner before
  join cycle c on c.id = before.cycle_id and c.state = 'published'
  join verification v on v.cycle_id = before.cycle_id and v.uid = before.uid and v.verdict = 'match'
  where before.hotkey = m.hotkey and before.first_block = m.first_block and before.cycle_id <> m.cycle_id)

-- DROP_RECORDINGS  Removes a batch of the recordings of a cycle that is over.
delete from recording where task_id = any (array(select task_id from recording where cycle_id = %(cycle)s limit %(n)s))

-- DROP_OLD_RECORDINGS  as for traces: those of the newest %(keep)s revealed cycles of the subnet stay
delete from recording where cycle_id in (
  select id from cycle where netuid = %(netuid)s and revealed_at is not null order by id desc offset %(keep)s)
