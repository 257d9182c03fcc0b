-- What the migrations of commit 11a6eee made; its rows are from the program of commit c4e6689.
CREATE FUNCTION public.fetch_tasks(p_executor integer, p_n integer, p_families text[], p_fingerprint text, p_mixed boolean, p_retry_after interval, p_ttl interval) RETURNS TABLE(lease_id bigint, cycle_id integer, task_ids bigint[], uids integer[], envs smallint[], episodes integer[], seeds bytea[], attempts smallint[], records boolean[])
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
  v_cycle int;
  v_next  bigint;
  v_last  bigint;
  v_waits boolean;                                       -- some tasks do
  v_envs  smallint[];                                    -- null: all of them
  v_end   bigint;
  v_width int;
  v_new   bigint[];
  v_ids   bigint[] := '{}';
begin
  perform pg_advisory_xact_lock(1263095382, 1);          -- our turn; the numbers are arbitrary and used in pool.sql too
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
        v_end := coalesce(v_new[cardinality(v_new)], v_next - 1);
        v_width := 10000;                                -- far enough
      end if;
      if cardinality(v_new) <= v_end - v_next then       -- some between them were not chosen
        update task t set waiting = true
        where t.id between v_next and v_end and t.cycle_id = v_cycle and t.outcome is null and not t.waiting
          and t.id <> all (v_new);
      end if;
      v_next := v_end + 1;
    end loop;
    update cycle c set
      next_task     = v_next,
      fingerprint   = case when v_ids = '{}' then c.fingerprint else coalesce(c.fingerprint, p_fingerprint) end,
      mixed_physics = c.mixed_physics or (v_ids <> '{}' and c.fingerprint <> p_fingerprint) is true
    where c.id = v_cycle;
    exit when v_ids <> '{}';
  end loop;
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
CREATE FUNCTION public.miners_with_room(p_cycle integer, p_chosen bigint[]) RETURNS TABLE(uid integer, room bigint)
    LANGUAGE sql STABLE
    AS $$
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
CREATE FUNCTION public.submit_results(p_executor integer, p_lease bigint, p_max_faults integer, p_ids bigint[], p_outcomes smallint[], p_reasons text[], p_steps integer[], p_success_steps integer[], p_rewards double precision[], p_forfeits integer[], p_timings real[], p_traces bytea[]) RETURNS TABLE(status text, ids bigint[])
    LANGUAGE plpgsql
    AS $$
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
        waiting         = r.outcome = 4 and t.faults + 1 < p_max_faults,
        lease_id        = case when r.outcome = 4 and t.faults + 1 < p_max_faults then null else p_lease end,
        outcome         = case when r.outcome = 4 and t.faults + 1 < p_max_faults then null else r.outcome end,
        finished_at     = case when r.outcome = 4 and t.faults + 1 < p_max_faults then null else now() end,
        attempt         = t.attempt + 1,
        faults          = t.faults + (r.outcome = 4)::int,
        failed_at       = case when r.outcome = 4 then now() else t.failed_at end,
        failed_lease_id = case when r.outcome = 4 then p_lease else t.failed_lease_id end,
        executor_id     = v_lease.executor_id,
        steps = r.steps, success_step = r.success_step, forfeits = r.forfeits, total_reward = r.total_reward,
        timings = p_timings[5 * r.position - 4 : 5 * r.position], reason = r.reason
      from unnest(p_ids, p_outcomes, p_reasons, p_steps, p_success_steps, p_rewards, p_forfeits, p_traces)
        with ordinality as r (id, outcome, reason, steps, success_step, total_reward, forfeits, trace, position)
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
    if cardinality(v_done) = cardinality(v_lease.task_ids) then      -- nothing of it is out any more
      delete from lease l where l.id = p_lease;
    elsif v_done <> '{}' then
      update lease l set (task_ids, uids) = (
        select array_agg(x.id), array_agg(x.uid) from unnest(l.task_ids, l.uids) as x (id, uid)
        where x.id not in (select unnest(v_done)))
      where l.id = p_lease;
    end if;
  end if;
  return query select 'accepted', v_done where v_done <> '{}';
  if cardinality(v_done) < cardinality(p_ids) then
    return query
    select rest.status, array_agg(rest.id)
    from (
      select r.id,
             case when t.executor_id is distinct from coalesce(p_executor, t.executor_id) then 'stale'
                  when t.lease_id = p_lease and t.outcome = r.outcome then 'duplicate'
                  when t.lease_id = p_lease and t.outcome is not null then 'conflict'
                  when t.failed_lease_id = p_lease and r.outcome = 4 then 'duplicate'
                  else 'stale' end as status
      from unnest(p_ids, p_outcomes) as r (id, outcome) left join task t on t.id = r.id
      where r.id <> all (v_done)
    ) as rest
    group by rest.status;
  end if;
end $$;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.cycle (
    id integer NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    reason text,
    netuid integer NOT NULL,
    network text NOT NULL,
    config jsonb NOT NULL,
    block bigint NOT NULL,
    block_hash bytea NOT NULL,
    seed_key bytea NOT NULL,
    key_hash bytea NOT NULL,
    key_committed_block bigint NOT NULL,
    beacon_block bigint,
    beacon_hash bytea,
    fingerprint text,
    mixed_physics boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    deadline_at timestamp with time zone NOT NULL,
    tasks_created_at timestamp with time zone,
    published_at timestamp with time zone,
    revealed_at timestamp with time zone,
    results_root bytea,
    scoring_at timestamp with time zone,
    first_task bigint,
    last_task bigint,
    next_task bigint DEFAULT 0 NOT NULL,
    CONSTRAINT cycle_state_check CHECK ((state = ANY (ARRAY['open'::text, 'running'::text, 'scoring'::text, 'published'::text, 'failed'::text, 'cancelled'::text])))
);
ALTER TABLE public.cycle ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.cycle_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.cycle_miner (
    cycle_id integer NOT NULL,
    uid integer NOT NULL,
    hotkey text NOT NULL,
    first_block bigint,
    repo text,
    revision text,
    endpoint text,
    max_concurrency smallint DEFAULT 1 NOT NULL,
    excluded text,
    sealed boolean DEFAULT false NOT NULL
);
CREATE TABLE public.executor (
    id integer NOT NULL,
    name text NOT NULL,
    last_seen_at timestamp with time zone,
    fingerprint text,
    versions jsonb DEFAULT '{}'::jsonb NOT NULL,
    verified_at timestamp with time zone
);
ALTER TABLE public.executor ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.executor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.executor_key (
    id integer NOT NULL,
    executor_id integer NOT NULL,
    key_hash bytea NOT NULL,
    scope text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT executor_key_scope_check CHECK ((scope = ANY (ARRAY['tasks'::text, 'read'::text, 'verify'::text])))
);
ALTER TABLE public.executor_key ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.executor_key_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.lease (
    id bigint NOT NULL,
    cycle_id integer NOT NULL,
    executor_id integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    task_ids bigint[] NOT NULL,
    uids integer[] NOT NULL
)
WITH (fillfactor='50');
ALTER TABLE public.lease ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.lease_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.publication (
    cycle_id integer NOT NULL,
    netuid integer NOT NULL,
    block bigint NOT NULL,
    scores jsonb NOT NULL,
    weights jsonb NOT NULL,
    explanations jsonb DEFAULT '{}'::jsonb NOT NULL,
    published_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.recording (
    task_id bigint NOT NULL,
    cycle_id integer NOT NULL,
    data bytea NOT NULL
);
ALTER TABLE ONLY public.recording ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TABLE public.task (
    id bigint NOT NULL,
    lease_id bigint,
    cycle_id integer NOT NULL,
    uid integer NOT NULL,
    env smallint NOT NULL,
    episode integer NOT NULL,
    seed bytea NOT NULL,
    record boolean DEFAULT false NOT NULL,
    attempt smallint DEFAULT 0 NOT NULL,
    faults smallint DEFAULT 0 NOT NULL,
    failed_at timestamp with time zone,
    failed_lease_id bigint,
    outcome smallint,
    executor_id integer,
    steps integer,
    success_step integer,
    forfeits integer,
    total_reward double precision,
    timings real[],
    reason text,
    finished_at timestamp with time zone,
    waiting boolean DEFAULT false NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0', fillfactor='35');
ALTER TABLE public.task ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.task_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.trace (
    task_id bigint NOT NULL,
    cycle_id integer NOT NULL,
    data bytea NOT NULL
);
ALTER TABLE ONLY public.trace ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE TABLE public.trace_digest (
    task_id bigint NOT NULL,
    cycle_id integer NOT NULL,
    sha256 bytea NOT NULL
);
CREATE TABLE public.verification (
    task_id bigint NOT NULL,
    cycle_id integer NOT NULL,
    uid integer NOT NULL,
    ready_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_id bigint,
    attempts smallint DEFAULT 0 NOT NULL,
    executor_id integer,
    verdict text,
    evidence jsonb,
    finished_at timestamp with time zone,
    CONSTRAINT verification_verdict_check CHECK ((verdict = ANY (ARRAY['match'::text, 'mismatch'::text, 'unverifiable'::text, 'error'::text])))
);
CREATE SEQUENCE public.verification_lease_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
INSERT INTO public.alembic_version VALUES ('0005');
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (1, 'published', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "sequential": false, "environments": [{"id": "metaworld/reach-v3", "version": "2", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "2", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 100, '\x29c6cf7c6224e18387a54e46051bfc51fa6a61aa59bdc3dbb4117dd6c8335454', '\x6d76c5ea27347570d59a2a282dacc410ea97faa87c90851e8d37213959c0ab01', '\x5001a55f40672f37e771a8dce6c7ab41225d83e4a4783182e68780255dc4acb0', 102, 104, '\x2037eb4738f0e535ce38930ffd86bf63b4487bdf34da1811a0f02cc1e65e78b9', 'physics-1', false, '2026-11-26 01:23:50.182483+00', '2026-11-26 07:23:50.235262+00', '2026-11-26 01:23:50.235262+00', '2026-11-26 01:23:50.318755+00', '2026-11-26 01:23:50.355555+00', '\x70b55ae87674a5c4de96df1b37526536ee7aeab19a1b711268df0828795b07ce', '2026-11-26 01:23:50.302609+00', 1, 36, 37);
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (2, 'running', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "sequential": false, "environments": [{"id": "metaworld/reach-v3", "version": "2", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "2", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 105, '\xfc8deb876cfce604c9641b7cda0a9a7f5f7a897c60ef6de43117aa2795f5aa1a', '\xc19abb16c991c59cd180edcd5ac6f06d0bbf53ee36ae2707b7bcf7bbadcee59e', '\xc3a78ee2a159e934d5b52d3b3209ca597574747f7fa7a8fb24786bb062791c73', 107, 109, '\x012def04c7a86701f62161deb0035b1a95653cf9abadea1a7e92d712f4902402', 'physics-1', false, '2026-11-26 01:23:50.376558+00', '2026-11-26 07:23:50.419188+00', '2026-11-26 01:23:50.419188+00', NULL, NULL, NULL, NULL, 37, 72, 52);
INSERT INTO public.cycle_miner VALUES (1, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (1, 'one', '2026-11-26 01:23:50.249951+00', 'physics-1', '{}', NULL);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (2, 'two', NULL, NULL, '{}', NULL);
INSERT INTO public.executor_key OVERRIDING SYSTEM VALUE VALUES (1, 2, '\x164105599ea732b96f0a343fc68402c263828af3bef583e8f1c98485864949c6', 'tasks', '2026-11-26 01:23:50.455241+00', NULL, NULL);
INSERT INTO public.lease VALUES (3, 2, 1, '2026-11-26 01:23:50.437907+00', '2026-11-26 01:24:50.437907+00', '{47,48,49,50,51}', '{5,9,2,5,9}');
INSERT INTO public.publication VALUES (1, 1, 100, '{"block": 100, "notes": [], "miners": [{"uid": 9, "hotkey": "hotkey-9", "points": 4.0, "weight": 1.0, "frontier": true, "priority": 1, "verdicts": {"error": 3}, "first_block": 49, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "successes": 5, "success_rate": 0.8333333333333334}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}]}, {"uid": 2, "hotkey": "hotkey-2", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 2, "verdicts": {"error": 3}, "first_block": 42, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": false, "p_value": 0.03125, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "successes": 1, "success_rate": 0.16666666666666666}]}, {"uid": 5, "hotkey": "hotkey-5", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 3, "verdicts": {"error": 3}, "first_block": 45, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.5, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "successes": 4, "success_rate": 0.6666666666666666}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.25, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "successes": 4, "success_rate": 0.6666666666666666}]}], "cycle_id": 1, "environments": ["metaworld/reach-v3", "metaworld/push-v3"], "published_at": "2026-11-26T01:23:50.318755+00:00", "void_episodes": 0}', '{"block": 100, "netuid": 1, "hotkeys": {"9": "hotkey-9"}, "weights": {"9": 1.0}, "cycle_id": 1, "fallback": "none", "weights_u16": {"9": 65535}, "published_at": "2026-11-26T01:23:50.318755+00:00"}', '{"2": {"uid": 2, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 8, "subsets_taken": 1, "needed_to_overtake": null, "shared_environments": 1}], "weight": 0.0, "subsets": [{"led": 1, "won": 0, "size": 1, "points": 0}], "summary": "It leads 1 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 2, "estimated": false, "all_points": 4, "first_block": 42, "disqualified": false, "environments": [{"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 3, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 5, "needed_to_lead": 0}, {"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": false, "p_value": 0.03125, "best_uid": 9, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "only_best": 5, "successes": 1, "only_miner": 0, "success_rate": 0.16666666666666666, "best_successes": 6, "needed_to_lead": 1}]}, "5": {"uid": 5, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 3, "subsets_taken": 3, "needed_to_overtake": null, "shared_environments": 2}], "weight": 0.0, "subsets": [{"led": 2, "won": 0, "size": 1, "points": 0}, {"led": 1, "won": 0, "size": 2, "points": 0}], "summary": "It leads 2 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 3, "estimated": false, "all_points": 4, "first_block": 45, "disqualified": false, "environments": [{"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.5, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "only_best": 1, "successes": 4, "only_miner": 0, "success_rate": 0.6666666666666666, "best_successes": 5, "needed_to_lead": 0}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.25, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "only_best": 2, "successes": 4, "only_miner": 0, "success_rate": 0.6666666666666666, "best_successes": 6, "needed_to_lead": 0}]}, "9": {"uid": 9, "points": 4, "rivals": [], "weight": 1.0, "subsets": [{"led": 2, "won": 2, "size": 1, "points": 2}, {"led": 1, "won": 1, "size": 2, "points": 2}], "summary": "It leads 2 of the 2 environments and wins 3 of the 3 subsets of them: 100.0% of all points.", "frontier": true, "priority": 1, "estimated": false, "all_points": 4, "first_block": 49, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "only_best": 0, "successes": 5, "only_miner": 0, "success_rate": 0.8333333333333334, "best_successes": 5, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}]}}', '2026-11-26 01:23:50.318755+00');
INSERT INTO public.recording VALUES (5, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (8, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (9, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (13, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (17, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (18, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (25, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (27, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (34, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (40, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (44, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (45, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (999999, 1, '\x78');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 2, 0, 0, '\xcc1eaac69b36fd98c080753a9bb15a46', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (2, 1, 1, 5, 0, 0, '\xcc1eaac69b36fd98c080753a9bb15a46', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 9, 0, 0, '\xcc1eaac69b36fd98c080753a9bb15a46', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (4, 1, 1, 2, 1, 0, '\x3f0b87e19da7bfd5d5af12686ec04808', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (5, 1, 1, 5, 1, 0, '\x3f0b87e19da7bfd5d5af12686ec04808', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (6, 1, 1, 9, 1, 0, '\x3f0b87e19da7bfd5d5af12686ec04808', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, 2, 0, 1, '\xbe71de6e09c9f7fac978b2ace9305f4f', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (8, 1, 1, 5, 0, 1, '\xbe71de6e09c9f7fac978b2ace9305f4f', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (9, 1, 1, 9, 0, 1, '\xbe71de6e09c9f7fac978b2ace9305f4f', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (10, 1, 1, 2, 1, 1, '\xd952b12521c7fd6570a42712f19e1a50', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (11, 1, 1, 5, 1, 1, '\xd952b12521c7fd6570a42712f19e1a50', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (12, 1, 1, 9, 1, 1, '\xd952b12521c7fd6570a42712f19e1a50', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (13, 1, 1, 2, 0, 2, '\x50ad12a594c47ba9dbdd4d1947a2c7dd', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (14, 1, 1, 5, 0, 2, '\x50ad12a594c47ba9dbdd4d1947a2c7dd', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (15, 1, 1, 9, 0, 2, '\x50ad12a594c47ba9dbdd4d1947a2c7dd', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (16, 1, 1, 2, 1, 2, '\x35a439e8bd663324aa8531ae605edbc7', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (17, 1, 1, 5, 1, 2, '\x35a439e8bd663324aa8531ae605edbc7', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (18, 1, 1, 9, 1, 2, '\x35a439e8bd663324aa8531ae605edbc7', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (19, 1, 1, 2, 0, 3, '\x1dcb339a623449bbe6ab2807a8b6801a', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (20, 1, 1, 5, 0, 3, '\x1dcb339a623449bbe6ab2807a8b6801a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (21, 1, 1, 9, 0, 3, '\x1dcb339a623449bbe6ab2807a8b6801a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (22, 1, 1, 2, 1, 3, '\xc0306b8ed66556df1fe9d06a1d10b7b7', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (23, 1, 1, 5, 1, 3, '\xc0306b8ed66556df1fe9d06a1d10b7b7', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (24, 1, 1, 9, 1, 3, '\xc0306b8ed66556df1fe9d06a1d10b7b7', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (25, 1, 1, 2, 0, 4, '\xa223648332917cbb00b7e6e4370fb099', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (26, 1, 1, 5, 0, 4, '\xa223648332917cbb00b7e6e4370fb099', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (27, 1, 1, 9, 0, 4, '\xa223648332917cbb00b7e6e4370fb099', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (28, 1, 1, 2, 1, 4, '\xcc4f9979fd0a95b819a8d49993c98e6b', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (29, 1, 1, 5, 1, 4, '\xcc4f9979fd0a95b819a8d49993c98e6b', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (30, 1, 1, 9, 1, 4, '\xcc4f9979fd0a95b819a8d49993c98e6b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (31, 1, 1, 2, 0, 5, '\xd29836b02d78edbfb8d5e53828c3e56a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (32, 1, 1, 5, 0, 5, '\xd29836b02d78edbfb8d5e53828c3e56a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (33, 1, 1, 9, 0, 5, '\xd29836b02d78edbfb8d5e53828c3e56a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (34, 1, 1, 2, 1, 5, '\x7e239a1f2c13bd5a3a08722071eed75b', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (35, 1, 1, 5, 1, 5, '\x7e239a1f2c13bd5a3a08722071eed75b', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (36, 1, 1, 9, 1, 5, '\x7e239a1f2c13bd5a3a08722071eed75b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.275511+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (47, NULL, 2, 5, 1, 1, '\x0fa257c19a8977be608d100bdf99aa05', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (48, NULL, 2, 9, 1, 1, '\x0fa257c19a8977be608d100bdf99aa05', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (49, NULL, 2, 2, 0, 2, '\x3e4043c0ad0734b333d6ac168913db83', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (50, NULL, 2, 5, 0, 2, '\x3e4043c0ad0734b333d6ac168913db83', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (51, NULL, 2, 9, 0, 2, '\x3e4043c0ad0734b333d6ac168913db83', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (37, 2, 2, 2, 0, 0, '\xf29c96a310866a6a8749ce03882e4a0a', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (38, 2, 2, 5, 0, 0, '\xf29c96a310866a6a8749ce03882e4a0a', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (39, 2, 2, 9, 0, 0, '\xf29c96a310866a6a8749ce03882e4a0a', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (40, 2, 2, 2, 1, 0, '\x50a8a22ef95e4782f93bd064164b5b34', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (41, 2, 2, 5, 1, 0, '\x50a8a22ef95e4782f93bd064164b5b34', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (42, 2, 2, 9, 1, 0, '\x50a8a22ef95e4782f93bd064164b5b34', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (43, 2, 2, 2, 0, 1, '\x30b222f4dda271c710aec8aa9722eff2', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (44, 2, 2, 5, 0, 1, '\x30b222f4dda271c710aec8aa9722eff2', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (45, 2, 2, 9, 0, 1, '\x30b222f4dda271c710aec8aa9722eff2', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (46, 2, 2, 2, 1, 1, '\x0fa257c19a8977be608d100bdf99aa05', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:50.436114+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (52, NULL, 2, 2, 1, 2, '\xcd648d6f6367d8cd8cd3349e71dfb1f7', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (53, NULL, 2, 5, 1, 2, '\xcd648d6f6367d8cd8cd3349e71dfb1f7', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (54, NULL, 2, 9, 1, 2, '\xcd648d6f6367d8cd8cd3349e71dfb1f7', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (55, NULL, 2, 2, 0, 3, '\x42a2835cb639e2c563dd61dcac7f284b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (56, NULL, 2, 5, 0, 3, '\x42a2835cb639e2c563dd61dcac7f284b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (57, NULL, 2, 9, 0, 3, '\x42a2835cb639e2c563dd61dcac7f284b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (58, NULL, 2, 2, 1, 3, '\x4b9b7ce9de4fa36ec2b9548447caa8bf', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (59, NULL, 2, 5, 1, 3, '\x4b9b7ce9de4fa36ec2b9548447caa8bf', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (60, NULL, 2, 9, 1, 3, '\x4b9b7ce9de4fa36ec2b9548447caa8bf', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (61, NULL, 2, 2, 0, 4, '\x5cab3d77d8dc350cb4671da79c3f0bd2', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (62, NULL, 2, 5, 0, 4, '\x5cab3d77d8dc350cb4671da79c3f0bd2', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (63, NULL, 2, 9, 0, 4, '\x5cab3d77d8dc350cb4671da79c3f0bd2', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (64, NULL, 2, 2, 1, 4, '\xe6e3818d81da35d582b94c5384365fce', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (65, NULL, 2, 5, 1, 4, '\xe6e3818d81da35d582b94c5384365fce', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (66, NULL, 2, 9, 1, 4, '\xe6e3818d81da35d582b94c5384365fce', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (67, NULL, 2, 2, 0, 5, '\x9486f21d260c31069e7bdffe3e04c81c', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (68, NULL, 2, 5, 0, 5, '\x9486f21d260c31069e7bdffe3e04c81c', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (69, NULL, 2, 9, 0, 5, '\x9486f21d260c31069e7bdffe3e04c81c', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (70, NULL, 2, 2, 1, 5, '\xab49b49f3f51fb691d39f7c41db72e7e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (71, NULL, 2, 5, 1, 5, '\xab49b49f3f51fb691d39f7c41db72e7e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (72, NULL, 2, 9, 1, 5, '\xab49b49f3f51fb691d39f7c41db72e7e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.trace VALUES (1, 1, '\xb96e598ecaf96c9b4b6d6461010e21c61e99a19c0ef8dd8636518f950bca2262');
INSERT INTO public.trace VALUES (2, 1, '\x2123ca3037fa0f573d03e37ce98499be71d630fe2eddd2fbea227ae13c4e40c8');
INSERT INTO public.trace VALUES (3, 1, '\xba967428292b91ed7e58a76049c276d83dee8f53cdcbb512eb81c9fb6dea39d1');
INSERT INTO public.trace VALUES (4, 1, '\xa3503206d3716c5a13e6242c195fdbbe102f66c6225552c0f54238dabb047b57');
INSERT INTO public.trace VALUES (5, 1, '\xfb8839cc5cea755f4885374adc4614e77fb806216646180d8624ed44fd67859c');
INSERT INTO public.trace VALUES (6, 1, '\xf7e03fb91d0188eae9ae9d1464348ea904861b4a763469a5188c24ec08bcf548');
INSERT INTO public.trace VALUES (7, 1, '\x489b3163ee55565d52fcd97f95c323d543e8c5e336449452e6e237a05da70f5f');
INSERT INTO public.trace VALUES (8, 1, '\x91f3cb13cb97f0be3e0f44ba1cae31956fa7832cfe367b9c70a2b5e0501cc6a9');
INSERT INTO public.trace VALUES (9, 1, '\x9369b70a1a93356fdfc078e49cfac79a8d243ca760bf4b0aa4c8a0b480d78bc6');
INSERT INTO public.trace VALUES (10, 1, '\x179f6d50e3c011ce2f9aa1bf3c88eec53e4cec4e89f5f16607a0b11f593cb7bf');
INSERT INTO public.trace VALUES (11, 1, '\x2f81ebfaa78c7bd612cd6eeccf182cf0b2ab7b4776b50dcbc5a6a118b5765092');
INSERT INTO public.trace VALUES (12, 1, '\x815fb4ec5c0c8c063e3a293179c123fffa40362af9d0e67cf7eab3d6247f37cf');
INSERT INTO public.trace VALUES (13, 1, '\x2641790d7997e3cbae273bd83c559520dee7102424c8935a3fae9c736d710609');
INSERT INTO public.trace VALUES (14, 1, '\x9ece6a23d790ab47f9ece2551a5b4b66945879e11a986fd39af37af1b0b9dd61');
INSERT INTO public.trace VALUES (15, 1, '\xd1e52d333dfde70ba2fbd3d3d3de14c746df8df639a8de9f44ab3634f2eddbd3');
INSERT INTO public.trace VALUES (16, 1, '\xf8b42ed7afe95da50f5318368cb7e1ba07085bb82a48c070eaab0a1c952e728b');
INSERT INTO public.trace VALUES (17, 1, '\x154e0e0e0bb72a8dc9e365555b595c021832bd233111480e7892ea0ec9b499e4');
INSERT INTO public.trace VALUES (18, 1, '\xbe7daa67f74ad1a6de5bb7f17248da4a3598ad012c4c3616b8c9786236a02776');
INSERT INTO public.trace VALUES (19, 1, '\x6cc5d826978f8fa9272f6608134cc99fe4043d50ec1b5543015314d376084431');
INSERT INTO public.trace VALUES (20, 1, '\xb3275d5147a2c7eaa270ce3bd1c0d9961a0faa0a6ab9d66f0c78f18da2a1f98f');
INSERT INTO public.trace VALUES (21, 1, '\xf6a5de173c358cb4079553387df7435381ca0ff9043f10d18ceaf35762a6820d');
INSERT INTO public.trace VALUES (22, 1, '\xf6714d234cd68103270bb6f839eeeb2c4a4aef19f07528e2df5f226a1a9a0325');
INSERT INTO public.trace VALUES (23, 1, '\x51ae06067c5e726f27f254c46228fd3d5f1f9753bff58d2757d7ba5f9b4946a5');
INSERT INTO public.trace VALUES (24, 1, '\x1709a5407a8877b6e5745592159edc9d480cab4d0a58be478b2b9a20f347843a');
INSERT INTO public.trace VALUES (25, 1, '\x9a6704a7452f42c74304d8e54dc63ff0a2331bbdbdb0856c6fb36f03615e1737');
INSERT INTO public.trace VALUES (26, 1, '\xc84e1821de40007cb4023f21a2c5db03fb71b4d3a906976aa55bbe22d46f4493');
INSERT INTO public.trace VALUES (27, 1, '\xdc75d3d77269b1f784308b2142fefeb09e4bbebcd50303665d80cd7aeef69bd9');
INSERT INTO public.trace VALUES (28, 1, '\x48dd0162445badc75d710c9dfe4ad40d1e72eba766ee570bc465528ba2520367');
INSERT INTO public.trace VALUES (29, 1, '\x46f9355823d037d27dc87962f0a3fe5a3566935fcd859a9bf246e68636b99940');
INSERT INTO public.trace VALUES (30, 1, '\x38c87d46fb5cdb71059624f9b9fae76330856e35a4ee7b1937a70bd99065be62');
INSERT INTO public.trace VALUES (31, 1, '\xe67ab1bab36c2e2ab892626ec085a9578f41e5a20e292396339a83617bd4e123');
INSERT INTO public.trace VALUES (32, 1, '\x5374d92a827814e0b77a42a75e9176387520cdc4e69f149363319c56c365c809');
INSERT INTO public.trace VALUES (33, 1, '\x17314feea8de36a06e7c1e9d428c10a33008d7af5ea3957bcf3b119aebf4625b');
INSERT INTO public.trace VALUES (34, 1, '\x7e7c756ed7bdaa52bd8f1c52e3af93cfaf19fda8c4cb9a2a69850c0132af8441');
INSERT INTO public.trace VALUES (35, 1, '\x65d223624513fb92a4dc21172c5f3fb455232b870dbe48fbcc98d110163a0f6c');
INSERT INTO public.trace VALUES (36, 1, '\x5719cb6032986ba3cd259c8de2ca674e2312e8364b6235e82cea12a9ed642598');
INSERT INTO public.trace VALUES (37, 2, '\x84da04de81c4a437b885a40082c690d95d15e383b08f250943990d31be852dd2');
INSERT INTO public.trace VALUES (38, 2, '\x8b70d478af6d88ed4a650e952dab639aa7b563a83bd2aefd9562734cf517a0b5');
INSERT INTO public.trace VALUES (39, 2, '\xc2bbeb5e624995be17de844b79b439b6df5cc77490aba663e32c427b3c1ad25b');
INSERT INTO public.trace VALUES (40, 2, '\x3c892f143ab0470b1da8bd417eb007a2c3a0e45af177ee24447ebb94512e581c');
INSERT INTO public.trace VALUES (41, 2, '\x89062f18f7e82c84417b88bdbb9e0af1a0eca5ed51925bce6d11b04e255456f7');
INSERT INTO public.trace VALUES (42, 2, '\x0e0b0d069c4f6401ab986727fc4f91dc658bccaddfc0e5a307e0eada5e9b82d8');
INSERT INTO public.trace VALUES (43, 2, '\x5fb8d5cfd954ff554d9b2cabc107ee27cb4e8368f9b90610c87ec20998063cc0');
INSERT INTO public.trace VALUES (44, 2, '\xa0cc4e4532868c7d355874eb9325cd2ec5366b45da9b2c3469d2d5ea79762d1c');
INSERT INTO public.trace VALUES (45, 2, '\xc92f8389eea081015ec524d98ff158ed5f681a817a9933d05d5a4fc4a5b60a3d');
INSERT INTO public.trace VALUES (46, 2, '\x027bdb8e65aaad6915401eb5338de3f7a3e4b1f0c0243daf8165de9633f8a2fd');
INSERT INTO public.trace_digest VALUES (1, 1, '\xd57c5d2e13d1a18b868d7f162dfce8bf838a01202f13cf79181cdddf98f1452a');
INSERT INTO public.trace_digest VALUES (2, 1, '\xdf08e5e683d530db064bfc32a8fb33c0bbe3ef1499c6d335b3ff7c43329e674f');
INSERT INTO public.trace_digest VALUES (3, 1, '\x86a09caea7ad6db259cf6ab8b7af271b645377fff875e2795fac61c0fe52a529');
INSERT INTO public.trace_digest VALUES (4, 1, '\x752f4a782160899b952138fa6d9afa89029b1eae882965ce9fc0bb458445b145');
INSERT INTO public.trace_digest VALUES (5, 1, '\xf23acffa081450eb96e25d5f03568ea4d25d04a8ffad060236b96844d3a61a63');
INSERT INTO public.trace_digest VALUES (6, 1, '\x3d3b0fbdf593409d8fcb4c66c460cc7194f6062b66483d77c7acd3b2f68c6aad');
INSERT INTO public.trace_digest VALUES (7, 1, '\x6d52a8cf9afa137b06d5cc3f1235b399507516ef050dd20544ce7c82f9e313df');
INSERT INTO public.trace_digest VALUES (8, 1, '\x5ad79ae95bdc498b60cd785b2ffb0040a38f7defcb9f8836de2a392b530c89e9');
INSERT INTO public.trace_digest VALUES (9, 1, '\x5e0412d8324ee3608fca784785fbdda5609c03c1e09dae9bd5d77e44807868e6');
INSERT INTO public.trace_digest VALUES (10, 1, '\x55d8523639f64bb5e576b0b2f5e131484351b702a2ee4d251627fa46ff13ba86');
INSERT INTO public.trace_digest VALUES (11, 1, '\xbbd14747a522356bfda5e4facf4507c53a544a69507df9fa9c60479cb2643086');
INSERT INTO public.trace_digest VALUES (12, 1, '\x0bd7339253391bed633a4fa2aca906f35a7cf1aa2423091b82b4675d7a418dd9');
INSERT INTO public.trace_digest VALUES (13, 1, '\xd2f4b75f9a789a6a9dd36b9486eddb1416e7a92c4982de34b6e170cae3dad743');
INSERT INTO public.trace_digest VALUES (14, 1, '\xfae9d2ea6688398c426f7367b343200c1ba2d25cada4f88c9180b7f5bc6d8f6c');
INSERT INTO public.trace_digest VALUES (15, 1, '\x76caa5cc0d70b08131250bc78b2ca08bfa72b765009de52eca1dca13974dffa9');
INSERT INTO public.trace_digest VALUES (16, 1, '\xffc589f563b352b7d00137ef73ede4be30228cab4d46e44c1fd9494e4a5761b4');
INSERT INTO public.trace_digest VALUES (17, 1, '\xa592c52ffc003ae78e976bfbae50d5eea7528117c5e154a9b1ed4e22da18df36');
INSERT INTO public.trace_digest VALUES (18, 1, '\x007635ebf84b80f1db4ce47d7640ba432c07b8ce1971ab19201639549ce3775f');
INSERT INTO public.trace_digest VALUES (19, 1, '\xb790e77ee0dd4c30bf8f90261402975c71f741ba12e4a0b0449365a78a15e8b7');
INSERT INTO public.trace_digest VALUES (20, 1, '\x6c27bb0f5b6d7d7ecd747216aa8f1597cb83bfdce4cbe279718ec30a21a6fecc');
INSERT INTO public.trace_digest VALUES (21, 1, '\x26e744e24351c36a84b1f79f2ec67af405d19ea1ac9ad6f2916633d2cdda15d4');
INSERT INTO public.trace_digest VALUES (22, 1, '\x85276075582647254e9c7db949cc7e00cac4d1b47d1819f238aa4e4b28927580');
INSERT INTO public.trace_digest VALUES (23, 1, '\x45763118631850566caa2b7b20e9b2e97960ab25dfc2dd5b961d3cf806e001e5');
INSERT INTO public.trace_digest VALUES (24, 1, '\xb57a510e5b02b1d3130ffdbeb828a0f4f5cc1407ea102e6bd343e1c7bff22200');
INSERT INTO public.trace_digest VALUES (25, 1, '\xbb8c6db9e143d9fbe370c219d3ca21534f41b4b7a9b25fd46b713f7edb5fd527');
INSERT INTO public.trace_digest VALUES (26, 1, '\x0e822fdc65badcccecac3c1fe28637aa5da2d312c87f44fdfeb6144e72558990');
INSERT INTO public.trace_digest VALUES (27, 1, '\xa29f8a8067779ca33a6aa6f4551c8e3016ac3b2159b03916cd68e397aaece95f');
INSERT INTO public.trace_digest VALUES (28, 1, '\x11566dfb2255f0e031393e4269bd693067be76fc54b9cfb531e1b11dd5a4f53a');
INSERT INTO public.trace_digest VALUES (29, 1, '\x65530e942462838d35d71cec4ba52d87f2122d06bc5ff66c9cf6ee9b6dbe07b8');
INSERT INTO public.trace_digest VALUES (30, 1, '\x57c02d800eacb7589979a417cae0ebc58ba334ea743deaefd49feaad8e6b88c4');
INSERT INTO public.trace_digest VALUES (31, 1, '\xe6447141e177c0d63ce482eac3460d25a6a71d3190792f98f5b5700e926b04f4');
INSERT INTO public.trace_digest VALUES (32, 1, '\x0389f139463d1c4c4744b58ee28ac8a9100042a9feff7d594dc39a9d5eaadd75');
INSERT INTO public.trace_digest VALUES (33, 1, '\x9ead17fa3d07ae20c2cf753474d6bd10a31a6ec0528db8024c79bb2595c11adf');
INSERT INTO public.trace_digest VALUES (34, 1, '\xb48d684abbaf7ed3b8fb4a52ea93810f40f329c32df1b283e51be9d445f14720');
INSERT INTO public.trace_digest VALUES (35, 1, '\x576314397faa36c34d94c4ef5c71098c29040d281f154a2f407a84ec38a77b2c');
INSERT INTO public.trace_digest VALUES (36, 1, '\x46938b1c4d00f36d463603734fba6480204bccad9e7f0f87b7853fc590a6a052');
INSERT INTO public.trace_digest VALUES (999999, 1, '\x2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881');
INSERT INTO public.verification VALUES (5, 1, 5, '2026-11-26 01:23:50.280468+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:50.31745+00');
INSERT INTO public.verification VALUES (8, 1, 5, '2026-11-26 01:23:50.280468+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:50.31745+00');
INSERT INTO public.verification VALUES (9, 1, 9, '2026-11-26 01:23:50.280468+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:50.31745+00');
INSERT INTO public.verification VALUES (13, 1, 2, '2026-11-26 01:23:50.280468+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:50.31745+00');
INSERT INTO public.verification VALUES (17, 1, 5, '2026-11-26 01:23:50.280468+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:50.31745+00');
INSERT INTO public.verification VALUES (18, 1, 9, '2026-11-26 01:23:50.280468+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:50.31745+00');
INSERT INTO public.verification VALUES (25, 1, 2, '2026-11-26 01:23:50.280468+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:50.31745+00');
INSERT INTO public.verification VALUES (27, 1, 9, '2026-11-26 01:23:50.280468+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:50.31745+00');
INSERT INTO public.verification VALUES (34, 1, 2, '2026-11-26 01:23:50.280468+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:50.31745+00');
INSERT INTO public.verification VALUES (40, 2, 2, '2026-11-26 01:23:50.437268+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (44, 2, 5, '2026-11-26 01:23:50.437268+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (45, 2, 9, '2026-11-26 01:23:50.437268+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (999999, 1, 9, '2026-11-26 01:23:50.464588+00', NULL, 0, NULL, NULL, NULL, NULL);
SELECT pg_catalog.setval('public.cycle_id_seq', 2, true);
SELECT pg_catalog.setval('public.executor_id_seq', 2, true);
SELECT pg_catalog.setval('public.executor_key_id_seq', 1, true);
SELECT pg_catalog.setval('public.lease_id_seq', 3, true);
SELECT pg_catalog.setval('public.task_id_seq', 72, true);
SELECT pg_catalog.setval('public.verification_lease_seq', 1, false);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.cycle_miner
    ADD CONSTRAINT cycle_miner_pkey PRIMARY KEY (cycle_id, uid);
ALTER TABLE ONLY public.cycle
    ADD CONSTRAINT cycle_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.executor_key
    ADD CONSTRAINT executor_key_key_hash_key UNIQUE (key_hash);
ALTER TABLE ONLY public.executor_key
    ADD CONSTRAINT executor_key_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.executor
    ADD CONSTRAINT executor_name_key UNIQUE (name);
ALTER TABLE ONLY public.executor
    ADD CONSTRAINT executor_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.publication
    ADD CONSTRAINT publication_pkey PRIMARY KEY (cycle_id);
ALTER TABLE ONLY public.recording
    ADD CONSTRAINT recording_pkey PRIMARY KEY (task_id);
ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.trace_digest
    ADD CONSTRAINT trace_digest_pkey PRIMARY KEY (task_id);
ALTER TABLE ONLY public.trace
    ADD CONSTRAINT trace_pkey PRIMARY KEY (task_id);
ALTER TABLE ONLY public.verification
    ADD CONSTRAINT verification_pkey PRIMARY KEY (task_id);
CREATE UNIQUE INDEX cycle_active ON public.cycle USING btree (netuid) WHERE (state = ANY (ARRAY['open'::text, 'running'::text, 'scoring'::text]));
CREATE INDEX cycle_miner_commitment ON public.cycle_miner USING btree (hotkey, first_block);
CREATE INDEX publication_block ON public.publication USING btree (netuid, block);
CREATE INDEX recording_cycle ON public.recording USING btree (cycle_id);
CREATE INDEX task_cycle ON public.task USING brin (cycle_id) WITH (pages_per_range='16');
CREATE INDEX task_waiting ON public.task USING btree (cycle_id, uid, ((id + 0))) WHERE waiting;
CREATE INDEX trace_cycle ON public.trace USING btree (cycle_id);
CREATE INDEX trace_digest_cycle ON public.trace_digest USING btree (cycle_id);
CREATE INDEX verification_of_cycle ON public.verification USING btree (cycle_id);
CREATE INDEX verification_of_miner ON public.verification USING btree (uid, cycle_id);
CREATE INDEX verification_open ON public.verification USING btree (cycle_id, ready_at) WHERE (verdict IS NULL);
ALTER TABLE ONLY public.cycle_miner
    ADD CONSTRAINT cycle_miner_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES public.cycle(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.executor_key
    ADD CONSTRAINT executor_key_executor_id_fkey FOREIGN KEY (executor_id) REFERENCES public.executor(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.publication
    ADD CONSTRAINT publication_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES public.cycle(id) ON DELETE CASCADE;
