-- The two hot statements of the task pool, as functions: each runs in one round trip, and each of its statements sees
-- everything that happened before the lock that its first one took.
--
-- Rules that keep the pool correct, whatever crashes:
--   * A lease is a fencing token. Whoever reports on it, extends it or ends it locks its row first.
--   * A task that is out (lease_id set, outcome null) is named by exactly one living lease, in task_ids.
--   * Fetches take turns (an advisory lock, held for a millisecond), so that none hands out a task twice or exceeds
--     what a miner can bear. Fetch is the only statement that leases ready tasks; they may be cancelled beside it.
--   * A cycle leaves `running` in a transaction that has fenced it first (see pool.sql): then no lease of it is alive,
--     and no report can change an outcome that was scored.

-- How many more tasks of each miner of a cycle may be out; only miners with room for one.
create function miners_with_room(p_cycle int) returns table (uid int, room bigint) stable language sql as $$
  select m.uid, m.max_concurrency - coalesce(held.n, 0)
  from cycle_miner m
  left join (
    select u.uid, count(*) as n from lease l, unnest(l.uids) as u (uid) where l.cycle_id = p_cycle group by u.uid
  ) as held on held.uid = m.uid
  where m.cycle_id = p_cycle and m.excluded is null and m.max_concurrency > coalesce(held.n, 0)
$$;

-- Leases up to p_n tasks of one running cycle, episode by episode, none of a miner that has its fill; in no order.
-- `id + 0` names the partial indexes of ready tasks, see 0001_initial.sql. p_families null: every environment.
-- p_mixed: whatever the executor's physics fingerprint.
create function fetch_tasks(
  p_executor int, p_n int, p_families text[], p_fingerprint text, p_mixed boolean, p_retry_after interval, p_ttl interval
) returns table (
  id bigint, lease_id bigint, cycle_id int, uid int, env smallint, episode int, seed bytea, attempt smallint,
  record boolean, hotkey text, endpoint text, max_concurrency smallint
) language plpgsql as $$
#variable_conflict use_column
declare
  v_cycle int;
  v_envs  smallint[];                                    -- null: all of them
  v_ids   bigint[] := '{}';
  v_lease bigint;
begin
  perform pg_advisory_xact_lock(1263095382, 1);          -- our turn; the numbers are arbitrary and used in pool.sql too
  for v_cycle, v_envs in
    select c.id,
           case when p_families is not null then array(
             select (e.position - 1)::smallint
             from jsonb_array_elements(c.config -> 'environments') with ordinality as e (environment, position)
             where split_part(e.environment ->> 'id', '/', 1) = any (p_families)) end
    from cycle c
    where c.state = 'running' and (p_mixed or c.fingerprint is null or c.fingerprint = p_fingerprint)
    order by c.id
  loop
    v_ids := array(                                      -- cheap, and enough unless many have their fill
      select near.id
      from (
        select head.id, head.uid, row_number() over (partition by head.uid order by head.id) as place
        from (
          select t.id, t.uid, t.env, t.outcome, t.executor_id, t.failed_at from task t
          where t.cycle_id = v_cycle and t.lease_id is null order by t.id + 0 limit 2 * p_n
        ) as head
        where head.outcome is null and (v_envs is null or head.env = any (v_envs))
          and (head.executor_id is distinct from p_executor or head.failed_at < now() - p_retry_after)
      ) as near
      join miners_with_room(v_cycle) as m on m.uid = near.uid and near.place <= m.room
      order by near.id limit p_n);
    exit when cardinality(v_ids) = p_n;
    v_ids := array(                                      -- one look for every miner with room
      select far.id
      from miners_with_room(v_cycle) as m
      cross join lateral (
        select t.id from task t
        where t.cycle_id = v_cycle and t.uid = m.uid and t.lease_id is null and t.outcome is null
          and (v_envs is null or t.env = any (v_envs))
          and (t.executor_id is distinct from p_executor or t.failed_at < now() - p_retry_after)
        order by t.id + 0 limit least(m.room, p_n)
      ) as far
      order by far.id limit p_n);
    exit when v_ids <> '{}';
  end loop;
  if v_ids = '{}' then
    return;
  end if;
  update cycle c
  set fingerprint = coalesce(c.fingerprint, p_fingerprint),
      mixed_physics = c.mixed_physics or c.fingerprint <> p_fingerprint is true
  where c.id = v_cycle and (c.fingerprint is null or (c.fingerprint <> p_fingerprint and not c.mixed_physics));
  v_lease := nextval('lease_id_seq');
  return query
  with taken as (
    update task t set lease_id = v_lease, attempt = t.attempt + 1
    from cycle_miner m
    where t.id = any (v_ids) and t.lease_id is null and m.cycle_id = v_cycle and m.uid = t.uid
    returning t.id, t.lease_id, t.cycle_id, t.uid, t.env, t.episode, t.seed, t.attempt, t.record,
              m.hotkey, m.endpoint, m.max_concurrency
  ),
  written as (
    insert into lease (id, cycle_id, executor_id, expires_at, task_ids, uids)
    select v_lease, v_cycle, p_executor, now() + p_ttl, array_agg(taken.id), array_agg(taken.uid)
    from taken having count(*) > 0
  )
  select * from taken;
end $$;

-- Stores reports; one row each, in no order: accepted, duplicate, conflict or stale. p_executor null: the caller is
-- trusted. p_timings holds five numbers per report. An evaluator fault (4) gives the task back until p_max_faults.
create function submit_results(
  p_executor int, p_lease bigint, p_max_faults int, p_ids bigint[], p_outcomes smallint[], p_reasons text[],
  p_steps int[], p_success_steps int[], p_rewards float8[], p_forfeits int[], p_timings real[], p_traces bytea[]
) returns table (id bigint, status text) language plpgsql as $$
#variable_conflict use_column
declare
  v_lease lease;
  v_done  bigint[] := '{}';
begin
  select * into v_lease from lease l where l.id = p_lease and l.executor_id = coalesce(p_executor, l.executor_id)
  for update;
  if found then
    with done as (
      update task t set
        lease_id        = case when r.outcome = 4 and t.faults + 1 < p_max_faults then null else t.lease_id end,
        outcome         = case when r.outcome = 4 and t.faults + 1 < p_max_faults then null else r.outcome end,
        finished_at     = case when r.outcome = 4 and t.faults + 1 < p_max_faults then null else now() end,
        faults          = t.faults + (r.outcome = 4)::int,
        failed_at       = case when r.outcome = 4 then now() else t.failed_at end,
        failed_lease_id = case when r.outcome = 4 then t.lease_id else t.failed_lease_id end,
        executor_id     = v_lease.executor_id,
        steps = r.steps, success_step = r.success_step, forfeits = r.forfeits, total_reward = r.total_reward,
        timings = p_timings[5 * r.position - 4 : 5 * r.position], reason = r.reason
      from unnest(p_ids, p_outcomes, p_reasons, p_steps, p_success_steps, p_rewards, p_forfeits, p_traces)
        with ordinality as r (id, outcome, reason, steps, success_step, total_reward, forfeits, trace, position)
      where t.id = r.id and t.lease_id = p_lease and t.outcome is null
      returning t.id, t.cycle_id, t.outcome, r.trace
    ),
    kept as (
      insert into trace (task_id, cycle_id, data)
      select done.id, done.cycle_id, done.trace from done where done.trace is not null and done.outcome is not null
      on conflict (task_id) do nothing
    )
    select coalesce(array_agg(done.id), '{}') into v_done from done;
    if cardinality(v_done) = cardinality(v_lease.task_ids) then      -- nothing of it is out any more
      delete from lease l where l.id = p_lease;
    elsif v_done <> '{}' then
      update lease l set (task_ids, uids) = (
        select array_agg(x.id), array_agg(x.uid) from unnest(l.task_ids, l.uids) as x (id, uid)
        where x.id not in (select unnest(v_done)))
      where l.id = p_lease;
    end if;
  end if;
  return query select done.id, 'accepted' from unnest(v_done) as done (id);
  if cardinality(v_done) < cardinality(p_ids) then
    return query
    select r.id,
           case when t.executor_id is distinct from coalesce(p_executor, t.executor_id) then 'stale'
                when t.lease_id = p_lease and t.outcome = r.outcome then 'duplicate'
                when t.lease_id = p_lease and t.outcome is not null then 'conflict'
                when t.failed_lease_id = p_lease and r.outcome = 4 then 'duplicate'
                else 'stale' end
    from unnest(p_ids, p_outcomes) as r (id, outcome) left join task t on t.id = r.id
    where r.id not in (select unnest(v_done));
  end if;
end $$;
