drop function fetch_tasks(int, int, text[], text, text[], boolean, interval, interval);
drop function miners_with_room(int, bigint[], text[]);

-- Whether executors run the committed policy themselves; there is no endpoint then.
alter table cycle_miner add column hosted boolean not null default false;

-- The two hot statements of the task pool are functions (fetch_tasks, and submit_results in 0008_outcomes.sql): each runs in one
-- round trip, and each of its statements sees everything that was committed before the lock that its first one took.
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
-- out: they were chosen a moment ago, for a lease that is not written yet. The cycle's reference, uid -1, is like a miner
-- for executors that have it: those with its digest among p_policies. Of the hosted miners only those in p_hosted count.
create function miners_with_room(p_cycle int, p_chosen bigint[], p_policies text[], p_hosted int[])
returns table (uid int, room bigint)
stable language sql as $$
  select m.uid, m.max_concurrency - coalesce(held.n, 0)
  from (
    select c.uid, c.max_concurrency::int from cycle_miner c
    where c.cycle_id = p_cycle and c.excluded is null and (not c.hosted or c.uid = any (p_hosted))
    union all
    select -1, (c.config -> 'reference' ->> 'max_concurrency')::int
    from cycle c where c.id = p_cycle and c.config -> 'reference' ->> 'digest' = any (p_policies)
  ) as m (uid, max_concurrency)
  left join (
    select h.uid, count(*) as n
    from (
      select unnest(l.uids) as uid from lease l where l.cycle_id = p_cycle
      union all
      select t.uid from task t where t.id = any (p_chosen)
    ) as h
    group by h.uid
  ) as held on held.uid = m.uid
  where m.max_concurrency > coalesce(held.n, 0)
$$;

-- Which hosted miners an executor plays next, p_n at most: whom it has warm and who has tasks left, then whoever else has
-- tasks left, those with the fewest out first. An executor starts every policy that it plays, so its tasks are of few.
create function hosted_to_play(p_cycle int, p_next bigint, p_last bigint, p_n int, p_warm int[]) returns int[]
stable language sql as $$
  select array(
    select m.uid
    from (
      select c.uid
      from cycle_miner c
      left join (
        select h.uid, count(*) as n
        from (select unnest(l.uids) as uid from lease l where l.cycle_id = p_cycle) as h group by h.uid
      ) as held on held.uid = c.uid
      where c.cycle_id = p_cycle and c.hosted and c.excluded is null and p_n > 0
      order by c.uid = any (p_warm) desc, coalesce(held.n, 0), c.uid
      offset 0                                                     -- looked at one by one, until p_n are found
    ) as m
    where exists (select from task t
                  where t.cycle_id = p_cycle and t.uid = m.uid and t.waiting and t.id + 0 < p_next and t.outcome is null)
       or exists (select from task t
                  where t.id between p_next and p_last and t.cycle_id = p_cycle and t.uid = m.uid and t.outcome is null)
    limit p_n)
$$;

-- Leases up to p_n tasks of one running cycle, episode by episode, none of a miner that has its fill. Returns one row,
-- or none if there is nothing to do. p_families null: tasks of every environment. p_policies: the digests of the shipped
-- policies that the executor has. p_hosts: of how many hosted miners it can have tasks, p_warm: whose policies run there.
-- p_mixed: whatever the executor's physics fingerprint is. A task that this executor failed is not given to it again before
-- p_retry_after is over.
create function fetch_tasks(
  p_executor int, p_n int, p_families text[], p_fingerprint text, p_policies text[], p_hosts int, p_warm int[],
  p_mixed boolean, p_retry_after interval, p_ttl interval
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
  v_hosted int[];              -- the hosted miners that may be chosen
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
    v_hosted := case when p_hosts > 0 then hosted_to_play(v_cycle, v_next, v_last, p_hosts, p_warm) else '{}' end;

    -- 3. First what waits: of each miner with room its oldest tasks, and of these together the oldest p_n. `id + 0` is
    --    what the index task_waiting is on; for `id` the planner would wade through the primary key.
    if v_waits then
      v_ids := array(
        select w.id
        from miners_with_room(v_cycle, '{}', p_policies, v_hosted) as m
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
        join miners_with_room(v_cycle, v_ids, p_policies, v_hosted) as m on m.uid = fresh.uid and fresh.place <= m.room
        order by fresh.id limit p_n - cardinality(v_ids));
      v_ids := v_ids || v_new;
      v_width := 2 * v_width;
      if cardinality(v_ids) = p_n or not exists (select from miners_with_room(v_cycle, v_ids, p_policies, v_hosted)) then
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
