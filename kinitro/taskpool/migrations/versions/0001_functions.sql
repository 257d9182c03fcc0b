-- The two hot statements of the task pool, as functions: each runs in one round trip, and its second statement sees
-- everything that happened before the lock that its first one took.
--
-- Rules that keep the pool correct, whatever crashes:
--   * A lease is a fencing token. Whoever reports on it, extends it or ends it locks its row first.
--   * A task that is out (lease_id set, outcome null) is named by exactly one living lease, in task_ids.
--   * Fetches take turns (an advisory lock, held for a millisecond), so that none hands out a task twice or exceeds
--     what a miner can bear. Fetch is the only statement that takes ready tasks.
--   * A cycle leaves `running` in a transaction that has fenced it first (see pool.sql): then no lease of it is alive,
--     and no report can change an outcome that was scored.

-- Leases up to p_n tasks of one running cycle, episode by episode, none of a miner that has its fill.
-- `id + 0` names the partial indexes of ready tasks, see 0001_initial.sql. p_families null: every environment. p_mixed: whatever the executor's physics fingerprint.
create function fetch_tasks(
  p_executor int, p_n int, p_families text[], p_fingerprint text, p_mixed boolean, p_retry_after interval, p_ttl interval
) returns table (
  id bigint, lease_id bigint, cycle_id int, uid int, env smallint, episode int, seed bytea, attempt smallint,
  record boolean, hotkey text, endpoint text, max_concurrency smallint
) language plpgsql as $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(1263095382, 1);          -- our turn; the numbers are arbitrary and used in pool.sql too
  return query
  with running as materialized (
    select c.id as cycle_id,
           case when p_families is not null then array(
             select (e.position - 1)::smallint
             from jsonb_array_elements(c.config -> 'environments') with ordinality as e (environment, position)
             where split_part(e.environment ->> 'id', '/', 1) = any (p_families)) end as envs
    from cycle c
    where c.state = 'running' and (p_mixed or c.fingerprint is null or c.fingerprint = p_fingerprint)
  ),
  held as materialized (
    select l.cycle_id, u.uid, count(*) as n from lease l, unnest(l.uids) as u (uid) group by l.cycle_id, u.uid
  ),
  room as materialized (
    select m.cycle_id, m.uid, least(m.max_concurrency - coalesce(h.n, 0), p_n) as n, r.envs
    from running r
    join cycle_miner m on m.cycle_id = r.cycle_id and m.excluded is null
    left join held h on h.cycle_id = m.cycle_id and h.uid = m.uid
    where m.max_concurrency > coalesce(h.n, 0)
  ),
  near as materialized (                                 -- cheap, and enough unless the first in line have their fill
    select ranked.cycle_id, ranked.id
    from (
      select head.cycle_id, head.id, room.n, row_number() over (partition by head.cycle_id, head.uid order by head.id) as place
      from running r
      cross join lateral (
        select t.cycle_id, t.id, t.uid, t.env, t.outcome, t.executor_id, t.failed_at from task t
        where t.cycle_id = r.cycle_id and t.lease_id is null order by t.id + 0 limit 4 * p_n) as head
      join room on room.cycle_id = head.cycle_id and room.uid = head.uid
      where head.outcome is null and (room.envs is null or head.env = any (room.envs))
        and (head.executor_id is distinct from p_executor or head.failed_at < now() - p_retry_after)
    ) as ranked
    where ranked.place <= ranked.n
  ),
  far as materialized (                                  -- every miner with room; skipped when near suffices
    select room.cycle_id, next.id
    from room cross join lateral (
      select t.id from task t
      where t.cycle_id = room.cycle_id and t.uid = room.uid and t.lease_id is null and t.outcome is null
        and (room.envs is null or t.env = any (room.envs))
        and (t.executor_id is distinct from p_executor or t.failed_at < now() - p_retry_after)
      order by t.id + 0 limit room.n) as next
    where (select count(*) from near where near.cycle_id = (select min(near.cycle_id) from near)) < p_n
  ),
  candidate as materialized (
    select * from near where (select count(*) from far) = 0 union all select * from far
  ),
  chosen as materialized (
    select candidate.id from candidate
    where candidate.cycle_id = (select min(candidate.cycle_id) from candidate) order by candidate.id limit p_n
  ),
  number as materialized (select nextval('lease_id_seq') as id where exists (select from chosen)),
  taken as (
    update task t set lease_id = number.id, attempt = t.attempt + 1
    from number
    where t.id = any (array(select chosen.id from chosen)) and t.lease_id is null
    returning t.id, t.lease_id, t.cycle_id, t.uid, t.env, t.episode, t.seed, t.attempt, t.record
  ),
  written as (
    insert into lease (id, cycle_id, executor_id, expires_at, task_ids, uids)
    select taken.lease_id, taken.cycle_id, p_executor, now() + p_ttl, array_agg(taken.id), array_agg(taken.uid)
    from taken group by taken.lease_id, taken.cycle_id
  ),
  physics as (
    update cycle c
    set fingerprint = coalesce(c.fingerprint, p_fingerprint),
        mixed_physics = c.mixed_physics or c.fingerprint <> p_fingerprint is true
    where c.id = (select min(taken.cycle_id) from taken)
      and (c.fingerprint is null or (c.fingerprint <> p_fingerprint and not c.mixed_physics))
  )
  select taken.id, taken.lease_id, taken.cycle_id, taken.uid, taken.env, taken.episode, taken.seed, taken.attempt,
         taken.record, m.hotkey, m.endpoint, m.max_concurrency
  from taken join cycle_miner m on m.cycle_id = taken.cycle_id and m.uid = taken.uid
  order by taken.id;
end $$;

-- Stores reports; one row each: accepted, duplicate, conflict or stale. p_executor null: the caller is trusted.
-- p_timings holds five numbers per report. An evaluator fault (4) gives the task back until p_max_faults.
create function submit_results(
  p_executor int, p_lease bigint, p_max_faults int, p_ids bigint[], p_outcomes smallint[], p_reasons text[],
  p_steps int[], p_success_steps int[], p_rewards float8[], p_forfeits int[], p_timings real[], p_traces bytea[]
) returns table (id bigint, status text) language plpgsql as $$
#variable_conflict use_column
begin
  perform from lease l where l.id = p_lease and l.executor_id = coalesce(p_executor, l.executor_id) for update;
  return query
  with report as materialized (
    select r.*, p_timings[5 * r.position - 4 : 5 * r.position] as timings,
           r.outcome = 4 as faulted
    from unnest(p_ids, p_outcomes, p_reasons, p_steps, p_success_steps, p_rewards, p_forfeits, p_traces) with ordinality
      as r (id, outcome, reason, steps, success_step, total_reward, forfeits, trace, position)
  ),
  mine as materialized (
    select l.id, l.executor_id, l.task_ids, l.uids from lease l
    where l.id = p_lease and l.executor_id = coalesce(p_executor, l.executor_id)
  ),
  done as (
    update task t set
      lease_id        = case when r.faulted and t.faults + 1 < p_max_faults then null else t.lease_id end,
      outcome         = case when r.faulted and t.faults + 1 < p_max_faults then null else r.outcome end,
      finished_at     = case when r.faulted and t.faults + 1 < p_max_faults then null else now() end,
      faults          = t.faults + r.faulted::int,
      failed_at       = case when r.faulted then now() else t.failed_at end,
      failed_lease_id = case when r.faulted then t.lease_id else t.failed_lease_id end,
      executor_id     = mine.executor_id,
      steps = r.steps, success_step = r.success_step, forfeits = r.forfeits, total_reward = r.total_reward,
      timings = r.timings, reason = r.reason
    from report r, mine
    where t.id = r.id and t.lease_id = mine.id and t.outcome is null
    returning t.id, t.cycle_id, t.outcome, r.trace
  ),
  kept as (
    insert into trace (task_id, cycle_id, data)
    select done.id, done.cycle_id, done.trace from done where done.trace is not null and done.outcome is not null
    on conflict (task_id) do nothing
  ),
  rest as materialized (
    select array_agg(x.id) as task_ids, array_agg(x.uid) as uids
    from mine, unnest(mine.task_ids, mine.uids) as x (id, uid)
    where x.id not in (select done.id from done)
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
              when t.executor_id is distinct from coalesce(p_executor, t.executor_id) then 'stale'
              when t.lease_id = p_lease and t.outcome = r.outcome then 'duplicate'
              when t.lease_id = p_lease and t.outcome is not null then 'conflict'
              when t.failed_lease_id = p_lease and r.faulted then 'duplicate'
              else 'stale' end
  from report r
  left join done d on d.id = r.id
  left join lateral (select * from task t where t.id = r.id and d.id is null) as t on true;
end $$;
