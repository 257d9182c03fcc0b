-- What the migrations of commit b193bb6 made; its rows are from the program of commit da92b18.
CREATE FUNCTION public.fetch_tasks(p_executor integer, p_n integer, p_families text[], p_fingerprint text, p_mixed boolean, p_retry_after interval, p_ttl interval) RETURNS TABLE(id bigint, lease_id bigint, cycle_id integer, uid integer, env smallint, episode integer, seed bytea, attempt smallint, record boolean, hotkey text, endpoint text, max_concurrency smallint)
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.miners_with_room(p_cycle integer) RETURNS TABLE(uid integer, room bigint)
    LANGUAGE sql STABLE
    AS $$
  select m.uid, m.max_concurrency - coalesce(held.n, 0)
  from cycle_miner m
  left join (
    select u.uid, count(*) as n from lease l, unnest(l.uids) as u (uid) where l.cycle_id = p_cycle group by u.uid
  ) as held on held.uid = m.uid
  where m.cycle_id = p_cycle and m.excluded is null and m.max_concurrency > coalesce(held.n, 0)
$$;
CREATE FUNCTION public.submit_results(p_executor integer, p_lease bigint, p_max_faults integer, p_ids bigint[], p_outcomes smallint[], p_reasons text[], p_steps integer[], p_success_steps integer[], p_rewards double precision[], p_forfeits integer[], p_timings real[], p_traces bytea[]) RETURNS TABLE(id bigint, status text)
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
    finished_at timestamp with time zone
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
INSERT INTO public.alembic_version VALUES ('0004');
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (1, 'published', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "sequential": false, "environments": [{"id": "metaworld/reach-v3", "version": "2", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "2", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 100, '\x29c6cf7c6224e18387a54e46051bfc51fa6a61aa59bdc3dbb4117dd6c8335454', '\xc2c208ffc6a44882436bd1f0c52087091fd0d6540e6adc8c52e67e2ee2ce7a3c', '\x324fbe9937104e8802509e5a4114918fc1ab31c234fb8fb7ab1b76aa15fafde0', 102, 104, '\x2037eb4738f0e535ce38930ffd86bf63b4487bdf34da1811a0f02cc1e65e78b9', 'physics-1', false, '2026-11-26 01:23:36.514068+00', '2026-11-26 07:23:36.564665+00', '2026-11-26 01:23:36.564665+00', '2026-11-26 01:23:36.623926+00', '2026-11-26 01:23:36.644547+00', '\x3dbfcbb1f833028bd42cd5b29c7c2743a1e2d01f29411ffbacc3fb5a11e0b3d4', '2026-11-26 01:23:36.617062+00', 1, 36);
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (2, 'running', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "sequential": false, "environments": [{"id": "metaworld/reach-v3", "version": "2", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "2", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 105, '\xfc8deb876cfce604c9641b7cda0a9a7f5f7a897c60ef6de43117aa2795f5aa1a', '\x9756202c833e8a1dd1abe86bea2c50d4aa5bb0465b3fba870cc4057a17ffb220', '\x83f460e8db41e969b408e673c4ef948ca479b2f55999214e704c42f8d1011d5e', 107, 109, '\x012def04c7a86701f62161deb0035b1a95653cf9abadea1a7e92d712f4902402', 'physics-1', false, '2026-11-26 01:23:36.659593+00', '2026-11-26 07:23:36.693536+00', '2026-11-26 01:23:36.693536+00', NULL, NULL, NULL, NULL, 37, 72);
INSERT INTO public.cycle_miner VALUES (1, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (1, 'one', '2026-11-26 01:23:36.57437+00', 'physics-1', '{}', NULL);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (2, 'two', NULL, NULL, '{}', NULL);
INSERT INTO public.executor_key OVERRIDING SYSTEM VALUE VALUES (1, 2, '\xddb96ef6be349a7115103b177d566c5f81fcb9b4e98ea45dceeb6ff137094bc6', 'tasks', '2026-11-26 01:23:36.71788+00', NULL, NULL);
INSERT INTO public.lease VALUES (3, 2, 1, '2026-11-26 01:23:36.705656+00', '2026-11-26 01:24:36.705656+00', '{49,47,50,48,51}', '{2,5,5,9,9}');
INSERT INTO public.publication VALUES (1, 1, 100, '{"block": 100, "notes": [], "miners": [{"uid": 9, "hotkey": "hotkey-9", "points": 4.0, "weight": 1.0, "frontier": true, "priority": 1, "verdicts": {"error": 3}, "first_block": 49, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "successes": 5, "success_rate": 0.8333333333333334}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "successes": 5, "success_rate": 0.8333333333333334}]}, {"uid": 2, "hotkey": "hotkey-2", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 2, "verdicts": {"error": 3}, "first_block": 42, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}]}, {"uid": 5, "hotkey": "hotkey-5", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 3, "verdicts": {"error": 3}, "first_block": 45, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.5, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "successes": 4, "success_rate": 0.6666666666666666}]}], "cycle_id": 1, "environments": ["metaworld/reach-v3", "metaworld/push-v3"], "published_at": "2026-11-26T01:23:36.623926+00:00", "void_episodes": 0}', '{"block": 100, "netuid": 1, "hotkeys": {"9": "hotkey-9"}, "weights": {"9": 1.0}, "cycle_id": 1, "fallback": "none", "weights_u16": {"9": 65535}, "published_at": "2026-11-26T01:23:36.623926+00:00"}', '{"2": {"uid": 2, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 6, "subsets_taken": 3, "needed_to_overtake": null, "shared_environments": 2}], "weight": 0.0, "subsets": [{"led": 2, "won": 0, "size": 1, "points": 0}, {"led": 1, "won": 0, "size": 2, "points": 0}], "summary": "It leads 2 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 2, "estimated": false, "all_points": 4, "first_block": 42, "disqualified": false, "environments": [{"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 3, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 5, "needed_to_lead": 0}, {"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 3, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 5, "needed_to_lead": 0}]}, "5": {"uid": 5, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 4, "subsets_taken": 3, "needed_to_overtake": null, "shared_environments": 2}], "weight": 0.0, "subsets": [{"led": 2, "won": 0, "size": 1, "points": 0}, {"led": 1, "won": 0, "size": 2, "points": 0}], "summary": "It leads 2 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 3, "estimated": false, "all_points": 4, "first_block": 45, "disqualified": false, "environments": [{"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 3, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 5, "needed_to_lead": 0}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.5, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "only_best": 1, "successes": 4, "only_miner": 0, "success_rate": 0.6666666666666666, "best_successes": 5, "needed_to_lead": 0}]}, "9": {"uid": 9, "points": 4, "rivals": [], "weight": 1.0, "subsets": [{"led": 2, "won": 2, "size": 1, "points": 2}, {"led": 1, "won": 1, "size": 2, "points": 2}], "summary": "It leads 2 of the 2 environments and wins 3 of the 3 subsets of them: 100.0% of all points.", "frontier": true, "priority": 1, "estimated": false, "all_points": 4, "first_block": 49, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "only_best": 0, "successes": 5, "only_miner": 0, "success_rate": 0.8333333333333334, "best_successes": 5, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "only_best": 0, "successes": 5, "only_miner": 0, "success_rate": 0.8333333333333334, "best_successes": 5, "needed_to_lead": 0}]}}', '2026-11-26 01:23:36.623926+00');
INSERT INTO public.recording VALUES (4, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (13, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (31, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (20, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (23, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (29, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (3, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (24, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (30, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (40, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (43, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (38, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (39, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (999999, 1, '\x78');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 2, 0, 0, '\x1341cc952089f9565bd3ecce14021952', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (4, 1, 1, 2, 1, 0, '\xf3a16ef25c5fe34998e16841e424cde3', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, 2, 0, 1, '\xbb07aa75f84c7231da9ae2018e1fdfbe', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (10, 1, 1, 2, 1, 1, '\x5e72c225e29790ae3370cbbc881b040b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (13, 1, 1, 2, 0, 2, '\xc1c7fd38fb81452051962a4a6b44a1cd', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (16, 1, 1, 2, 1, 2, '\x423d3f3c54dfea2de9b2aacc9f1a6515', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (19, 1, 1, 2, 0, 3, '\x8b2512ed25ef6ae0996b24672e984179', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (22, 1, 1, 2, 1, 3, '\xea00fbf7a5fc29098876fcb0e8b871ae', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (25, 1, 1, 2, 0, 4, '\xdc48e8469df4ac406ea41cba789c83ff', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (28, 1, 1, 2, 1, 4, '\xc4ca096bc220ca2a418a196bad0d33e9', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (31, 1, 1, 2, 0, 5, '\x64abb5043c20686dc77ac78f5c106365', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (2, 1, 1, 5, 0, 0, '\x1341cc952089f9565bd3ecce14021952', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (5, 1, 1, 5, 1, 0, '\xf3a16ef25c5fe34998e16841e424cde3', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (8, 1, 1, 5, 0, 1, '\xbb07aa75f84c7231da9ae2018e1fdfbe', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (11, 1, 1, 5, 1, 1, '\x5e72c225e29790ae3370cbbc881b040b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (14, 1, 1, 5, 0, 2, '\xc1c7fd38fb81452051962a4a6b44a1cd', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (17, 1, 1, 5, 1, 2, '\x423d3f3c54dfea2de9b2aacc9f1a6515', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (20, 1, 1, 5, 0, 3, '\x8b2512ed25ef6ae0996b24672e984179', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (23, 1, 1, 5, 1, 3, '\xea00fbf7a5fc29098876fcb0e8b871ae', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (26, 1, 1, 5, 0, 4, '\xdc48e8469df4ac406ea41cba789c83ff', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (29, 1, 1, 5, 1, 4, '\xc4ca096bc220ca2a418a196bad0d33e9', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (32, 1, 1, 5, 0, 5, '\x64abb5043c20686dc77ac78f5c106365', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 9, 0, 0, '\x1341cc952089f9565bd3ecce14021952', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (6, 1, 1, 9, 1, 0, '\xf3a16ef25c5fe34998e16841e424cde3', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (9, 1, 1, 9, 0, 1, '\xbb07aa75f84c7231da9ae2018e1fdfbe', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (12, 1, 1, 9, 1, 1, '\x5e72c225e29790ae3370cbbc881b040b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (15, 1, 1, 9, 0, 2, '\xc1c7fd38fb81452051962a4a6b44a1cd', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (18, 1, 1, 9, 1, 2, '\x423d3f3c54dfea2de9b2aacc9f1a6515', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (21, 1, 1, 9, 0, 3, '\x8b2512ed25ef6ae0996b24672e984179', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (24, 1, 1, 9, 1, 3, '\xea00fbf7a5fc29098876fcb0e8b871ae', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (27, 1, 1, 9, 0, 4, '\xdc48e8469df4ac406ea41cba789c83ff', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (30, 1, 1, 9, 1, 4, '\xc4ca096bc220ca2a418a196bad0d33e9', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (33, 1, 1, 9, 0, 5, '\x64abb5043c20686dc77ac78f5c106365', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (34, 1, 1, 2, 1, 5, '\x0af9845ba8f2b9a9eb03c6d183441748', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (35, 1, 1, 5, 1, 5, '\x0af9845ba8f2b9a9eb03c6d183441748', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (36, 1, 1, 9, 1, 5, '\x0af9845ba8f2b9a9eb03c6d183441748', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.599751+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (37, 2, 2, 2, 0, 0, '\xb7f560313c40bdc2778457669dae7a4c', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (40, 2, 2, 2, 1, 0, '\xb776ae6fbd8aac10f0bcc69618f21498', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (43, 2, 2, 2, 0, 1, '\xe942f182c4dd9104f31ae4402e074bf4', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (46, 2, 2, 2, 1, 1, '\xa146a392f9778a236444c12942f2e0bb', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (38, 2, 2, 5, 0, 0, '\xb7f560313c40bdc2778457669dae7a4c', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (41, 2, 2, 5, 1, 0, '\xb776ae6fbd8aac10f0bcc69618f21498', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (44, 2, 2, 5, 0, 1, '\xe942f182c4dd9104f31ae4402e074bf4', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (39, 2, 2, 9, 0, 0, '\xb7f560313c40bdc2778457669dae7a4c', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (42, 2, 2, 9, 1, 0, '\xb776ae6fbd8aac10f0bcc69618f21498', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (45, 2, 2, 9, 0, 1, '\xe942f182c4dd9104f31ae4402e074bf4', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:36.703771+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (49, 3, 2, 2, 0, 2, '\x73ce36875870fa7dd515011041aa081d', true, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (47, 3, 2, 5, 1, 1, '\xa146a392f9778a236444c12942f2e0bb', true, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (48, 3, 2, 9, 1, 1, '\xa146a392f9778a236444c12942f2e0bb', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (52, NULL, 2, 2, 1, 2, '\x3f84fe382728b30040f8b507122c81e6', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (53, NULL, 2, 5, 1, 2, '\x3f84fe382728b30040f8b507122c81e6', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (54, NULL, 2, 9, 1, 2, '\x3f84fe382728b30040f8b507122c81e6', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (55, NULL, 2, 2, 0, 3, '\xf4cb40bba200a83451ff2350bf142b06', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (56, NULL, 2, 5, 0, 3, '\xf4cb40bba200a83451ff2350bf142b06', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (57, NULL, 2, 9, 0, 3, '\xf4cb40bba200a83451ff2350bf142b06', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (58, NULL, 2, 2, 1, 3, '\xf97bfab40fc334665e552de83908e16a', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (59, NULL, 2, 5, 1, 3, '\xf97bfab40fc334665e552de83908e16a', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (60, NULL, 2, 9, 1, 3, '\xf97bfab40fc334665e552de83908e16a', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (61, NULL, 2, 2, 0, 4, '\x54c5cc4424b3f68cd1511eedb4503648', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (62, NULL, 2, 5, 0, 4, '\x54c5cc4424b3f68cd1511eedb4503648', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (63, NULL, 2, 9, 0, 4, '\x54c5cc4424b3f68cd1511eedb4503648', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (64, NULL, 2, 2, 1, 4, '\x8e99f3d5f9233f4c3e10878656c65c58', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (65, NULL, 2, 5, 1, 4, '\x8e99f3d5f9233f4c3e10878656c65c58', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (66, NULL, 2, 9, 1, 4, '\x8e99f3d5f9233f4c3e10878656c65c58', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (67, NULL, 2, 2, 0, 5, '\x8b5c77975296c2e2243a17f2b6bd534d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (68, NULL, 2, 5, 0, 5, '\x8b5c77975296c2e2243a17f2b6bd534d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (69, NULL, 2, 9, 0, 5, '\x8b5c77975296c2e2243a17f2b6bd534d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (70, NULL, 2, 2, 1, 5, '\x81b5df259a1b0b35953694016483503b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (71, NULL, 2, 5, 1, 5, '\x81b5df259a1b0b35953694016483503b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (72, NULL, 2, 9, 1, 5, '\x81b5df259a1b0b35953694016483503b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (50, 3, 2, 5, 0, 2, '\x73ce36875870fa7dd515011041aa081d', true, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (51, 3, 2, 9, 0, 2, '\x73ce36875870fa7dd515011041aa081d', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.trace VALUES (1, 1, '\x6b2c1d2091bf918fa19547b4a30905926bd13c95571cff772f192b9d32fbb951');
INSERT INTO public.trace VALUES (4, 1, '\xaa3a6657a63884225e40fffdcf1ec015100c0b6d3f3252c2d6cc73bc55618a62');
INSERT INTO public.trace VALUES (7, 1, '\xeb5a99c89288723cd73a294b25b1887bc89b3a12c08f9ff759ce2fbc51c4dd29');
INSERT INTO public.trace VALUES (10, 1, '\xaa86447320106e5a3070b3bfc4b181d33aff1c987be1d5c524a38bfbe7397893');
INSERT INTO public.trace VALUES (13, 1, '\xe83725dacab35c8c9d0e463efdb9f51b55597604ad741dd6387a3506104ffbf2');
INSERT INTO public.trace VALUES (16, 1, '\xa6a8a9d40901b5423095982a6ae8c2f56a89f90d8ebdef659f84297c209d82b7');
INSERT INTO public.trace VALUES (19, 1, '\x09805cc440f0a826daafea161ce2d3ca253897800af398e2c9918f3fd92e0c2b');
INSERT INTO public.trace VALUES (22, 1, '\x162aeaedc2c75bed4c8714050546c0028eea530a68c2937653830316fdb9c512');
INSERT INTO public.trace VALUES (25, 1, '\x25248f90d6efa7f9fc35e8bf3849cc046d51ae3cf7daea5f4189260fdf8c3972');
INSERT INTO public.trace VALUES (28, 1, '\xa003f3cd7fc162f5b4815680d7bd5f75021564b14fa770dbcce79a8a3ca6c02e');
INSERT INTO public.trace VALUES (31, 1, '\xb465a8e5f186fd09dba902997234ade67e0c164577d4f774017e823fdf1d36c0');
INSERT INTO public.trace VALUES (2, 1, '\x12ad0875d892856224e5f552fe5f96dcb2fd7366ebb856ab39f859d339e2248d');
INSERT INTO public.trace VALUES (5, 1, '\xb5ac5da9d90570d94affb901df60a4ac02e9b2a03ba608c7241755821df52295');
INSERT INTO public.trace VALUES (8, 1, '\x5a60fefb3876c944a4c48df79dfffce0167a51f4745ae1fa0016f9fad7f2e772');
INSERT INTO public.trace VALUES (11, 1, '\x85c61a8f080a4e7549305f31aa1fe52301cd3756053f0958e4f1808ddb848bc1');
INSERT INTO public.trace VALUES (14, 1, '\x6345f690491da00d4fef5f60d98d40337d1a0904c17ae9f0cdec5187644563f6');
INSERT INTO public.trace VALUES (17, 1, '\x4ae0b450ec6884bc533a11a7906c9f0b8880188c3e00f8f052b651c9cf405286');
INSERT INTO public.trace VALUES (20, 1, '\x3507b4121104e1c21dbc8802ce73fc4aa606b0b51588d7c839dfe452e95988ee');
INSERT INTO public.trace VALUES (23, 1, '\xa799b97c195c00903d848ea680eb45a37e416595d16a1c9f788c6c1af8e0af03');
INSERT INTO public.trace VALUES (26, 1, '\x1364fd02a75b0bb78d989950c22507a4b2263ed6f92083f68f097fb3a6e9fa36');
INSERT INTO public.trace VALUES (29, 1, '\xdaaae22e248b952e70e42048af47915c067bd942e655b507b4ec05f050917cb7');
INSERT INTO public.trace VALUES (32, 1, '\xf5d5342e23ef748c318e2a0345d8b3ec96b9c39b49943372f3298917e9dcb346');
INSERT INTO public.trace VALUES (3, 1, '\x7283a8d56f93d103a34caac09e8d56e8109ac8a0581fc85b15ec1d0ea31fb486');
INSERT INTO public.trace VALUES (6, 1, '\x4282410c3b2e4763e0df9ae441e4772ae1dc90d671bf45f9da8df4843fd6e79b');
INSERT INTO public.trace VALUES (9, 1, '\xab3ef5c0ca50fa5a19ba6e525068f430887a479ef0292c8f99f44c684b2ee63f');
INSERT INTO public.trace VALUES (12, 1, '\x29ce1988a2bd40038a1d04459fdc39d73cb42e55e7931ca66c6618b297b92bb6');
INSERT INTO public.trace VALUES (15, 1, '\xe97d94631190a210ef97aae12d9c986f5920354856ae17238a635aee94268b2d');
INSERT INTO public.trace VALUES (18, 1, '\x9dc3dffd5369009ec0fae23563902cb9c570248affe5e77eaca6f1500363f647');
INSERT INTO public.trace VALUES (21, 1, '\x53150784b01dad304a1b6fed28391bccf95641107ba0af5d9e4244c9e5cfc736');
INSERT INTO public.trace VALUES (24, 1, '\x2980cd4906aeb882ac2c8ff34b410930a8e87e985a4bc225d664c6c3228080f0');
INSERT INTO public.trace VALUES (27, 1, '\xff961bfd5b955098870f6542bd07c2f509bc0e628903392a46782006a2fe8e6a');
INSERT INTO public.trace VALUES (30, 1, '\x0f8a2a1ccbd409397b83164c7c711cb7991222f7cad4fc74d3e0c3a76311cc47');
INSERT INTO public.trace VALUES (33, 1, '\xcc08c400ba5b42d73f4a95a1ff41d19087f5772d6d6c0f118b46767c6cbd15bf');
INSERT INTO public.trace VALUES (34, 1, '\xe7dd3482a1a3ef998d16b94ed16ec99774443936095ec3c6b9340810f5cfaef1');
INSERT INTO public.trace VALUES (35, 1, '\xcea741dc625dc4a53e16e878dab590bfa878aced5b0a8f66de56f0ce498c1530');
INSERT INTO public.trace VALUES (36, 1, '\x12b79ad2565578b0a60e51565afa2a9914eee3b146da981b227f61e086235684');
INSERT INTO public.trace VALUES (37, 2, '\x8ba7a214f291a949810b6d235354a022b33a67ecb2422c1107a772d500f95909');
INSERT INTO public.trace VALUES (40, 2, '\x85f0f1381cc041eaee5a1581edcfdf1df4d9fd91eecc827a5639768a3ac90e88');
INSERT INTO public.trace VALUES (43, 2, '\x3c5e96b7d6048b4b905a58ada28f4732239cb7cf7e36060b63439cf87a40dffe');
INSERT INTO public.trace VALUES (46, 2, '\x931bc71e7b38624065be233ba6c57a15af6c22c6df83f9cdda704d2ab695c22c');
INSERT INTO public.trace VALUES (38, 2, '\x448425dbbf5c2caee9642781ad42474af4c0ec1d4f9bd1d4415cf698e143d0bf');
INSERT INTO public.trace VALUES (41, 2, '\x7a4fca36a215629dc7b8ad1e2f15c868ebe51838eb5f59d65c9323d7c9689ddf');
INSERT INTO public.trace VALUES (44, 2, '\x7dd5a2676d917148f2d4f6ba50eafd8c61452083d417592fe4e3d3d05377600a');
INSERT INTO public.trace VALUES (39, 2, '\x22fcaf029b90866bbfc6013ceb578839f267fc631db4f109e5b25ce67d03c970');
INSERT INTO public.trace VALUES (42, 2, '\x130395a757b2d2b11eacbec2cc5dac98b91b04c588ddcc9a1acb612e76d1e5a0');
INSERT INTO public.trace VALUES (45, 2, '\xa4946e51cad87cb3ba48aa19e1506cbdd7ce478ce575ba7fec6edc01d506ae49');
INSERT INTO public.trace_digest VALUES (1, 1, '\x08b90ac3bbf0155b58958edb38b8501e62b208e11b18c6f036ad4dcdee6720e0');
INSERT INTO public.trace_digest VALUES (4, 1, '\xd2636e7eec5b218c8294e4334cf22e774c20f0db39be419c6bdebab6e8c08a5a');
INSERT INTO public.trace_digest VALUES (7, 1, '\xd9a53a35937decb691ad771d015b9a7d33d8d06675869aaa8a151cc6d7fafebb');
INSERT INTO public.trace_digest VALUES (10, 1, '\x0ee196f195e0846c3c6b8d1f18d183fdc950876586c44bb1f85a4f413098495b');
INSERT INTO public.trace_digest VALUES (13, 1, '\xb5a76f93813ee25967ec54717f36359adfba84fb447690559eba85ca2e33b144');
INSERT INTO public.trace_digest VALUES (16, 1, '\x3147842b1a6fe38af1bfe1467216b236116b4c1a6724129d52c1e1a2e3432d79');
INSERT INTO public.trace_digest VALUES (19, 1, '\x0e782574b29f17e303de554192cbc706b30d88821299c4b693dbe3449b6c8078');
INSERT INTO public.trace_digest VALUES (22, 1, '\xfaec1216535ee362f91f1d8fb4bdcd35e0eee83a336ed8efd6a597da4bb006a1');
INSERT INTO public.trace_digest VALUES (25, 1, '\x8bc4e8964c98ef3201ef604acfb8432880d55dbe44d269ff6a4206f1a895b6ea');
INSERT INTO public.trace_digest VALUES (28, 1, '\x18bb0d54d96fb3942765e08f28140710c40f6fc7f8190199beccdbb026961939');
INSERT INTO public.trace_digest VALUES (31, 1, '\x4140498e95aa01a7bfed2b587cbb55b2b5b01492ed2fc4bce1cdd1b44a98b812');
INSERT INTO public.trace_digest VALUES (2, 1, '\x41dd019f8db4c2e7df3d3f8d9e315530a0aa74159ce601572d89c761945edb4f');
INSERT INTO public.trace_digest VALUES (5, 1, '\xcd99e68aee6a982b0236feb69358bb290fd8b53f0095c2360dd86fc93b9054e7');
INSERT INTO public.trace_digest VALUES (8, 1, '\xf31fd90c578b58d59c188cc240052756c588ce83b544971085042d936bae0154');
INSERT INTO public.trace_digest VALUES (11, 1, '\xbb32c35e96dd4b414ca0fb2a0db21135f1658f0eb9ce9c987c17f7c6870d108a');
INSERT INTO public.trace_digest VALUES (14, 1, '\xdd45117372ed34c6728d966c4d7164ed9ee55a597541e3f8e179551b36098d74');
INSERT INTO public.trace_digest VALUES (17, 1, '\xde6c27ae15898d1e68073a6d0d3d26ef1c914f04871e4ac13b28d5c648f85378');
INSERT INTO public.trace_digest VALUES (20, 1, '\x3b63665af5f6e0f73772102bbccbe0c03f0a9c9c3b82f4ee05020e156669d267');
INSERT INTO public.trace_digest VALUES (23, 1, '\x5b93a00a6cb6a80dd5645e68aca894a258970004dd1737db7917a2bd1672e3a7');
INSERT INTO public.trace_digest VALUES (26, 1, '\x9a03e6dc315e5abd4e16862dad75fc53d3b3e185b5a6098a0e8ad5099ed4e560');
INSERT INTO public.trace_digest VALUES (29, 1, '\xfd356edb1c7ed596f20aad20d6cbc397c2eada296363b62a43d2b2c9ed2726cb');
INSERT INTO public.trace_digest VALUES (32, 1, '\x01a27afa46129a99c88a6bd0b40f7477dc706c4440517dbc5a9cba06c549d00c');
INSERT INTO public.trace_digest VALUES (3, 1, '\x0883e8d7f7bb59e9e6bbd6cac39776f7c761198b7e6ed18a5e98767acea2886d');
INSERT INTO public.trace_digest VALUES (6, 1, '\xe9053c9e17d845978c7f588ddf65e09e1fed786c02f7542d23df877a72114906');
INSERT INTO public.trace_digest VALUES (9, 1, '\xbbf6ebe8a7b79397d90669554b1bb338c9a2682a7216386eb08cdd13897f7bcd');
INSERT INTO public.trace_digest VALUES (12, 1, '\x949cd294c066bff3ccb9b3b2f5dfc6ded16e76133e625f3818b191014009efa5');
INSERT INTO public.trace_digest VALUES (15, 1, '\x2fdd903eff0b86b780ce170aff1a2baff198ce28aac025780be12376bb87675b');
INSERT INTO public.trace_digest VALUES (18, 1, '\x1ff3ceb8643f8ff159333682dd9efdcbff7f4ea68f6a36d03b2116425a3aca4c');
INSERT INTO public.trace_digest VALUES (21, 1, '\x9f8ef93fe0669a79bbb6e0a81be137ff52ae00355e3c6aea8fa410c3ee6cee61');
INSERT INTO public.trace_digest VALUES (24, 1, '\x7a3c594d41a69899ff121e56e855ab25d3b2842d7cd887e46870d0f4432f6ab8');
INSERT INTO public.trace_digest VALUES (27, 1, '\x272ffa5e4e5ae7b707643c894372d47d3d2b8d38e9350b99bc378ab07e0daadf');
INSERT INTO public.trace_digest VALUES (30, 1, '\x0250b35867fd27fb8536e226d24c9f1c4f135d6e1e5a611fe923af86e2b8c29d');
INSERT INTO public.trace_digest VALUES (33, 1, '\xb9dcde0031378d5d23b4a883eaed6cff6c72aa2c7daa68707990c57a1aa5d72c');
INSERT INTO public.trace_digest VALUES (34, 1, '\x13ed05705d451eed3a980b96e5b075cadd4aa6b196a428716c37add35a7831f8');
INSERT INTO public.trace_digest VALUES (35, 1, '\x964c314cee689f2d78f82b110e4a0ca26978cc1ffc170af5014105bc7cbb8b78');
INSERT INTO public.trace_digest VALUES (36, 1, '\xdc4e6e2135dd53fca9588d03d0f0e48baee9fac6d72a4422112a2ca4db577b16');
INSERT INTO public.trace_digest VALUES (999999, 1, '\x2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881');
INSERT INTO public.verification VALUES (4, 1, 2, '2026-11-26 01:23:36.606236+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:36.62252+00');
INSERT INTO public.verification VALUES (13, 1, 2, '2026-11-26 01:23:36.606236+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:36.62252+00');
INSERT INTO public.verification VALUES (31, 1, 2, '2026-11-26 01:23:36.606236+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:36.62252+00');
INSERT INTO public.verification VALUES (20, 1, 5, '2026-11-26 01:23:36.606236+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:36.62252+00');
INSERT INTO public.verification VALUES (23, 1, 5, '2026-11-26 01:23:36.606236+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:36.62252+00');
INSERT INTO public.verification VALUES (29, 1, 5, '2026-11-26 01:23:36.606236+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:36.62252+00');
INSERT INTO public.verification VALUES (3, 1, 9, '2026-11-26 01:23:36.606236+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:36.62252+00');
INSERT INTO public.verification VALUES (24, 1, 9, '2026-11-26 01:23:36.606236+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:36.62252+00');
INSERT INTO public.verification VALUES (30, 1, 9, '2026-11-26 01:23:36.606236+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:36.62252+00');
INSERT INTO public.verification VALUES (40, 2, 2, '2026-11-26 01:23:36.704904+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (43, 2, 2, '2026-11-26 01:23:36.704904+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (38, 2, 5, '2026-11-26 01:23:36.704904+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (39, 2, 9, '2026-11-26 01:23:36.704904+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (999999, 1, 9, '2026-11-26 01:23:36.723528+00', NULL, 0, NULL, NULL, NULL, NULL);
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
CREATE INDEX task_next ON public.task USING btree (cycle_id, ((id + 0))) WHERE (lease_id IS NULL);
CREATE INDEX task_next_of_miner ON public.task USING btree (cycle_id, uid, ((id + 0))) WHERE (lease_id IS NULL);
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
