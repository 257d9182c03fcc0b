-- What the migrations of commit b09d40e made; its rows are from the program of commit d699206.
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
      where t.id = r.id and r.id = any (v_lease.task_ids) and t.outcome is null
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
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (1, 'published', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "sequential": false, "environments": [{"id": "metaworld/reach-v3", "version": "2", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "2", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 100, '\x29c6cf7c6224e18387a54e46051bfc51fa6a61aa59bdc3dbb4117dd6c8335454', '\x08340c977848d478359f900f59f8fd79acfb6218acb6198bb3422ab8c0fadd01', '\xf08f91124aef4820d73d91fde117ebf2361d484cf2db71490a487c49fa9d5983', 102, 104, '\x2037eb4738f0e535ce38930ffd86bf63b4487bdf34da1811a0f02cc1e65e78b9', 'physics-1', false, '2026-11-26 01:23:41.528414+00', '2026-11-26 07:23:41.566903+00', '2026-11-26 01:23:41.566903+00', '2026-11-26 01:23:41.611575+00', '2026-11-26 01:23:41.62988+00', '\x0ac0773fef05052c31fce53a92e927f13bf26b5c4529179eee5323aabfe267dd', '2026-11-26 01:23:41.603232+00', 1, 36, 37);
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (2, 'running', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "sequential": false, "environments": [{"id": "metaworld/reach-v3", "version": "2", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "2", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 105, '\xfc8deb876cfce604c9641b7cda0a9a7f5f7a897c60ef6de43117aa2795f5aa1a', '\x08836864bdb12295c6754d70e97ee0682d15b4cbcc04a54c375542d65c783cff', '\xb0fb50b3b059464615831970f48954e80d6d17b36ef3d1bb5e5337e07d4132e0', 107, 109, '\x012def04c7a86701f62161deb0035b1a95653cf9abadea1a7e92d712f4902402', 'physics-1', false, '2026-11-26 01:23:41.644455+00', '2026-11-26 07:23:41.676766+00', '2026-11-26 01:23:41.676766+00', NULL, NULL, NULL, NULL, 37, 72, 52);
INSERT INTO public.cycle_miner VALUES (1, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (1, 'one', '2026-11-26 01:23:41.574092+00', 'physics-1', '{}', NULL);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (2, 'two', NULL, NULL, '{}', NULL);
INSERT INTO public.executor_key OVERRIDING SYSTEM VALUE VALUES (1, 2, '\xbd0655a0c98b48cdf162f4fad7181880cc54b02ce56ee06291b379507684137c', 'tasks', '2026-11-26 01:23:41.699041+00', NULL, NULL);
INSERT INTO public.lease VALUES (3, 2, 1, '2026-11-26 01:23:41.688003+00', '2026-11-26 01:24:41.688003+00', '{47,48,49,50,51}', '{5,9,2,5,9}');
INSERT INTO public.publication VALUES (1, 1, 100, '{"block": 100, "notes": [], "miners": [{"uid": 9, "hotkey": "hotkey-9", "points": 4.0, "weight": 1.0, "frontier": true, "priority": 1, "verdicts": {"error": 3}, "first_block": 49, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}]}, {"uid": 2, "hotkey": "hotkey-2", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 2, "verdicts": {"error": 3}, "first_block": 42, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": false, "p_value": 0.015625, "eligible": false, "episodes": 6, "interval": [0.0, 0.39033428790216523], "successes": 0, "success_rate": 0.0}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.0625, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}]}, {"uid": 5, "hotkey": "hotkey-5", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 3, "verdicts": {"error": 3}, "first_block": 45, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": false, "p_value": 0.03125, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "successes": 1, "success_rate": 0.16666666666666666}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.0625, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}]}], "cycle_id": 1, "environments": ["metaworld/reach-v3", "metaworld/push-v3"], "published_at": "2026-11-26T01:23:41.611575+00:00", "void_episodes": 0}', '{"block": 100, "netuid": 1, "hotkeys": {"9": "hotkey-9"}, "weights": {"9": 1.0}, "cycle_id": 1, "fallback": "none", "weights_u16": {"9": 65535}, "published_at": "2026-11-26T01:23:41.611575+00:00"}', '{"2": {"uid": 2, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 10, "subsets_taken": 1, "needed_to_overtake": null, "shared_environments": 1}], "weight": 0.0, "subsets": [{"led": 1, "won": 0, "size": 1, "points": 0}], "summary": "It leads 1 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 2, "estimated": false, "all_points": 4, "first_block": 42, "disqualified": false, "environments": [{"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": false, "p_value": 0.015625, "best_uid": 9, "eligible": false, "episodes": 6, "interval": [0.0, 0.39033428790216523], "only_best": 6, "successes": 0, "only_miner": 0, "success_rate": 0.0, "best_successes": 6, "needed_to_lead": 2}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.0625, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 4, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 6, "needed_to_lead": 0}]}, "5": {"uid": 5, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 9, "subsets_taken": 1, "needed_to_overtake": null, "shared_environments": 1}], "weight": 0.0, "subsets": [{"led": 1, "won": 0, "size": 1, "points": 0}], "summary": "It leads 1 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 3, "estimated": false, "all_points": 4, "first_block": 45, "disqualified": false, "environments": [{"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": false, "p_value": 0.03125, "best_uid": 9, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "only_best": 5, "successes": 1, "only_miner": 0, "success_rate": 0.16666666666666666, "best_successes": 6, "needed_to_lead": 1}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.0625, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 4, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 6, "needed_to_lead": 0}]}, "9": {"uid": 9, "points": 4, "rivals": [], "weight": 1.0, "subsets": [{"led": 2, "won": 2, "size": 1, "points": 2}, {"led": 1, "won": 1, "size": 2, "points": 2}], "summary": "It leads 2 of the 2 environments and wins 3 of the 3 subsets of them: 100.0% of all points.", "frontier": true, "priority": 1, "estimated": false, "all_points": 4, "first_block": 49, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}]}}', '2026-11-26 01:23:41.611575+00');
INSERT INTO public.recording VALUES (2, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (5, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (13, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (15, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (19, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (24, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (25, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (29, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (36, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (37, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (39, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (40, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (42, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (999999, 1, '\x78');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 2, 0, 0, '\x3da2a1f955d920fc0d8fdf072c4100a7', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (2, 1, 1, 5, 0, 0, '\x3da2a1f955d920fc0d8fdf072c4100a7', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 9, 0, 0, '\x3da2a1f955d920fc0d8fdf072c4100a7', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (4, 1, 1, 2, 1, 0, '\xe227e8b6686e548099610598cd44cf68', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (5, 1, 1, 5, 1, 0, '\xe227e8b6686e548099610598cd44cf68', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (6, 1, 1, 9, 1, 0, '\xe227e8b6686e548099610598cd44cf68', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, 2, 0, 1, '\xe33c8ebd484150ad559d2dd7cffd05b3', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (8, 1, 1, 5, 0, 1, '\xe33c8ebd484150ad559d2dd7cffd05b3', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (9, 1, 1, 9, 0, 1, '\xe33c8ebd484150ad559d2dd7cffd05b3', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (10, 1, 1, 2, 1, 1, '\x94836427de0e855f02f951834f284aaf', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (11, 1, 1, 5, 1, 1, '\x94836427de0e855f02f951834f284aaf', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (12, 1, 1, 9, 1, 1, '\x94836427de0e855f02f951834f284aaf', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (13, 1, 1, 2, 0, 2, '\x5571febee8160bf9960c1be84815e876', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (14, 1, 1, 5, 0, 2, '\x5571febee8160bf9960c1be84815e876', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (15, 1, 1, 9, 0, 2, '\x5571febee8160bf9960c1be84815e876', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (16, 1, 1, 2, 1, 2, '\x3dce904c065d9d740f325b1a8cd8d950', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (17, 1, 1, 5, 1, 2, '\x3dce904c065d9d740f325b1a8cd8d950', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (18, 1, 1, 9, 1, 2, '\x3dce904c065d9d740f325b1a8cd8d950', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (19, 1, 1, 2, 0, 3, '\x899c25ff671444a9d253abce519a31f1', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (20, 1, 1, 5, 0, 3, '\x899c25ff671444a9d253abce519a31f1', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (21, 1, 1, 9, 0, 3, '\x899c25ff671444a9d253abce519a31f1', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (22, 1, 1, 2, 1, 3, '\x30a708ef467f75fedb02b5da05e3b06e', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (23, 1, 1, 5, 1, 3, '\x30a708ef467f75fedb02b5da05e3b06e', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (24, 1, 1, 9, 1, 3, '\x30a708ef467f75fedb02b5da05e3b06e', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (25, 1, 1, 2, 0, 4, '\x363271a87b8dc54a372eeee08b589394', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (26, 1, 1, 5, 0, 4, '\x363271a87b8dc54a372eeee08b589394', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (27, 1, 1, 9, 0, 4, '\x363271a87b8dc54a372eeee08b589394', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (28, 1, 1, 2, 1, 4, '\x5f74db5b28475b423967519fb96d38b9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (29, 1, 1, 5, 1, 4, '\x5f74db5b28475b423967519fb96d38b9', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (30, 1, 1, 9, 1, 4, '\x5f74db5b28475b423967519fb96d38b9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (31, 1, 1, 2, 0, 5, '\xea8a42c27d6297acbf6bfedee8681253', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (32, 1, 1, 5, 0, 5, '\xea8a42c27d6297acbf6bfedee8681253', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (33, 1, 1, 9, 0, 5, '\xea8a42c27d6297acbf6bfedee8681253', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (34, 1, 1, 2, 1, 5, '\x198e2d7392c16cc86ebf36070aad868c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (35, 1, 1, 5, 1, 5, '\x198e2d7392c16cc86ebf36070aad868c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (36, 1, 1, 9, 1, 5, '\x198e2d7392c16cc86ebf36070aad868c', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.587327+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (47, NULL, 2, 5, 1, 1, '\x0e0ef42181be8b984790d9495ebd2f3b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (48, NULL, 2, 9, 1, 1, '\x0e0ef42181be8b984790d9495ebd2f3b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (49, NULL, 2, 2, 0, 2, '\xd727eb1c6356ef25c1b3b89fbfdf5d67', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (50, NULL, 2, 5, 0, 2, '\xd727eb1c6356ef25c1b3b89fbfdf5d67', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (51, NULL, 2, 9, 0, 2, '\xd727eb1c6356ef25c1b3b89fbfdf5d67', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (37, 2, 2, 2, 0, 0, '\xadc28c07994968e7e39d76b42bd6700b', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (38, 2, 2, 5, 0, 0, '\xadc28c07994968e7e39d76b42bd6700b', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (39, 2, 2, 9, 0, 0, '\xadc28c07994968e7e39d76b42bd6700b', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (40, 2, 2, 2, 1, 0, '\x36a22072046c12032165f03d4eb4f403', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (41, 2, 2, 5, 1, 0, '\x36a22072046c12032165f03d4eb4f403', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (42, 2, 2, 9, 1, 0, '\x36a22072046c12032165f03d4eb4f403', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (43, 2, 2, 2, 0, 1, '\x9e5c314a996c8cf603668598fce14bc9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (44, 2, 2, 5, 0, 1, '\x9e5c314a996c8cf603668598fce14bc9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (45, 2, 2, 9, 0, 1, '\x9e5c314a996c8cf603668598fce14bc9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (46, 2, 2, 2, 1, 1, '\x0e0ef42181be8b984790d9495ebd2f3b', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:41.683605+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (52, NULL, 2, 2, 1, 2, '\x7dd85f81ad9a17aef9e29197bf824d69', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (53, NULL, 2, 5, 1, 2, '\x7dd85f81ad9a17aef9e29197bf824d69', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (54, NULL, 2, 9, 1, 2, '\x7dd85f81ad9a17aef9e29197bf824d69', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (55, NULL, 2, 2, 0, 3, '\x216802ec369944ee3f195aac548d8f37', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (56, NULL, 2, 5, 0, 3, '\x216802ec369944ee3f195aac548d8f37', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (57, NULL, 2, 9, 0, 3, '\x216802ec369944ee3f195aac548d8f37', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (58, NULL, 2, 2, 1, 3, '\x23b8acfe48adf12709c9334860f94dd4', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (59, NULL, 2, 5, 1, 3, '\x23b8acfe48adf12709c9334860f94dd4', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (60, NULL, 2, 9, 1, 3, '\x23b8acfe48adf12709c9334860f94dd4', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (61, NULL, 2, 2, 0, 4, '\xd30761aa35ef3c97c3fa0912900abf13', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (62, NULL, 2, 5, 0, 4, '\xd30761aa35ef3c97c3fa0912900abf13', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (63, NULL, 2, 9, 0, 4, '\xd30761aa35ef3c97c3fa0912900abf13', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (64, NULL, 2, 2, 1, 4, '\x82ecd268b125459023b617eda31449eb', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (65, NULL, 2, 5, 1, 4, '\x82ecd268b125459023b617eda31449eb', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (66, NULL, 2, 9, 1, 4, '\x82ecd268b125459023b617eda31449eb', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (67, NULL, 2, 2, 0, 5, '\xad0f4dd9ee253c6c64f021b073f41b1c', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (68, NULL, 2, 5, 0, 5, '\xad0f4dd9ee253c6c64f021b073f41b1c', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (69, NULL, 2, 9, 0, 5, '\xad0f4dd9ee253c6c64f021b073f41b1c', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (70, NULL, 2, 2, 1, 5, '\x712183247eb2cd9b87349b3db4d43c5d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (71, NULL, 2, 5, 1, 5, '\x712183247eb2cd9b87349b3db4d43c5d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (72, NULL, 2, 9, 1, 5, '\x712183247eb2cd9b87349b3db4d43c5d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.trace VALUES (1, 1, '\x84aae2778f951d5fbbf3a4ce43258fa8d85b230ab3b1cdb8a8920367e87f4a2f');
INSERT INTO public.trace VALUES (2, 1, '\xc0f54058b71175b140f0867151e7f7cd4870aef6c88c76b9aba918202df9f1e8');
INSERT INTO public.trace VALUES (3, 1, '\xeb43728b47c119f74bcc8b9265aacc710e8a51f5394e60b305824f7c45b22642');
INSERT INTO public.trace VALUES (4, 1, '\xdf4918710bf1e1ab804bfd1ca752490d4cbdd2b85b4b34ee4cfb57167775de85');
INSERT INTO public.trace VALUES (5, 1, '\x5e49348f1a7c9361d3927b1ba2eb07a1693d2186b9c6f7ad2ade4f7684afbbd2');
INSERT INTO public.trace VALUES (6, 1, '\x6bd8a159d9b69adf5d0bcd4be70b14a81ad165c8a98197f3eab596cb2a122f39');
INSERT INTO public.trace VALUES (7, 1, '\x5671fda5ea4101333ed840ff93ff6660c4cb1b68c2c5646d913d328020a5d447');
INSERT INTO public.trace VALUES (8, 1, '\x87ca98522b5a223e5ee20cfbf7c43b4b93d834068682369f172349ed63c866a9');
INSERT INTO public.trace VALUES (9, 1, '\xfe9fdcd4b944adf849712505674b11f04f042f8d9c12da0dcfb1d278a9fe853e');
INSERT INTO public.trace VALUES (10, 1, '\x55a513219425cd9bc822a012b1be3a3037d20c0a49d8c3d0e7bc5550ab79a78e');
INSERT INTO public.trace VALUES (11, 1, '\x9357967bfcba17e363f9b89ed13edf3480c722b3a5e77c0711720d905d819d10');
INSERT INTO public.trace VALUES (12, 1, '\x3abb6419213befe39050617d8170a9fa6d9a5f1ccdf7329bba84cd525635ba96');
INSERT INTO public.trace VALUES (13, 1, '\x6ccaed28d633debeb621d9677befa82d4f380bb79ac12cba3a9280b49ec31934');
INSERT INTO public.trace VALUES (14, 1, '\x810cf28aa4e43c73e3c5657a4f0f6516a634428424f36bfc441e35e9e91dc3b5');
INSERT INTO public.trace VALUES (15, 1, '\x87eb7b777d001b642b11e5d73c816437f623716209938277b6efcfd34fd4c1c2');
INSERT INTO public.trace VALUES (16, 1, '\xad29362612d91eb17733fe258e9bf1ef594f0cfd317a7af82d87318bed1f0a87');
INSERT INTO public.trace VALUES (17, 1, '\x982c09d6bcb8c990656e9f9546ef08183d56774a0d0d895bce40568873a12e9e');
INSERT INTO public.trace VALUES (18, 1, '\x6880c5001142adf8fd0b4b81774eb841ab40de9141d1b4d7ca829b2dc59bfd58');
INSERT INTO public.trace VALUES (19, 1, '\x63912cfe2400c8047d88851dc9e2742c72318d0d05ed2f6334ee82c5a7344c00');
INSERT INTO public.trace VALUES (20, 1, '\x392e0cdfa0ccee947f5b0d8ef968e5a1be937c8b3dabde7f2ec5b63b06dccfee');
INSERT INTO public.trace VALUES (21, 1, '\x84c1fd4165e1ba57b51d72ccb7619faded58ccb4709b8936f98710fc4bda6f62');
INSERT INTO public.trace VALUES (22, 1, '\x85304060b09f0b44ed47c25dbbc78602307fda8d221d1ea3d86c4308d547e9e4');
INSERT INTO public.trace VALUES (23, 1, '\x149908de896e0e04b7c4621ba41761817656dd2c193121a5cc0f9fa13fc3c3a5');
INSERT INTO public.trace VALUES (24, 1, '\x1ccb1e9c3c358f5c61512d73b96bd2538bb98ed2eb03aa77b535fcb64b9c0ed0');
INSERT INTO public.trace VALUES (25, 1, '\x886e88c963113a5040135054a3cbf10dff44f5521ea20d58d464d6386cef63aa');
INSERT INTO public.trace VALUES (26, 1, '\x9e6d3f846dc9a54186830cb7134565ab9b1406c59f90f8b7b4365a55fa208ed5');
INSERT INTO public.trace VALUES (27, 1, '\x3735526054e7983dc19660b13bf96a723d2fa6aa9189ec4229d6475f479f27fc');
INSERT INTO public.trace VALUES (28, 1, '\xe6b0b7891a585057b69514a24d31806181f2a65014b5b58972dde5c39673b64e');
INSERT INTO public.trace VALUES (29, 1, '\x5a424e50583d2b54139d89b287975523ad3225fae973d0231ebf0ef0bf57397e');
INSERT INTO public.trace VALUES (30, 1, '\x84189dc1d6283173ac23f9361be3db3046f614db10e3073f6c0b9e119b1b871b');
INSERT INTO public.trace VALUES (31, 1, '\x849c890d81a40ed95e9a3f48dc6d79e2f8bf235a75beada83832daa343c1b1dd');
INSERT INTO public.trace VALUES (32, 1, '\xeed94158a10d4a8caf8b28b984d41ae35c6dd389ae018e7e6bc4afa501b2dd14');
INSERT INTO public.trace VALUES (33, 1, '\xb513b7c8deed6b299068397aaf0c331d19e54d1c780d71ef5b16294a9d422c55');
INSERT INTO public.trace VALUES (34, 1, '\x648a7acaa4c2924f563b8c3145df08188230710ce4953a0753cf26abc6fa6928');
INSERT INTO public.trace VALUES (35, 1, '\x83257857b48c5bc99e7b9a8fa1c8dc4edd70b2b0c8c40b11925dd0ee4ba40536');
INSERT INTO public.trace VALUES (36, 1, '\x57654ec8327262a84445b8057931e5e81378277f0ffdbfe1eaa355e76f692acd');
INSERT INTO public.trace VALUES (37, 2, '\x2bae7f9bbea1369568b254036a6973c03e4bef56e2c39d05cec1e7a253674907');
INSERT INTO public.trace VALUES (38, 2, '\x31b3b3a28f66adc688a32e4378e794c157a017cfaa9102a6926f610d8d9fcc53');
INSERT INTO public.trace VALUES (39, 2, '\xd3bbd124cac9952041976170e0fe7097343012e64f2643899d3a2687f7d56c53');
INSERT INTO public.trace VALUES (40, 2, '\xe7380b90cff73b7d021ad09f0fa118b29a24d6f5c29d109f46b30d52142afc09');
INSERT INTO public.trace VALUES (41, 2, '\xef1a8202693afcaef27bc29c756242693b2980482f5c1720a30c57bfa9e37767');
INSERT INTO public.trace VALUES (42, 2, '\x7c70a4f86ea1dfbb19747bca3e436c9863db1bee7ad519ea5305d594eca695aa');
INSERT INTO public.trace VALUES (43, 2, '\x29a5c76334b5b2c0d6ac844bbd9ec0d58c398a250f543a7b34577b0d9a901a85');
INSERT INTO public.trace VALUES (44, 2, '\x6c714d656e32814f1f251deb761680eec5bcfd02bd86873adf5e040043092c35');
INSERT INTO public.trace VALUES (45, 2, '\xdec04a9c26236e7b077b5061cff386be133c52e9b82a523c84a5e3e6fcc33103');
INSERT INTO public.trace VALUES (46, 2, '\x2f86915dc4e01773b181da70d40ee3673f22076cfde386b1871304d1a9cb6b07');
INSERT INTO public.trace_digest VALUES (1, 1, '\x7f36f2ac1c406b54f21ccffd37cc0e103572035886868a1cdd16d2fe5a8c2797');
INSERT INTO public.trace_digest VALUES (2, 1, '\xe544b5d2f87cecf3c8c666c9a2fc2d54d8177dfb967237ffb1dd0b5763525f17');
INSERT INTO public.trace_digest VALUES (3, 1, '\x42673683c0e815f74ba9039e923452c39f4c8a84211615475d4d039571b1b86a');
INSERT INTO public.trace_digest VALUES (4, 1, '\xf7d1c0851fddb1e5dcfbd9aea6130987212fd45acaff8b4f6544248fd8becf6f');
INSERT INTO public.trace_digest VALUES (5, 1, '\x3c54dbd4bdcb2a90678145b678015685d6e6dfee7eaf2e6df573215ec0240dc7');
INSERT INTO public.trace_digest VALUES (6, 1, '\xf4360fe5505ff9c51c54396f6a75732e3733db960b7ae724129b3977f10835c7');
INSERT INTO public.trace_digest VALUES (7, 1, '\x2e90b4c9f42d23d616c50acf3b706b5163962e9c0d909cb945975542144a5439');
INSERT INTO public.trace_digest VALUES (8, 1, '\x67d15bf7bda1d11fcb4d37947277346e35060a5c7c963d1674da32a7c74d3aeb');
INSERT INTO public.trace_digest VALUES (9, 1, '\x11710e5c45a84917336732c2771253ce0d3387e0bc3fc3c30dfa7b64bd57360a');
INSERT INTO public.trace_digest VALUES (10, 1, '\x30b0db7601dd4c1d9e67b788fcf8740efa1005159a81b290234a88b20e7ebbac');
INSERT INTO public.trace_digest VALUES (11, 1, '\x29a474f2fede8e66aad8ffdec8bfe12cc8ced7a0301dbd05b1ae1aace85faace');
INSERT INTO public.trace_digest VALUES (12, 1, '\x51a9be0cc05b31337e6a7233e58d5779146318323c4ce0ecca5c203384d9dc6b');
INSERT INTO public.trace_digest VALUES (13, 1, '\xde1e35a26dcf2c0a0ccb2dd11c3fd3b225bab6e019590e348ce27cbc48217c08');
INSERT INTO public.trace_digest VALUES (14, 1, '\x6cbb9c7a9f73ad1bfc324a17fd3d2fc56e022076d053f6f2f5a04ba2bcefcd1c');
INSERT INTO public.trace_digest VALUES (15, 1, '\xc3fffc28f0cf8bbaf82baf5258856a67688cab948c793f2c5dd7945219143335');
INSERT INTO public.trace_digest VALUES (16, 1, '\x490276a4b5d58d71649bf53faa0592b3092760d54eb171d2b478c1ea12ded1ae');
INSERT INTO public.trace_digest VALUES (17, 1, '\x959092590adfd1347b30c53d722937c94f517a863ee3d89d93b78b3628642703');
INSERT INTO public.trace_digest VALUES (18, 1, '\x289422232eb2ea519f5ebc14d10a9e65d3ab2b908f33efbfab9e96d82b71cc21');
INSERT INTO public.trace_digest VALUES (19, 1, '\x5443fe68ad48de7ea982e56374b0919f4729735399f8e6462db0929291d0a26b');
INSERT INTO public.trace_digest VALUES (20, 1, '\x594a30128f13b1eb4ce492b4bda35d7f89efa9eadacf16f212ac2d0b0df755a1');
INSERT INTO public.trace_digest VALUES (21, 1, '\xacb45c2e24bd38ba7a223e84afca841949effbdc50b77fdcfe2ca2cdfe8dbbd9');
INSERT INTO public.trace_digest VALUES (22, 1, '\xb47b73d493617050a233707a43533d7b967331f278546e158fecd4346ab04569');
INSERT INTO public.trace_digest VALUES (23, 1, '\x2ded15f6c739bd6fba6cc885cbb121f1023048c67a19ca9940de6b439b6ad45d');
INSERT INTO public.trace_digest VALUES (24, 1, '\x09a195d69a6231a559b4d55114d20c815b95a518101d5abe955df84db84d8adf');
INSERT INTO public.trace_digest VALUES (25, 1, '\xd83b5a78a488ca84e73a6c2f5b7a553d77d04c12d165df9bb68656b71a3f445e');
INSERT INTO public.trace_digest VALUES (26, 1, '\xab911911bf9553bafeadb1e7f610c7cd4722255a047c8f2eb4e10008728ad00a');
INSERT INTO public.trace_digest VALUES (27, 1, '\x31bf4eb0fe44ac4b26ab416df8622c91cbcd87933b345c77f559a07fe17d0910');
INSERT INTO public.trace_digest VALUES (28, 1, '\xfdfe99d0d619246b10c160e12591be4210b58dfb6d1059fa055e64c64eaf8171');
INSERT INTO public.trace_digest VALUES (29, 1, '\x8c3ad62a98638a9f5671e183089771d410a7548072b57dc50b17e608fb98a00f');
INSERT INTO public.trace_digest VALUES (30, 1, '\x256c991bce4575e7dcbaa261b43736cfc687fbb2116f7d93759b166d15b0eb99');
INSERT INTO public.trace_digest VALUES (31, 1, '\x9adb6479aebdc057af6b09caa9877db9c5de1611a9c892c95e40b09f5ec43721');
INSERT INTO public.trace_digest VALUES (32, 1, '\xa81b7a67cd9ee0894db29d17986cf2487485204084015b9ead7aa58f7e2c5de6');
INSERT INTO public.trace_digest VALUES (33, 1, '\xbf9902d3db135e49e85d42f2dc89bcc791f41ff263e1cb3340cd9b3e35d7e7e3');
INSERT INTO public.trace_digest VALUES (34, 1, '\xeb5ab8a3daf15ffc3754180082e0bb9e1b66d8df026ce70fe914ba707360d871');
INSERT INTO public.trace_digest VALUES (35, 1, '\xdcd7e93e74c0de85bebbbef3d9b5cbe5d97a276a56c1b846fb7adffe1d4518c5');
INSERT INTO public.trace_digest VALUES (36, 1, '\xd7e99c764193a8a308d9b9e0ab33456ab02509fdfa27680873121497fd0e3095');
INSERT INTO public.trace_digest VALUES (999999, 1, '\x2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881');
INSERT INTO public.verification VALUES (2, 1, 5, '2026-11-26 01:23:41.592128+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:41.610024+00');
INSERT INTO public.verification VALUES (5, 1, 5, '2026-11-26 01:23:41.592128+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:41.610024+00');
INSERT INTO public.verification VALUES (13, 1, 2, '2026-11-26 01:23:41.592128+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:41.610024+00');
INSERT INTO public.verification VALUES (15, 1, 9, '2026-11-26 01:23:41.592128+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:41.610024+00');
INSERT INTO public.verification VALUES (19, 1, 2, '2026-11-26 01:23:41.592128+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:41.610024+00');
INSERT INTO public.verification VALUES (24, 1, 9, '2026-11-26 01:23:41.592128+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:41.610024+00');
INSERT INTO public.verification VALUES (25, 1, 2, '2026-11-26 01:23:41.592128+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:41.610024+00');
INSERT INTO public.verification VALUES (29, 1, 5, '2026-11-26 01:23:41.592128+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:41.610024+00');
INSERT INTO public.verification VALUES (36, 1, 9, '2026-11-26 01:23:41.592128+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:41.610024+00');
INSERT INTO public.verification VALUES (37, 2, 2, '2026-11-26 01:23:41.687237+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (39, 2, 9, '2026-11-26 01:23:41.687237+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (40, 2, 2, '2026-11-26 01:23:41.687237+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (42, 2, 9, '2026-11-26 01:23:41.687237+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (999999, 1, 9, '2026-11-26 01:23:41.704511+00', NULL, 0, NULL, NULL, NULL, NULL);
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
