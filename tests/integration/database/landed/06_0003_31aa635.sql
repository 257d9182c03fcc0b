-- What the migrations of commit 31aa635 made; its rows are from the program of commit 4885715.
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
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0');
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
INSERT INTO public.alembic_version VALUES ('0003');
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (1, 'published', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 100, '\x29c6cf7c6224e18387a54e46051bfc51fa6a61aa59bdc3dbb4117dd6c8335454', '\x541233cc28c3415e1217d245c1739ebbe88d1264cc5294356253c735ae2e69bd', '\xc6b8435855ab45cbd5e4bf8a87a7838e25e152e73e031a8ea3e1ee04b4c4a9b2', 102, 104, '\x2037eb4738f0e535ce38930ffd86bf63b4487bdf34da1811a0f02cc1e65e78b9', 'physics-1', false, '2026-11-26 01:23:31.481273+00', '2026-11-26 07:23:31.529789+00', '2026-11-26 01:23:31.529789+00', '2026-11-26 01:23:31.603815+00', '2026-11-26 01:23:31.710747+00', '\x2588e23df48e11bdc3997758b830dd9e9db1a54dab4a7b1b84918a1aec8a0d13', '2026-11-26 01:23:31.596845+00');
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (2, 'running', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 105, '\xfc8deb876cfce604c9641b7cda0a9a7f5f7a897c60ef6de43117aa2795f5aa1a', '\x31da4e0721fa553fa046a7deea1f0ae9555e3595060a6974c680ea8bd7b6b154', '\x47961b39036212557874de6d8c927551707f112189d60f7fe73c4e54bade51d0', 107, 109, '\x012def04c7a86701f62161deb0035b1a95653cf9abadea1a7e92d712f4902402', 'physics-1', false, '2026-11-26 01:23:31.724934+00', '2026-11-26 07:23:31.763251+00', '2026-11-26 01:23:31.763251+00', NULL, NULL, NULL, NULL);
INSERT INTO public.cycle_miner VALUES (1, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (1, 'one', '2026-11-26 01:23:31.536578+00', 'physics-1', '{}', NULL);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (2, 'two', NULL, NULL, '{}', NULL);
INSERT INTO public.executor_key OVERRIDING SYSTEM VALUE VALUES (1, 2, '\x9423b18c40f6a3fdbb065c86c69dfa4bd30c0b1c3876c1f571540a9ff467af51', 'tasks', '2026-11-26 01:23:31.786538+00', NULL, NULL);
INSERT INTO public.lease VALUES (3, 2, 1, '2026-11-26 01:23:31.775607+00', '2026-11-26 01:24:31.775607+00', '{49,47,50,48,51}', '{2,5,5,9,9}');
INSERT INTO public.publication VALUES (1, 1, 100, '{"block": 100, "notes": [], "miners": [{"uid": 9, "hotkey": "hotkey-9", "points": 4.0, "weight": 1.0, "frontier": true, "priority": 1, "verdicts": {"error": 3}, "first_block": 49, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}]}, {"uid": 2, "hotkey": "hotkey-2", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 2, "verdicts": {"error": 3}, "first_block": 42, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.0625, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.0625, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}]}, {"uid": 5, "hotkey": "hotkey-5", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 3, "verdicts": {"error": 3}, "first_block": 45, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.5, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "successes": 5, "success_rate": 0.8333333333333334}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.25, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "successes": 4, "success_rate": 0.6666666666666666}]}], "cycle_id": 1, "environments": ["metaworld/reach-v3", "metaworld/push-v3"], "published_at": "2026-11-26T01:23:31.603815+00:00", "void_episodes": 0}', '{"block": 100, "netuid": 1, "hotkeys": {"9": "hotkey-9"}, "weights": {"9": 1.0}, "cycle_id": 1, "fallback": "none", "weights_u16": {"9": 65535}, "published_at": "2026-11-26T01:23:31.603815+00:00"}', '{"2": {"uid": 2, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 8, "subsets_taken": 3, "needed_to_overtake": null, "shared_environments": 2}], "weight": 0.0, "subsets": [{"led": 2, "won": 0, "size": 1, "points": 0}, {"led": 1, "won": 0, "size": 2, "points": 0}], "summary": "It leads 2 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 2, "estimated": false, "all_points": 4, "first_block": 42, "disqualified": false, "environments": [{"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.0625, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 4, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 6, "needed_to_lead": 0}, {"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.0625, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 4, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 6, "needed_to_lead": 0}]}, "5": {"uid": 5, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 3, "subsets_taken": 3, "needed_to_overtake": null, "shared_environments": 2}], "weight": 0.0, "subsets": [{"led": 2, "won": 0, "size": 1, "points": 0}, {"led": 1, "won": 0, "size": 2, "points": 0}], "summary": "It leads 2 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 3, "estimated": false, "all_points": 4, "first_block": 45, "disqualified": false, "environments": [{"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.5, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "only_best": 1, "successes": 5, "only_miner": 0, "success_rate": 0.8333333333333334, "best_successes": 6, "needed_to_lead": 0}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.25, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "only_best": 2, "successes": 4, "only_miner": 0, "success_rate": 0.6666666666666666, "best_successes": 6, "needed_to_lead": 0}]}, "9": {"uid": 9, "points": 4, "rivals": [], "weight": 1.0, "subsets": [{"led": 2, "won": 2, "size": 1, "points": 2}, {"led": 1, "won": 1, "size": 2, "points": 2}], "summary": "It leads 2 of the 2 environments and wins 3 of the 3 subsets of them: 100.0% of all points.", "frontier": true, "priority": 1, "estimated": false, "all_points": 4, "first_block": 49, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}]}}', '2026-11-26 01:23:31.603815+00');
INSERT INTO public.recording VALUES (13, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (16, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (28, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (2, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (8, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (26, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (12, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (15, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (30, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (46, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (44, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (45, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (999999, 1, '\x78');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 2, 0, 0, '\x60e963fa279a32ba908c87fa8be7c2a8', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (4, 1, 1, 2, 1, 0, '\x14d719909a21a4f515a28b15bc7fa5cb', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, 2, 0, 1, '\xbb49d8970cb82a40ba4a30829d1cfecd', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (10, 1, 1, 2, 1, 1, '\x07924d1dc907029d4dd93efd0a386db5', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (13, 1, 1, 2, 0, 2, '\xdcb9082a8f90a0eb8fe18a582397fc2c', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (16, 1, 1, 2, 1, 2, '\x36d479d0fa9404406cc12f08adebb29b', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (19, 1, 1, 2, 0, 3, '\xbd319ac50fdba36b04d8d2a141a09324', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (22, 1, 1, 2, 1, 3, '\x4701181aebfa63b848ad36b245e727cd', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (25, 1, 1, 2, 0, 4, '\xc0d5f2e3090466bcd1ac0a1fda66f5a3', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (28, 1, 1, 2, 1, 4, '\x6b05685b96d7ae65a09bde6b43e84c0d', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (31, 1, 1, 2, 0, 5, '\xcbba8872c7e46e3b65141308d54f317c', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (34, 1, 1, 2, 1, 5, '\xe468f2e752c2640eb7f0dd04cadd32c4', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (2, 1, 1, 5, 0, 0, '\x60e963fa279a32ba908c87fa8be7c2a8', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (5, 1, 1, 5, 1, 0, '\x14d719909a21a4f515a28b15bc7fa5cb', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (8, 1, 1, 5, 0, 1, '\xbb49d8970cb82a40ba4a30829d1cfecd', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (11, 1, 1, 5, 1, 1, '\x07924d1dc907029d4dd93efd0a386db5', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (14, 1, 1, 5, 0, 2, '\xdcb9082a8f90a0eb8fe18a582397fc2c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (17, 1, 1, 5, 1, 2, '\x36d479d0fa9404406cc12f08adebb29b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (20, 1, 1, 5, 0, 3, '\xbd319ac50fdba36b04d8d2a141a09324', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (23, 1, 1, 5, 1, 3, '\x4701181aebfa63b848ad36b245e727cd', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (26, 1, 1, 5, 0, 4, '\xc0d5f2e3090466bcd1ac0a1fda66f5a3', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (29, 1, 1, 5, 1, 4, '\x6b05685b96d7ae65a09bde6b43e84c0d', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (32, 1, 1, 5, 0, 5, '\xcbba8872c7e46e3b65141308d54f317c', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (35, 1, 1, 5, 1, 5, '\xe468f2e752c2640eb7f0dd04cadd32c4', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 9, 0, 0, '\x60e963fa279a32ba908c87fa8be7c2a8', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (6, 1, 1, 9, 1, 0, '\x14d719909a21a4f515a28b15bc7fa5cb', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (9, 1, 1, 9, 0, 1, '\xbb49d8970cb82a40ba4a30829d1cfecd', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (12, 1, 1, 9, 1, 1, '\x07924d1dc907029d4dd93efd0a386db5', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (15, 1, 1, 9, 0, 2, '\xdcb9082a8f90a0eb8fe18a582397fc2c', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (18, 1, 1, 9, 1, 2, '\x36d479d0fa9404406cc12f08adebb29b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (21, 1, 1, 9, 0, 3, '\xbd319ac50fdba36b04d8d2a141a09324', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (24, 1, 1, 9, 1, 3, '\x4701181aebfa63b848ad36b245e727cd', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (27, 1, 1, 9, 0, 4, '\xc0d5f2e3090466bcd1ac0a1fda66f5a3', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (30, 1, 1, 9, 1, 4, '\x6b05685b96d7ae65a09bde6b43e84c0d', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (33, 1, 1, 9, 0, 5, '\xcbba8872c7e46e3b65141308d54f317c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (36, 1, 1, 9, 1, 5, '\xe468f2e752c2640eb7f0dd04cadd32c4', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.567417+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (52, NULL, 2, 2, 1, 2, '\x11b7bcf99b4fba196c78f477798f98a3', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (53, NULL, 2, 5, 1, 2, '\x11b7bcf99b4fba196c78f477798f98a3', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (54, NULL, 2, 9, 1, 2, '\x11b7bcf99b4fba196c78f477798f98a3', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (55, NULL, 2, 2, 0, 3, '\xd2cfa63d1ff338b6fe3dbf8ffbf2bf14', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (56, NULL, 2, 5, 0, 3, '\xd2cfa63d1ff338b6fe3dbf8ffbf2bf14', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (57, NULL, 2, 9, 0, 3, '\xd2cfa63d1ff338b6fe3dbf8ffbf2bf14', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (58, NULL, 2, 2, 1, 3, '\x87f6015519e7fbec032d08dedf8ab004', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (59, NULL, 2, 5, 1, 3, '\x87f6015519e7fbec032d08dedf8ab004', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (60, NULL, 2, 9, 1, 3, '\x87f6015519e7fbec032d08dedf8ab004', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (61, NULL, 2, 2, 0, 4, '\x9e22808accbebedbd1fe135c9383b211', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (62, NULL, 2, 5, 0, 4, '\x9e22808accbebedbd1fe135c9383b211', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (63, NULL, 2, 9, 0, 4, '\x9e22808accbebedbd1fe135c9383b211', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (64, NULL, 2, 2, 1, 4, '\xdb551dc340e8db7a906cae56923d0366', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (65, NULL, 2, 5, 1, 4, '\xdb551dc340e8db7a906cae56923d0366', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (66, NULL, 2, 9, 1, 4, '\xdb551dc340e8db7a906cae56923d0366', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (67, NULL, 2, 2, 0, 5, '\x6c3e0838495ccd5ce444521755e489d6', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (68, NULL, 2, 5, 0, 5, '\x6c3e0838495ccd5ce444521755e489d6', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (69, NULL, 2, 9, 0, 5, '\x6c3e0838495ccd5ce444521755e489d6', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (70, NULL, 2, 2, 1, 5, '\x59e70792945fe35ec9e999c4d6f54d82', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (71, NULL, 2, 5, 1, 5, '\x59e70792945fe35ec9e999c4d6f54d82', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (72, NULL, 2, 9, 1, 5, '\x59e70792945fe35ec9e999c4d6f54d82', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (37, 2, 2, 2, 0, 0, '\x1de646ab17c02d0d256175b9e18079cf', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (40, 2, 2, 2, 1, 0, '\x73d20a392ea47b6eeb7b8d778d701087', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (43, 2, 2, 2, 0, 1, '\xb5972d3a9f7d69dfaace1a04bf857c73', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (46, 2, 2, 2, 1, 1, '\x030524bd56f9ef03059f0c0ea39452cb', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (38, 2, 2, 5, 0, 0, '\x1de646ab17c02d0d256175b9e18079cf', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (41, 2, 2, 5, 1, 0, '\x73d20a392ea47b6eeb7b8d778d701087', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (44, 2, 2, 5, 0, 1, '\xb5972d3a9f7d69dfaace1a04bf857c73', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (39, 2, 2, 9, 0, 0, '\x1de646ab17c02d0d256175b9e18079cf', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (42, 2, 2, 9, 1, 0, '\x73d20a392ea47b6eeb7b8d778d701087', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (45, 2, 2, 9, 0, 1, '\xb5972d3a9f7d69dfaace1a04bf857c73', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:31.773522+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (49, 3, 2, 2, 0, 2, '\xe322fcaaed5a93165354d22cb3342a4b', true, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (47, 3, 2, 5, 1, 1, '\x030524bd56f9ef03059f0c0ea39452cb', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (50, 3, 2, 5, 0, 2, '\xe322fcaaed5a93165354d22cb3342a4b', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (48, 3, 2, 9, 1, 1, '\x030524bd56f9ef03059f0c0ea39452cb', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (51, 3, 2, 9, 0, 2, '\xe322fcaaed5a93165354d22cb3342a4b', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.trace VALUES (1, 1, '\xe0c551c1615402711791764858322e000a65fe2220c723af5d7b733fc5432bff');
INSERT INTO public.trace VALUES (4, 1, '\x1e5a730265bc214b480714eb14e6d260cf132a28473195fe575659f8d081d473');
INSERT INTO public.trace VALUES (7, 1, '\x4391b3bb024213d7c50b5db01d413f2870ce9dd1bf6cd6398b7b75b3ee9c82cb');
INSERT INTO public.trace VALUES (10, 1, '\x5a6f38330211c166e38ab9cc940a2640f541a321c1c68ec16b6d8e3bf3a73bea');
INSERT INTO public.trace VALUES (13, 1, '\xed82e8744641c0f97a6bce06217530cae13efe78cbb3938aa55a72db824cf2f1');
INSERT INTO public.trace VALUES (16, 1, '\x30ba9c4717a351343b75189588314e53aac7b0f5b9e11e575ad25d1e98c2f2d3');
INSERT INTO public.trace VALUES (19, 1, '\x774c00ca5e547034f759ba2d59dd3ee1fd7fbabb3dfd2f7ea1f36d8999413327');
INSERT INTO public.trace VALUES (22, 1, '\xec4e0bb698453f27d178f411cdef5eb9633ec24edc928c52e65762bd3a84d428');
INSERT INTO public.trace VALUES (25, 1, '\x6636601e3296d2e1ffe5e739f37b7db779e48ed9acddf630753b0fca7597f359');
INSERT INTO public.trace VALUES (28, 1, '\x7a5189f2d0e334ba122648e0951cc7ebac0fceb6774ac0480a762576f561687c');
INSERT INTO public.trace VALUES (31, 1, '\xe562deaa74f73f92eb704d0954237ba9663b39e868a14f1eb653a6ded6cc5537');
INSERT INTO public.trace VALUES (34, 1, '\xf191a1cbac1b2a4780bf98591799a7e4ff8c2254b31ce6c62ab5b8b45191c5e2');
INSERT INTO public.trace VALUES (2, 1, '\x6036b91856750bf5d3b627a0420bc93581cc4defdd53f3deeb7acdd0136765b8');
INSERT INTO public.trace VALUES (5, 1, '\x4f88c6af77ee1a36b0872fd7b6259f74a6016bd7786750df561c2a7fec40ba5f');
INSERT INTO public.trace VALUES (8, 1, '\xd9d2d634c55eb9347e3e24cd06bc1be87165a1e6fc802c0a8eabfe0b14cba80c');
INSERT INTO public.trace VALUES (11, 1, '\x826684cadbf90a586f7eed6fe70049c75ab6dffe08fd501920ac324ebe3ad43f');
INSERT INTO public.trace VALUES (14, 1, '\x504e1ebcf0f69ba8a58736941d645ebe5b91877c5f933d2ccc76e6d226fea1d7');
INSERT INTO public.trace VALUES (17, 1, '\x813301f57a2bfcbde6c81295fdee27bb46c2fd0123ba60cb4d53cf20e8e67531');
INSERT INTO public.trace VALUES (20, 1, '\x9d2a8f5b5a773d6078a828eab350c391b7f351b21906cefa4ea59dc7f42064b0');
INSERT INTO public.trace VALUES (23, 1, '\x0f54c5a55adfb34d1c91de7ba007c81f22f6cae89403f01c3fad4b24db2f123d');
INSERT INTO public.trace VALUES (26, 1, '\x388b1832ae9ba2a527a513638ee20bb2224d506344a868bbab467ee8cfb9ade9');
INSERT INTO public.trace VALUES (29, 1, '\x161830571ab7168848b0103aefd769163441ca8d40993824abb13ccf7f797039');
INSERT INTO public.trace VALUES (32, 1, '\x33dad68c0baaafe02c5da42bc5ad11243a02401b02a76781861c0675a916e659');
INSERT INTO public.trace VALUES (35, 1, '\x591787006c476c28c10761d9e0a936f648d9f6f58db8c2117ea71dc4b1f51733');
INSERT INTO public.trace VALUES (3, 1, '\x652df8c8a0d220e272c8c62bb49f657fb1dfd0309140ccbfdb383b0323745c78');
INSERT INTO public.trace VALUES (6, 1, '\x051ec4bb3281fe8ee7e8b266c1537b05c5652a483d1c32c81cbc6f96c1512bd0');
INSERT INTO public.trace VALUES (9, 1, '\x8c5b8671ae0e8bc300eadc7eb357ef2bd142e73083b740f1758656a178ccc2c5');
INSERT INTO public.trace VALUES (12, 1, '\xf6347f93b365cdbe55773dc0636981df0a5c20b16973835c038b3f8e1171c75f');
INSERT INTO public.trace VALUES (15, 1, '\xeff25b8e705121d0b82fc094177700f13d5228899298d81b4a0fab9681feaa75');
INSERT INTO public.trace VALUES (18, 1, '\xfcbe3b7613ec5a64f65095b12f561da0ed0f0f031bdf5645451d22621e027674');
INSERT INTO public.trace VALUES (21, 1, '\x73a2f9eedf1efe8cc360fed5761be5a1fa2874a3486b24bfe603c0592bce4039');
INSERT INTO public.trace VALUES (24, 1, '\x6349e5f84eae69df40c3c10bb9485e6821510377f27d05477d1c334c0b2137d2');
INSERT INTO public.trace VALUES (27, 1, '\x4a5c9ac7074f70fd3c966686b8f0dded5df9f9d933d87cdf92fcb157a16041b8');
INSERT INTO public.trace VALUES (30, 1, '\x4bb9f0d06e215c1c49a513e67bf6ef3290236c1bde5999678495a5df807e88d4');
INSERT INTO public.trace VALUES (33, 1, '\xbc75bd50f05c9e71b0cab49c3266a69f0231580031cbcd491aeacf6d62e646c9');
INSERT INTO public.trace VALUES (36, 1, '\x01a3f79c3095bbe77f84e99fe54612cb3deffb33fcc1c9949ed9b6cda82c2ab6');
INSERT INTO public.trace VALUES (37, 2, '\x8cda8e6c96932ac9467c7817453d82e9808517ee5f5889e7caa1c321a848a239');
INSERT INTO public.trace VALUES (40, 2, '\xf986d78e84d078ac2baa0313ced1f9d7d9c675d8e378a7ef0761b10716549f00');
INSERT INTO public.trace VALUES (43, 2, '\x7f93dcce53185dca0afee64c831cc7742d9d0ee49a62aedd9cd76153eca92b5b');
INSERT INTO public.trace VALUES (46, 2, '\x499f3e8cc051291275ba5d0a9782b3809d9dace69fa7f9334ece854ba2c25109');
INSERT INTO public.trace VALUES (38, 2, '\x233d361b701a0db10e43f8a602a4c436e286558862d32ee33a90cce97b549b28');
INSERT INTO public.trace VALUES (41, 2, '\x623a5e4d38587a6a8eb4c4da79a94a759e796089e0ae2a2f043675e0da4350aa');
INSERT INTO public.trace VALUES (44, 2, '\xa2640b931936275335d3fcba985b3c299e08c7905d28181dd8f62dcdd177b5ff');
INSERT INTO public.trace VALUES (39, 2, '\x2a85df06330956b046bbbaa517dcdc9af671a6241ef2211c4abb711f71be73d9');
INSERT INTO public.trace VALUES (42, 2, '\x16d4385b456f28ded6e20ec63803c3f81299289e57d98b0446cce28cb43ab5a6');
INSERT INTO public.trace VALUES (45, 2, '\x2200129d61756da91139c735cd34ab289d73095d2558e34927d512744c84383f');
INSERT INTO public.trace_digest VALUES (1, 1, '\xd4d0d331632405d76afd3ec554171e1cc8b7b00be820258ef1917971c0fcfde3');
INSERT INTO public.trace_digest VALUES (4, 1, '\xc6bd6bcaa7fcd5fc0ffc0d6434b68bbb08fedd2bf4b4171699508b52e740e996');
INSERT INTO public.trace_digest VALUES (7, 1, '\xa71aa494dbc0d8589aa1fd84d67cd5433b5501994d45f218c25efeade2212ab2');
INSERT INTO public.trace_digest VALUES (10, 1, '\x057a766fe68cc43d94bafa5f752db9f0f24cf45406dcc560c51906ee8622de84');
INSERT INTO public.trace_digest VALUES (13, 1, '\x31514a1d8da598001e0b2c34586bca0129bc0a1025a657e3d37f5ee5a0792ccb');
INSERT INTO public.trace_digest VALUES (16, 1, '\x1ee9f636fadb2ad7eb6e74bc3783d0b8c2626c7b4de526dd08e2ccdc3a0c30a2');
INSERT INTO public.trace_digest VALUES (19, 1, '\x94ade6136cc783ec9bd72b2f058ef531328524b23662bb7aa9d9923435e1e017');
INSERT INTO public.trace_digest VALUES (22, 1, '\xfcca48329d6994aca522f36c87e7f0012926d477fcee7f5e180080fdef3bbecc');
INSERT INTO public.trace_digest VALUES (25, 1, '\x5d58a2c3c83084c8ffe46d5fb0b93b9ddd9f97c3c78fac0a52e71bdcf4a72e0c');
INSERT INTO public.trace_digest VALUES (28, 1, '\x1b06317529369d31280e37b05769df13512923e66b7b20730eccc3d042c1fba1');
INSERT INTO public.trace_digest VALUES (31, 1, '\x0c980b088ffd95c2b9ab3e76a023dd38964894434292b2e3ac95cb7dd0445271');
INSERT INTO public.trace_digest VALUES (34, 1, '\xe4b45a68572cd54362aba37a39c7d19de5f56a586fddeee473716d2444b1d4fb');
INSERT INTO public.trace_digest VALUES (2, 1, '\x3d0f685a9af7dd22c52c9672b72caca9b3917402ef755a51e960947af8b0ce56');
INSERT INTO public.trace_digest VALUES (5, 1, '\x0f137a7e02cc903deb0254681af93a2d1ead80fc1323f2d59132db12cf477b31');
INSERT INTO public.trace_digest VALUES (8, 1, '\x438bfbdb43b882570fda573b29e788a83199a2bff2572c4c03fe8acaf330f4a7');
INSERT INTO public.trace_digest VALUES (11, 1, '\x314dfd26de7e3724b61ce303c20f8e7221675d421c4c5d516d5f118fd6022166');
INSERT INTO public.trace_digest VALUES (14, 1, '\x166c0a9152fef59b2ca2bc71f3c5240241b33b90d4ccaa3020c43ac599b0f5bc');
INSERT INTO public.trace_digest VALUES (17, 1, '\xb7966152084b85154c4db6383e2b65acc8fa06c1352566192eaedf04f6000482');
INSERT INTO public.trace_digest VALUES (20, 1, '\x4d6e7a2ef2bb9ee09e6aaaebfe6f1db64a8b74cc78be6c9630788405be4852fa');
INSERT INTO public.trace_digest VALUES (23, 1, '\x9e573586053c5226547744f01c727f8cf391649a41310f6f2a87dd1c2327ee52');
INSERT INTO public.trace_digest VALUES (26, 1, '\xc752135a5e5ea9db764f41120db6e13b553360947880a53c230369b62b69d5d1');
INSERT INTO public.trace_digest VALUES (29, 1, '\x454618b364d97178307d47b85625f7285c12cf2717f43bf36338e1e8a26601ce');
INSERT INTO public.trace_digest VALUES (32, 1, '\x221d40f0fd33ad902dd342a29c069808d7691c0a607f4aa61fe7ab34bb6ed7a5');
INSERT INTO public.trace_digest VALUES (35, 1, '\xfe9f8971e1febb48126ca9e39c864f4524f3119cdbbcfc3ea3d157ae069798fa');
INSERT INTO public.trace_digest VALUES (3, 1, '\x6e54c54d29b739219cfc7b838f0842dd663000072a855ca000c92c4178e765cb');
INSERT INTO public.trace_digest VALUES (6, 1, '\x2f1138de89411155e793be717509b60a6ba141ac3643d3ab7c212f6937f8f297');
INSERT INTO public.trace_digest VALUES (9, 1, '\xb062cab9387ae9de7d625b2c9c98847d2ff2194aeba52bd15c91a40a02031995');
INSERT INTO public.trace_digest VALUES (12, 1, '\x62d4eb482b82257e83710f3f23551ff5a88e13ede7541fecc5922b5eab51fcbe');
INSERT INTO public.trace_digest VALUES (15, 1, '\xd746444faad9fa9a07b5765eb1737d0f4f201803324096b1ac08c28e72d6ceca');
INSERT INTO public.trace_digest VALUES (18, 1, '\x627062a4f48c34cc7433febfe54ac6e63b08ca9749553e4402846a9576e0f182');
INSERT INTO public.trace_digest VALUES (21, 1, '\xccb4005e537054b95d4cd7d280d70bc31bce98b0ca0a5aab83d7d9240b611fb3');
INSERT INTO public.trace_digest VALUES (24, 1, '\xc7b611238b5b0cf3b1440a573ed64d50cee92b0eea5346640c1568c284861b2a');
INSERT INTO public.trace_digest VALUES (27, 1, '\x424ec3320b3a3b5b6eb0dab5e75ccecc3a31465f6933f96184702f1a6949c197');
INSERT INTO public.trace_digest VALUES (30, 1, '\x6332907521456defb6630145b6db4870bb910f77eae668d5894671ff72e4b53d');
INSERT INTO public.trace_digest VALUES (33, 1, '\x66251cfa1d058343ea0819653d01042c16b44a2132119754fc364998f89a0c26');
INSERT INTO public.trace_digest VALUES (36, 1, '\x2fbb5753cfb91f06dc14f789aa4c083a611034b357dfb68caac43d16710fb661');
INSERT INTO public.trace_digest VALUES (999999, 1, '\x2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881');
INSERT INTO public.verification VALUES (13, 1, 2, '2026-11-26 01:23:31.579885+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:31.602671+00');
INSERT INTO public.verification VALUES (16, 1, 2, '2026-11-26 01:23:31.579885+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:31.602671+00');
INSERT INTO public.verification VALUES (28, 1, 2, '2026-11-26 01:23:31.579885+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:31.602671+00');
INSERT INTO public.verification VALUES (2, 1, 5, '2026-11-26 01:23:31.579885+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:31.602671+00');
INSERT INTO public.verification VALUES (8, 1, 5, '2026-11-26 01:23:31.579885+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:31.602671+00');
INSERT INTO public.verification VALUES (26, 1, 5, '2026-11-26 01:23:31.579885+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:31.602671+00');
INSERT INTO public.verification VALUES (12, 1, 9, '2026-11-26 01:23:31.579885+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:31.602671+00');
INSERT INTO public.verification VALUES (15, 1, 9, '2026-11-26 01:23:31.579885+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:31.602671+00');
INSERT INTO public.verification VALUES (30, 1, 9, '2026-11-26 01:23:31.579885+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:31.602671+00');
INSERT INTO public.verification VALUES (46, 2, 2, '2026-11-26 01:23:31.774869+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (44, 2, 5, '2026-11-26 01:23:31.774869+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (45, 2, 9, '2026-11-26 01:23:31.774869+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (999999, 1, 9, '2026-11-26 01:23:31.806335+00', NULL, 0, NULL, NULL, NULL, NULL);
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
