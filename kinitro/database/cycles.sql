-- Every statement on cycles, their miners, results and publications.
-- A statement that moves a cycle on names the state it moves from: whoever comes second changes nothing.

-- ACTIVE_CYCLE
select * from cycle where netuid = %(netuid)s and state in ('open', 'running', 'scoring')

-- FIND_CYCLE
select * from cycle where id = %(cycle_id)s

-- LATEST_CYCLE
select * from cycle where netuid = %(netuid)s order by id desc limit 1

-- LIST_CYCLES
select c.*, (select count(*) from cycle_miner m where m.cycle_id = c.id and m.excluded is null) as miners
from cycle c order by c.id desc limit %(limit)s

-- OPEN_CYCLE  The partial unique index cycle_active refuses a second active cycle of a subnet.
insert into cycle (netuid, network, config, block, block_hash, seed_key, key_hash, key_committed_block, deadline_at)
values (%(netuid)s, %(network)s, %(config)s, %(block)s, %(block_hash)s, %(seed_key)s, %(key_hash)s, %(block)s,
        now() + %(timeout_s)s * interval '1 second')
returning *

-- FREEZE_MINERS  given as a JSON array of objects
insert into cycle_miner (cycle_id, uid, hotkey, first_block, repo, revision, endpoint, sealed, max_concurrency, excluded,
                         hosted)
select %(cycle_id)s::int, m.* from jsonb_to_recordset(%(miners)s) as m (
  uid int, hotkey text, first_block bigint, repo text, revision text, endpoint text, sealed boolean,
  max_concurrency smallint, excluded text, hosted boolean)

-- USED_PACK  The cycle that was played with the pack of this digest, also if the pack itself was dropped since.
select id from cycle where config ->> 'pack' = %(digest)s order by id limit 1

-- KEEP_PACK
insert into pack (cycle_id, digest, data) values (%(cycle_id)s, sha256(%(data)s), %(data)s)

-- FIND_PACK  by digest, whether it is revealed or not
select data from pack where digest = decode(%(digest)s, 'hex')

-- CYCLE_PACK
select data from pack where cycle_id = %(cycle_id)s

-- COMMIT_KEY  Says when key_hash had become public. It may move forward, never back, and only until there is a beacon.
update cycle set key_committed_block = greatest(key_committed_block, %(block)s)
where id = %(cycle_id)s and state = 'open' and beacon_block is null
returning *

-- SET_BEACON
update cycle set beacon_block = %(block)s, beacon_hash = %(hash)s, drand_round = %(drand_round)s,
       drand_signature = %(drand_signature)s
where id = %(cycle_id)s and state = 'open' and beacon_block is null and key_committed_block < %(block)s
returning *

-- LOCK_FOR_TASKS  Held until the tasks are in: a second scheduler waits here and then finds nothing to do.
select id from cycle
where id = %(cycle_id)s and state = 'open' and beacon_block is not null and tasks_created_at is null
for update

-- START_RUNNING
update cycle set state = 'running', tasks_created_at = now(),
       deadline_at = now() + (config ->> 'timeout_s')::double precision * interval '1 second'
where id = %(cycle_id)s and state = 'open'
returning *

-- START_SCORING
update cycle set state = 'scoring', scoring_at = now() where id = %(cycle_id)s and state = 'running' returning *

-- PROGRESS  How far the tasks of a cycle are. unplayed: those of the reference, if nothing else is left and nobody plays them.
select count(*) as total, count(outcome) as finished, count(*) filter (where outcome = 'void') as void,
       now() >= (select deadline_at from cycle where id = %(cycle_id)s) as past_deadline,
       case when count(*) filter (where uid >= 0 and outcome is null) = 0
             and not exists (select from lease where cycle_id = %(cycle_id)s)
            then count(*) filter (where uid < 0 and outcome is null) else 0 end as unplayed
from task where cycle_id = %(cycle_id)s

-- VOID_SIBLINGS  An episode that is void for one miner is void for all. These are its other tasks that are still ready.
select t.id from task t
where t.cycle_id = %(cycle_id)s and t.outcome is null
  and (t.waiting or t.id >= (select next_task from cycle where id = %(cycle_id)s))
  and (t.env, t.episode) in (select env, episode from task where cycle_id = %(cycle_id)s and outcome = 'void')

-- CANCEL_READY  Cancels those of the tasks that are still ready; after FETCH_TURN, in the same transaction.
update task set outcome = 'cancelled', finished_at = now(), lease_id = 0, waiting = false
where id = any (%(ids)s::bigint[]) and outcome is null
  and (waiting or id >= (select next_task from cycle where id = %(cycle_id)s))
  and exists (select from cycle where id = %(cycle_id)s and state = 'running')

-- CANCEL_OPEN_TASKS  After FENCE: the last change of outcomes in a cycle's life.
update task set outcome = 'cancelled', finished_at = now(), lease_id = 0, waiting = false
where cycle_id = %(cycle_id)s and outcome is null

-- STOP_CYCLE  Fails or cancels. The seeds are used up: K becomes public as after a publication.
update cycle set state = %(state)s, reason = %(reason)s, revealed_at = now()
where id = %(cycle_id)s and state in ('open', 'running', 'scoring')
returning *

-- DIGEST_TRACES
insert into trace_digest (task_id, cycle_id, sha256)
select task_id, cycle_id, sha256(data) from trace where cycle_id = %(cycle_id)s
on conflict (task_id) do nothing

-- LOCK_FOR_PUBLICATION
select id from cycle where id = %(cycle_id)s and state = 'scoring' for update

-- INSERT_PUBLICATION
insert into publication (cycle_id, netuid, block, scores, weights, explanations, published_at)
values (%(cycle_id)s, %(netuid)s, %(block)s, %(scores)s, %(weights)s, %(explanations)s, %(published_at)s)

-- FINISH_PUBLICATION
update cycle set state = 'published', published_at = %(published_at)s, revealed_at = now(),
       results_root = %(results_root)s
where id = %(cycle_id)s and state = 'scoring'
returning *

-- MINERS
select * from cycle_miner where cycle_id = %(cycle_id)s order by uid

-- EXECUTORS
select name, fingerprint, versions from executor
where id in (select distinct executor_id from task where cycle_id = %(cycle_id)s) order by name

-- COUNTS
select coalesce(outcome::text, 'open') as outcome, count(*) as n from task where cycle_id = %(cycle_id)s group by 1

-- RESULTS
select t.id as task_id, t.uid, t.env, t.episode, encode(t.seed, 'hex') as seed, t.outcome::text as outcome, t.steps, t.success_step,
       t.total_reward, t.forfeits, t.attempt, t.reason, e.name as executor, encode(d.sha256, 'hex') as trace_sha256
from task t left join executor e on e.id = t.executor_id left join trace_digest d on d.task_id = t.id
where t.cycle_id = %(cycle_id)s and t.id > %(after)s and t.outcome is not null
  and t.id >= coalesce((select first_task from cycle where id = %(cycle_id)s), 0)
  and t.id <= coalesce((select last_task from cycle where id = %(cycle_id)s), 9223372036854775807)
order by t.id limit %(limit)s

-- FIND_TASK
select t.id as task_id, t.cycle_id, t.uid, t.env, t.episode, c.config, c.revealed_at is not null as revealed, r.data
from task t join cycle c on c.id = t.cycle_id left join trace r on r.task_id = t.id
where t.id = %(task_id)s

-- HAS_TRACES
select exists (select from trace where cycle_id = %(cycle_id)s) as kept

-- DROP_OLD_TRACES  Keeps the traces of the newest %(keep)s revealed cycles of the subnet; running cycles are never touched.
delete from trace where cycle_id in (
  select id from cycle where netuid = %(netuid)s and revealed_at is not null order by id desc offset %(keep)s)

-- LAST_SCORES
select scores from publication where netuid = %(netuid)s::int order by cycle_id desc limit 1

-- DROP_OLD_PACKS  Packs go with the traces: without those nobody replays an episode.
delete from pack where cycle_id in (
  select id from cycle where netuid = %(netuid)s and revealed_at is not null order by id desc offset %(keep)s)
