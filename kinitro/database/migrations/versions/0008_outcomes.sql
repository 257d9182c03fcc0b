drop function fetch_tasks(int, int, text[], text, boolean, interval, interval);
drop function miners_with_room(int, bigint[]);
drop function submit_results(
  int, bigint, int, bigint[], smallint[], text[], int[], int[], float8[], int[], real[], bytea[]);

-- What became of a task. The first three are results, and count for or against the miner.
create type outcome as enum (
  'success',
  'failure',
  'policy_fault',   -- the miner's server did not answer as it should; counts as a failure
  'void',           -- our own faults kept the task from a result; its episode counts for nobody
  'cancelled'       -- not run: the deadline passed, or its episode was void already
);

-- A number that has no name here is not a value of the type: the upgrade stops.
alter table task alter column outcome type outcome using (
  case outcome when 1 then 'success' when 2 then 'failure' when 3 then 'policy_fault' when 4 then 'void'
               when 8 then 'cancelled' else outcome::text end)::outcome;

-- The two hot statements of the task pool are functions: each runs in one round trip, and each of its statements sees
-- everything that was committed before the lock that its first one took.
--
-- Where a task is. A task without an outcome is in one of two places:
--   * ready: its number is at least the cycle's `next_task`, so nobody has looked at it yet, or it is marked `waiting`,
--     because it was passed over or given back. If both are true, it is looked for when next_task has passed it.
--   * out: exactly one living lease names it in task_ids.
-- `next_task` only grows. It makes fetching cheap: the usual fetch reads the next few rows in order of their numbers,
-- and changes none of them. Only what is passed over (its miner has its fill, its environment was not asked for) costs
-- an update, once, and an entry in the small partial index `task_waiting`.
--
-- Rules that keep the pool correct, whatever crashes:
--   * A lease is a fencing token: its number is never used twice, and whoever reports on it, extends it or ends it locks
--     its row first. A report on a lease that is gone, or that does not name the task any more, changes nothing.
--   * Fetches take turns: an advisory lock, held for a millisecond until the transaction ends (FETCH_TURN in tasks.sql).
--     So none hands out a task twice, or exceeds what a miner can bear. Whoever else takes ready tasks away (see
--     cycles.sql) does it in a turn too.
--   * A cycle leaves `running` in a transaction that first takes a turn and deletes the cycle's leases (FENCE in
--     tasks.sql). Whoever is in the middle of a report holds its lease's row, so the deletion waits for it; whoever
--     reports later finds no lease. From then on no outcome changes, and what is scored is what is published.

-- How many more tasks of each miner may be out. Miners without room for one have no row. Tasks in p_chosen count as
-- out: they were chosen a moment ago, for a lease that is not written yet.
create function miners_with_room(p_cycle int, p_chosen bigint[]) returns table (uid int, room bigint)
stable language sql as $$
  select m.uid, m.max_concurrency - coalesce(held.n, 0)
  from cycle_miner m
  left join (
    select h.uid, count(*) as n
    from (
      select unnest(l.uids) as uid from lease l where l.cycle_id = p_cycle
      union all
      select t.uid from task t where t.id = any (p_chosen)
    ) as h
    group by h.uid
  ) as held on held.uid = m.uid
  where m.cycle_id = p_cycle and m.excluded is null and m.max_concurrency > coalesce(held.n, 0)
$$;

-- Leases up to p_n tasks of one running cycle, episode by episode, none of a miner that has its fill. Returns one row,
-- or none if there is nothing to do. p_families null: tasks of every environment. p_mixed: whatever the executor's
-- physics fingerprint is. A task that this executor failed is not given to it again before p_retry_after is over.
create function fetch_tasks(
  p_executor int, p_n int, p_families text[], p_fingerprint text, p_mixed boolean, p_retry_after interval, p_ttl interval
) returns table (
  lease_id bigint, cycle_id int, task_ids bigint[], uids int[], envs smallint[], episodes int[], seeds bytea[],
  attempts smallint[], records boolean[]
) language plpgsql as $$
#variable_conflict use_column
declare
  v_cycle int;
  v_next  bigint;              -- the cycle's next_task, as far as this call has come
  v_last  bigint;              -- its last task
  v_waits boolean;             -- some of its tasks are marked as waiting
  v_envs  smallint[];          -- the environments that may be chosen; null: all of them
  v_end   bigint;              -- the last task that is looked at in this step
  v_width int;                 -- how many numbers a step looks at; doubles from step to step
  v_new   bigint[];            -- chosen in this step
  v_ids   bigint[] := '{}';    -- chosen so far
begin
  -- 1. Wait for our turn. The numbers are arbitrary; FETCH_TURN in tasks.sql has the same.
  perform pg_advisory_xact_lock(1263095382, 1);

  -- 2. Look at the running cycles, the oldest first, until one has a task for this executor.
  for v_cycle, v_next, v_last, v_waits, v_envs in
    select c.id, greatest(c.next_task, c.first_task), coalesce(c.last_task, (select s.last_value from task_id_seq s)),
           exists (select from task t where t.cycle_id = c.id and t.waiting),
           case when p_families is not null then array(
             select (e.position - 1)::smallint
             from jsonb_array_elements(c.config -> 'environments') with ordinality as e (environment, position)
             where split_part(e.environment ->> 'id', '/', 1) = any (p_families)) end
    from cycle c
    where c.state = 'running' and (p_mixed or c.fingerprint is null or c.fingerprint = p_fingerprint)
    order by c.id
  loop
    -- 3. First what waits: of each miner with room its oldest tasks, and of these together the oldest p_n. `id + 0` is
    --    what the index task_waiting is on; for `id` the planner would wade through the primary key.
    if v_waits then
      v_ids := array(
        select w.id
        from miners_with_room(v_cycle, '{}') as m
        cross join lateral (
          select t.id from task t
          where t.cycle_id = v_cycle and t.uid = m.uid and t.waiting and t.id + 0 < v_next and t.outcome is null
            and (v_envs is null or t.env = any (v_envs))
            and (t.executor_id is distinct from p_executor or t.failed_at < now() - p_retry_after)
          order by t.id + 0 limit least(m.room, p_n)
        ) as w
        order by w.id limit p_n);
      update task t set waiting = false where t.id = any (v_ids);
    end if;

    -- 4. Then what nobody has looked at yet, in steps of 100 numbers, 200, 400, ... and some ten thousand altogether:
    --    others wait for their turn, and the next call goes on where this one ended.
    v_width := greatest(p_n, 100);
    while cardinality(v_ids) < p_n and v_next <= v_last and v_width < 10000 loop
      v_end := least(v_next + v_width - 1, v_last);
      v_new := array(
        select fresh.id
        from (
          select t.id, t.uid, row_number() over (partition by t.uid order by t.id) as place
          from task t
          where t.id between v_next and v_end and t.cycle_id = v_cycle and t.outcome is null and not t.waiting
            and (v_envs is null or t.env = any (v_envs))
        ) as fresh
        join miners_with_room(v_cycle, v_ids) as m on m.uid = fresh.uid and fresh.place <= m.room
        order by fresh.id limit p_n - cardinality(v_ids));
      v_ids := v_ids || v_new;
      v_width := 2 * v_width;
      if cardinality(v_ids) = p_n or not exists (select from miners_with_room(v_cycle, v_ids)) then
        v_end := coalesce(v_new[cardinality(v_new)], v_next - 1);    -- nothing after the last one chosen was passed over
        v_width := 10000;                                            -- far enough: this was the last step
      end if;
      -- What was passed over in this step waits from now on.
      if cardinality(v_new) <= v_end - v_next then
        update task t set waiting = true
        where t.id between v_next and v_end and t.cycle_id = v_cycle and t.outcome is null and not t.waiting
          and t.id <> all (v_new);
      end if;
      v_next := v_end + 1;
    end loop;

    -- 5. Note how far we came, also if nothing was chosen. The first executor of a cycle sets its physics.
    update cycle c set
      next_task     = v_next,
      fingerprint   = case when v_ids = '{}' then c.fingerprint else coalesce(c.fingerprint, p_fingerprint) end,
      mixed_physics = c.mixed_physics or (v_ids <> '{}' and c.fingerprint <> p_fingerprint) is true
    where c.id = v_cycle;
    exit when v_ids <> '{}';
  end loop;

  -- 6. Write the lease, and return what the executor needs, as one array per column.
  if v_ids <> '{}' then
    select nextval('lease_id_seq'), v_cycle, array_agg(t.id), array_agg(t.uid), array_agg(t.env), array_agg(t.episode),
           array_agg(t.seed), array_agg(t.attempt + 1::smallint), array_agg(t.record)
    into lease_id, cycle_id, task_ids, uids, envs, episodes, seeds, attempts, records
    from (select * from task where id = any (v_ids) order by id) as t;
    insert into lease (id, cycle_id, executor_id, expires_at, task_ids, uids)
    values (lease_id, cycle_id, p_executor, now() + p_ttl, task_ids, uids);
    -- Do not wait for the disk: a power cut may undo the last few fetches as a whole, then their tasks are ready again
    -- and reports on their leases stale. But a number must not come back: PostgreSQL writes down 32 in advance (log_cnt
    -- is how many are left), and the fetch that took the first of them does wait.
    perform set_config('synchronous_commit', 'off', true) from lease_id_seq s where s.log_cnt < 32;
    return next;
  end if;
end $$;

-- Stores the reports of one lease. Returns the tasks by status:
--   accepted   stored now
--   duplicate  this lease reported the same before
--   conflict   this lease reported another outcome before
--   stale      the lease is gone, or does not hold the task any more
-- p_executor null: the caller vouches for the lease. p_outcomes: names of the type `outcome`, or 'evaluator_fault', which
-- gives the task back until it had p_max_faults of them, and makes it void then. p_timings: five numbers per report.
create function submit_results(
  p_executor int, p_lease bigint, p_max_faults int, p_ids bigint[], p_outcomes text[], p_reasons text[],
  p_steps int[], p_success_steps int[], p_rewards float8[], p_forfeits int[], p_timings real[], p_traces bytea[]
) returns table (status text, ids bigint[]) language plpgsql as $$
#variable_conflict use_column
declare
  v_lease lease;
  v_done  bigint[] := '{}';
begin
  -- 1. Lock the lease: nobody else reports on it, extends it or ends it until we are done.
  select * into v_lease from lease l where l.id = p_lease and l.executor_id = coalesce(p_executor, l.executor_id)
  for update;
  if found then
    -- 2. Store what it still holds. A fault below the limit leaves the task open, marked as waiting and without a lease.
    with done as (
      update task t set
        waiting         = r.fault and t.faults + 1 < p_max_faults,
        lease_id        = case when r.fault and t.faults + 1 < p_max_faults then null else p_lease end,
        outcome         = case when r.fault and t.faults + 1 < p_max_faults then null else r.outcome end,
        finished_at     = case when r.fault and t.faults + 1 < p_max_faults then null else now() end,
        attempt         = t.attempt + 1,
        faults          = t.faults + r.fault::int,
        failed_at       = case when r.fault then now() else t.failed_at end,
        failed_lease_id = case when r.fault then p_lease else t.failed_lease_id end,
        executor_id     = v_lease.executor_id,
        steps = r.steps, success_step = r.success_step, forfeits = r.forfeits, total_reward = r.total_reward,
        timings = p_timings[5 * r.position - 4 : 5 * r.position], reason = r.reason
      from (
        select u.*, u.reported = 'evaluator_fault' as fault,
               case u.reported when 'evaluator_fault' then 'void' else u.reported end::outcome as outcome
        from unnest(p_ids, p_outcomes, p_reasons, p_steps, p_success_steps, p_rewards, p_forfeits, p_traces)
          with ordinality as u (id, reported, reason, steps, success_step, total_reward, forfeits, trace, position)
      ) as r
      -- the second condition in this form is looked up by hash; `any` would compare every id with every other
      where t.id = r.id and (r.id in (select unnest(v_lease.task_ids))) is true and t.outcome is null
      returning t.id, t.cycle_id, t.outcome, r.trace
    ),
    kept as (
      insert into trace (task_id, cycle_id, data)
      select done.id, done.cycle_id, done.trace from done where done.trace is not null and done.outcome is not null
      on conflict (task_id) do nothing
    )
    select coalesce(array_agg(done.id), '{}') into v_done from done;

    -- 3. Take it out of the lease, which ends with its last task.
    if cardinality(v_done) = cardinality(v_lease.task_ids) then
      delete from lease l where l.id = p_lease;
    elsif v_done <> '{}' then
      update lease l set (task_ids, uids) = (
        select array_agg(x.id), array_agg(x.uid) from unnest(l.task_ids, l.uids) as x (id, uid)
        where x.id not in (select unnest(v_done)))
      where l.id = p_lease;
    end if;
  end if;

  -- 4. Say what became of each report; only those that were not stored have to be looked at once more.
  return query select 'accepted', v_done where v_done <> '{}';
  if cardinality(v_done) < cardinality(p_ids) then
    return query
    select rest.status, array_agg(rest.id)
    from (
      select r.id,
             case when t.executor_id is distinct from coalesce(p_executor, t.executor_id) then 'stale'
                  when t.lease_id = p_lease and t.outcome = r.outcome then 'duplicate'
                  when t.lease_id = p_lease and t.outcome is not null then 'conflict'
                  when t.failed_lease_id = p_lease and r.fault then 'duplicate'
                  else 'stale' end as status
      from (
        select u.id, u.reported = 'evaluator_fault' as fault,
               case u.reported when 'evaluator_fault' then 'void' else u.reported end::outcome as outcome
        from unnest(p_ids, p_outcomes) as u (id, reported)
      ) as r
      left join task t on t.id = r.id
      where r.id <> all (v_done)
    ) as rest
    group by rest.status;
  end if;
end $$;
