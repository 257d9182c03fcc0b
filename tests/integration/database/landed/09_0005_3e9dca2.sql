-- What the migrations of commit 3e9dca2 made; its rows are from the program of commit 17a330f.
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
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (1, 'published', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "sequential": false, "environments": [{"id": "metaworld/reach-v3", "version": "2", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "2", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 100, '\x29c6cf7c6224e18387a54e46051bfc51fa6a61aa59bdc3dbb4117dd6c8335454', '\xf91860e3f3dc41e66859c62606cb367be0e4aad94020f81495183e732929984c', '\x715dc6cd46ab73d5cbf60a03de6aba46dde2c7b18f5e0c75b7e1521bdb377ec3', 102, 104, '\x2037eb4738f0e535ce38930ffd86bf63b4487bdf34da1811a0f02cc1e65e78b9', 'physics-1', false, '2026-11-26 01:23:45.768684+00', '2026-11-26 07:23:45.812141+00', '2026-11-26 01:23:45.812141+00', '2026-11-26 01:23:45.870152+00', '2026-11-26 01:23:45.888027+00', '\x4058dec579b5f1533f5bdc38573df78fb12a354b46ef97e2abfae3035793cd42', '2026-11-26 01:23:45.860889+00', 1, 36, 37);
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (2, 'running', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "sequential": false, "environments": [{"id": "metaworld/reach-v3", "version": "2", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "2", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 105, '\xfc8deb876cfce604c9641b7cda0a9a7f5f7a897c60ef6de43117aa2795f5aa1a', '\x8ac1b216b377f55cee5aa4e7a8a61fc6fa7857db822d1cee80bc8ecb188188c5', '\xbccb81a7954c7c070095cf74100f54d990764485bebe49c402f7c389e99ee4e5', 107, 109, '\x012def04c7a86701f62161deb0035b1a95653cf9abadea1a7e92d712f4902402', 'physics-1', false, '2026-11-26 01:23:45.901647+00', '2026-11-26 07:23:45.93361+00', '2026-11-26 01:23:45.93361+00', NULL, NULL, NULL, NULL, 37, 72, 52);
INSERT INTO public.cycle_miner VALUES (1, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (1, 'one', '2026-11-26 01:23:45.822194+00', 'physics-1', '{}', NULL);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (2, 'two', NULL, NULL, '{}', NULL);
INSERT INTO public.executor_key OVERRIDING SYSTEM VALUE VALUES (1, 2, '\x627c3eac998bf2ecec7ce67adcb47333b2e617b9268be2b6337478f3e7810001', 'tasks', '2026-11-26 01:23:45.954761+00', NULL, NULL);
INSERT INTO public.lease VALUES (3, 2, 1, '2026-11-26 01:23:45.942491+00', '2026-11-26 01:24:45.942491+00', '{47,48,49,50,51}', '{5,9,2,5,9}');
INSERT INTO public.publication VALUES (1, 1, 100, '{"block": 100, "notes": [], "miners": [{"uid": 5, "hotkey": "hotkey-5", "points": 3.0, "weight": 0.9933071490757152, "frontier": true, "priority": 2, "verdicts": {"error": 3}, "first_block": 45, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.5, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "successes": 4, "success_rate": 0.6666666666666666}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "successes": 5, "success_rate": 0.8333333333333334}]}, {"uid": 2, "hotkey": "hotkey-2", "points": 1.0, "weight": 0.006692850924284857, "frontier": true, "priority": 1, "verdicts": {"error": 3}, "first_block": 42, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": false, "p_value": 0.0625, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "successes": 1, "success_rate": 0.16666666666666666}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.5, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "successes": 4, "success_rate": 0.6666666666666666}]}, {"uid": 9, "hotkey": "hotkey-9", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 3, "verdicts": {"error": 3}, "first_block": 49, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "successes": 5, "success_rate": 0.8333333333333334}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 1.0, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "successes": 5, "success_rate": 0.8333333333333334}]}], "cycle_id": 1, "environments": ["metaworld/reach-v3", "metaworld/push-v3"], "published_at": "2026-11-26T01:23:45.870152+00:00", "void_episodes": 0}', '{"block": 100, "netuid": 1, "hotkeys": {"2": "hotkey-2", "5": "hotkey-5"}, "weights": {"2": 0.006692850924284857, "5": 0.9933071490757152}, "cycle_id": 1, "fallback": "none", "weights_u16": {"2": 442, "5": 65535}, "published_at": "2026-11-26T01:23:45.870152+00:00"}', '{"2": {"uid": 2, "points": 1, "rivals": [], "weight": 0.006692850924284857, "subsets": [{"led": 1, "won": 1, "size": 1, "points": 1}], "summary": "It leads 1 of the 2 environments and wins 1 of the 1 subsets of them: 25.0% of all points.", "frontier": true, "priority": 1, "estimated": false, "all_points": 4, "first_block": 42, "disqualified": false, "environments": [{"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": false, "p_value": 0.0625, "best_uid": 9, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "only_best": 4, "successes": 1, "only_miner": 0, "success_rate": 0.16666666666666666, "best_successes": 5, "needed_to_lead": 1}, {"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.5, "best_uid": 5, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "only_best": 1, "successes": 4, "only_miner": 0, "success_rate": 0.6666666666666666, "best_successes": 5, "needed_to_lead": 0}]}, "5": {"uid": 5, "points": 3, "rivals": [{"uid": 2, "level": 0.025, "p_value": 0.0625, "only_miner": 4, "only_rival": 0, "subsets_taken": 1, "needed_to_overtake": 2, "shared_environments": 1}], "weight": 0.9933071490757152, "subsets": [{"led": 2, "won": 1, "size": 1, "points": 1}, {"led": 1, "won": 1, "size": 2, "points": 2}], "summary": "It leads 2 of the 2 environments and wins 2 of the 3 subsets of them: 75.0% of all points.", "frontier": true, "priority": 2, "estimated": false, "all_points": 4, "first_block": 45, "disqualified": false, "environments": [{"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.5, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.29999331513839206, 0.9032285888942196], "only_best": 1, "successes": 4, "only_miner": 0, "success_rate": 0.6666666666666666, "best_successes": 5, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": null, "best_uid": 5, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "only_best": 0, "successes": 5, "only_miner": 0, "success_rate": 0.8333333333333334, "best_successes": 5, "needed_to_lead": 0}]}, "9": {"uid": 9, "points": 0, "rivals": [{"uid": 2, "level": 0.025, "p_value": 0.03125, "only_miner": 5, "only_rival": 0, "subsets_taken": 1, "needed_to_overtake": 1, "shared_environments": 1}, {"uid": 5, "level": 0.025, "p_value": 0.5, "only_miner": 1, "only_rival": 0, "subsets_taken": 2, "needed_to_overtake": 5, "shared_environments": 2}], "weight": 0.0, "subsets": [{"led": 2, "won": 0, "size": 1, "points": 0}, {"led": 1, "won": 0, "size": 2, "points": 0}], "summary": "It leads 2 of the 2 environments, but earlier or better miners (uid 2, 5) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 3, "estimated": false, "all_points": 4, "first_block": 49, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "only_best": 0, "successes": 5, "only_miner": 0, "success_rate": 0.8333333333333334, "best_successes": 5, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 1.0, "best_uid": 5, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "only_best": 0, "successes": 5, "only_miner": 0, "success_rate": 0.8333333333333334, "best_successes": 5, "needed_to_lead": 0}]}}', '2026-11-26 01:23:45.870152+00');
INSERT INTO public.recording VALUES (12, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (13, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (14, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (15, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (16, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (17, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (21, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (25, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (35, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (46, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (999999, 1, '\x78');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 2, 0, 0, '\x2cf732cb43ce68f3804d4ef03c96ea37', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (2, 1, 1, 5, 0, 0, '\x2cf732cb43ce68f3804d4ef03c96ea37', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 9, 0, 0, '\x2cf732cb43ce68f3804d4ef03c96ea37', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (4, 1, 1, 2, 1, 0, '\xfe8e89096c294e3bebdab75b31a86aba', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (5, 1, 1, 5, 1, 0, '\xfe8e89096c294e3bebdab75b31a86aba', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (6, 1, 1, 9, 1, 0, '\xfe8e89096c294e3bebdab75b31a86aba', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, 2, 0, 1, '\x23cb9ef9e9dfb1c31b58edb1a78d5366', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (8, 1, 1, 5, 0, 1, '\x23cb9ef9e9dfb1c31b58edb1a78d5366', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (9, 1, 1, 9, 0, 1, '\x23cb9ef9e9dfb1c31b58edb1a78d5366', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (10, 1, 1, 2, 1, 1, '\x23dfb4685f6d93c2ff665a2ae64e20b2', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (11, 1, 1, 5, 1, 1, '\x23dfb4685f6d93c2ff665a2ae64e20b2', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (12, 1, 1, 9, 1, 1, '\x23dfb4685f6d93c2ff665a2ae64e20b2', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (13, 1, 1, 2, 0, 2, '\x3ebf4f26b31cea9776501c619cc140fa', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (14, 1, 1, 5, 0, 2, '\x3ebf4f26b31cea9776501c619cc140fa', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (15, 1, 1, 9, 0, 2, '\x3ebf4f26b31cea9776501c619cc140fa', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (16, 1, 1, 2, 1, 2, '\xa2106e154ed857c95937f704441c4f9a', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (17, 1, 1, 5, 1, 2, '\xa2106e154ed857c95937f704441c4f9a', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (18, 1, 1, 9, 1, 2, '\xa2106e154ed857c95937f704441c4f9a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (19, 1, 1, 2, 0, 3, '\xb5ed21962626a574bf163896234043b9', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (20, 1, 1, 5, 0, 3, '\xb5ed21962626a574bf163896234043b9', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (21, 1, 1, 9, 0, 3, '\xb5ed21962626a574bf163896234043b9', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (22, 1, 1, 2, 1, 3, '\x900faaa821ab8a52c54d063e4eb5aac2', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (23, 1, 1, 5, 1, 3, '\x900faaa821ab8a52c54d063e4eb5aac2', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (24, 1, 1, 9, 1, 3, '\x900faaa821ab8a52c54d063e4eb5aac2', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (25, 1, 1, 2, 0, 4, '\xbc34e68a7815122a457eeec8c749530c', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (26, 1, 1, 5, 0, 4, '\xbc34e68a7815122a457eeec8c749530c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (27, 1, 1, 9, 0, 4, '\xbc34e68a7815122a457eeec8c749530c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (28, 1, 1, 2, 1, 4, '\x2b28b93162e5c49bda883e256f1ba358', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (29, 1, 1, 5, 1, 4, '\x2b28b93162e5c49bda883e256f1ba358', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (30, 1, 1, 9, 1, 4, '\x2b28b93162e5c49bda883e256f1ba358', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (31, 1, 1, 2, 0, 5, '\x50b3c2b69b57ff094016fd1623b30270', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (32, 1, 1, 5, 0, 5, '\x50b3c2b69b57ff094016fd1623b30270', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (33, 1, 1, 9, 0, 5, '\x50b3c2b69b57ff094016fd1623b30270', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (34, 1, 1, 2, 1, 5, '\xb093f4ad4d58fc0f40fc035b5b280eb4', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (35, 1, 1, 5, 1, 5, '\xb093f4ad4d58fc0f40fc035b5b280eb4', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (36, 1, 1, 9, 1, 5, '\xb093f4ad4d58fc0f40fc035b5b280eb4', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.841107+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (47, NULL, 2, 5, 1, 1, '\x810dc3d2ff26558fd6ad781a227c3903', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (48, NULL, 2, 9, 1, 1, '\x810dc3d2ff26558fd6ad781a227c3903', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (49, NULL, 2, 2, 0, 2, '\x0a2392ab63661820ba602d7db93189a7', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (50, NULL, 2, 5, 0, 2, '\x0a2392ab63661820ba602d7db93189a7', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (51, NULL, 2, 9, 0, 2, '\x0a2392ab63661820ba602d7db93189a7', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (37, 2, 2, 2, 0, 0, '\x4e9cb6c28c0ce7886d0d717f94e845bf', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (38, 2, 2, 5, 0, 0, '\x4e9cb6c28c0ce7886d0d717f94e845bf', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (39, 2, 2, 9, 0, 0, '\x4e9cb6c28c0ce7886d0d717f94e845bf', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (40, 2, 2, 2, 1, 0, '\x5bb95f9ba6bb90c4c4ce74892cc213d9', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (41, 2, 2, 5, 1, 0, '\x5bb95f9ba6bb90c4c4ce74892cc213d9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (42, 2, 2, 9, 1, 0, '\x5bb95f9ba6bb90c4c4ce74892cc213d9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (43, 2, 2, 2, 0, 1, '\xe37f7eca8214d021c9e08bd0cbb5d2e9', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (44, 2, 2, 5, 0, 1, '\xe37f7eca8214d021c9e08bd0cbb5d2e9', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (45, 2, 2, 9, 0, 1, '\xe37f7eca8214d021c9e08bd0cbb5d2e9', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (46, 2, 2, 2, 1, 1, '\x810dc3d2ff26558fd6ad781a227c3903', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:45.940663+00', false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (52, NULL, 2, 2, 1, 2, '\xaf6386593ca0782044ef3230320d30ff', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (53, NULL, 2, 5, 1, 2, '\xaf6386593ca0782044ef3230320d30ff', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (54, NULL, 2, 9, 1, 2, '\xaf6386593ca0782044ef3230320d30ff', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (55, NULL, 2, 2, 0, 3, '\x005c696a54fcb358ed374c8d30131af4', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (56, NULL, 2, 5, 0, 3, '\x005c696a54fcb358ed374c8d30131af4', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (57, NULL, 2, 9, 0, 3, '\x005c696a54fcb358ed374c8d30131af4', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (58, NULL, 2, 2, 1, 3, '\x1a0d039abf75f3e7dc054ef007715ae1', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (59, NULL, 2, 5, 1, 3, '\x1a0d039abf75f3e7dc054ef007715ae1', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (60, NULL, 2, 9, 1, 3, '\x1a0d039abf75f3e7dc054ef007715ae1', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (61, NULL, 2, 2, 0, 4, '\x77d051c15eadc11d2567b999cb2eca7e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (62, NULL, 2, 5, 0, 4, '\x77d051c15eadc11d2567b999cb2eca7e', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (63, NULL, 2, 9, 0, 4, '\x77d051c15eadc11d2567b999cb2eca7e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (64, NULL, 2, 2, 1, 4, '\x98fe72ed2708db33bb29a5322733cf00', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (65, NULL, 2, 5, 1, 4, '\x98fe72ed2708db33bb29a5322733cf00', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (66, NULL, 2, 9, 1, 4, '\x98fe72ed2708db33bb29a5322733cf00', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (67, NULL, 2, 2, 0, 5, '\x112ebe6c882d233e925b506038800242', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (68, NULL, 2, 5, 0, 5, '\x112ebe6c882d233e925b506038800242', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (69, NULL, 2, 9, 0, 5, '\x112ebe6c882d233e925b506038800242', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (70, NULL, 2, 2, 1, 5, '\x32090577c97b4052acf2f367ec083519', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (71, NULL, 2, 5, 1, 5, '\x32090577c97b4052acf2f367ec083519', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (72, NULL, 2, 9, 1, 5, '\x32090577c97b4052acf2f367ec083519', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false);
INSERT INTO public.trace VALUES (1, 1, '\x8a4addaa861f533f6bd98f4e01dbf90a4c9427162826aad1d7ef8f25f56301f4');
INSERT INTO public.trace VALUES (2, 1, '\x73363de1acc11698dbde9f07301826ab9417c06a91f1e8798953ee7d88033d12');
INSERT INTO public.trace VALUES (3, 1, '\xf2323d7d85b7ab4e2af8e28e9d884984f247a8afdd7122f4cea8769cefc4ba3f');
INSERT INTO public.trace VALUES (4, 1, '\x01a51c0cffa5f207d8e514c496e86459ea45949bc55fadf211e05949e26b6ad8');
INSERT INTO public.trace VALUES (5, 1, '\xe4a2c8f15e0ab4ad4fbe1573121edf5e9c87193bb5d806930ed8b66fce5fcc40');
INSERT INTO public.trace VALUES (6, 1, '\x2e9da199fdea9f474ba0add6764050702a4e761bcc4cdda3ce1b4c06652f4dea');
INSERT INTO public.trace VALUES (7, 1, '\xa0554c995cd2596f2982392e78a44abcc87e7d2f79e8387d44c876be55fe7fc8');
INSERT INTO public.trace VALUES (8, 1, '\xf24c95cb46e160f68c7b36a4146aa308d0b0d4a2214ead5c98c6f217862385d6');
INSERT INTO public.trace VALUES (9, 1, '\x34dd9547a97ff491da95112e248a17896c6786f2bbea6be0c5f71624fdb6ccbe');
INSERT INTO public.trace VALUES (10, 1, '\x12f74f67520c73539777b90044b45e27cf8dc2e5d3e9a4265f6168de3b86a957');
INSERT INTO public.trace VALUES (11, 1, '\x2526531651df0a8566e438358dfb31595bb09942b9578183f480ff49231cf636');
INSERT INTO public.trace VALUES (12, 1, '\x8bad9555049dd880306c547496e36a32e6b567823d40f46d6bf394b79a5bedd1');
INSERT INTO public.trace VALUES (13, 1, '\xb7f515cea33239e5d8daa597593382d6c9d9307dc2901319438714d887f06a27');
INSERT INTO public.trace VALUES (14, 1, '\x584dbf7373860b17dd5a51f4a83d6b74bd8beea9c322d06f86341b2062976916');
INSERT INTO public.trace VALUES (15, 1, '\x107830792d0528a71afa71c5ef7720ab8c9d71a5359432b9fbb2715a0352a495');
INSERT INTO public.trace VALUES (16, 1, '\xfffc32cafe91915fd2151b60e19cd512fb64ec576429cd7ab05088a0fad4aad9');
INSERT INTO public.trace VALUES (17, 1, '\x3dadce604d88f3c52bdfc1c43df5d78450f9afd60b5070eadb1cf9c952e780fe');
INSERT INTO public.trace VALUES (18, 1, '\x54f81a665e22744b32463a06fa44eaa919d3c1c7e968e62045d597c6c659c856');
INSERT INTO public.trace VALUES (19, 1, '\x09ced74738030441b30a0ab385338f42893cd3a9c80e0d15c42dc3a8e855b7d6');
INSERT INTO public.trace VALUES (20, 1, '\xb691400ee3c1e72029988111ec36c1fc6b338731b6e4595b13a9b3a4bb85ad3a');
INSERT INTO public.trace VALUES (21, 1, '\x1e64d30236fc6634fa43ff5b1355aa05e89fef3719bde63d4d997bfb684d0a93');
INSERT INTO public.trace VALUES (22, 1, '\x4850eed4591348935d6c194c9b364747b6973c8a7f5dd65f77d9cc465b29c43e');
INSERT INTO public.trace VALUES (23, 1, '\x8ae9c2d2015c47a5406939ea7f52fd846c141996a3f35fb93b11d294e5d8ffae');
INSERT INTO public.trace VALUES (24, 1, '\xe0bca5253be63925ad4427961e766c960c34ac0e8c512b4995b80e5b6ebea79e');
INSERT INTO public.trace VALUES (25, 1, '\xb696a4e3217602c4c30defa336e63f69ede36ca5b52965c1355d3d1a4d299bf2');
INSERT INTO public.trace VALUES (26, 1, '\xc65b26bdf7afaff3d6df12b5732cfd30808c61fa75e960d2104f6a18b9461562');
INSERT INTO public.trace VALUES (27, 1, '\xf4cb18ac49ff07dd8401b6cbd47aef565094caa31071b57641b56de938ff994e');
INSERT INTO public.trace VALUES (28, 1, '\xea8ec5d408bb2f4dbf4e817d6876b5adc02b3d4e7d136d778b2050c95b980f11');
INSERT INTO public.trace VALUES (29, 1, '\xe1e121e9689ff517176d60b45429b3beb3781b01d38559b841bd4b78928bdd8c');
INSERT INTO public.trace VALUES (30, 1, '\x6451e090438830ea41eda494ef59d497850b1d67b45ebc63938be3e6bc854b1a');
INSERT INTO public.trace VALUES (31, 1, '\xb6daa48b8ba9fa60d89af0f25cdb87b7435dc8e7949aaf11fb31bced61d7c2c9');
INSERT INTO public.trace VALUES (32, 1, '\x63c7ab80d33d11f27e70c1caead44723fa9fb6829e7305e342b5ec106fa4af8f');
INSERT INTO public.trace VALUES (33, 1, '\x8c9f894f99c18e8ca59dda1a423fc3c9311ea8f9ef1ebea015e3361a4b9821df');
INSERT INTO public.trace VALUES (34, 1, '\x6533233324be3d8681bb77e212cd7342e18898aa6ba73bde8729bd19c9095abe');
INSERT INTO public.trace VALUES (35, 1, '\x00b51dcae9b6e886339876eaf64cb45784ab85583f1f4b2eba1c1d8487ce41c3');
INSERT INTO public.trace VALUES (36, 1, '\x969faba8883928f1b4c4188be574e7344f96412e1d66cf92d8d199a208de1f49');
INSERT INTO public.trace VALUES (37, 2, '\xf9d5697d3ae03d059edde5c581fdc644490946859413ca8eac00b743a0c5e543');
INSERT INTO public.trace VALUES (38, 2, '\x92fdc00d68b1b5897e5e82591b4f41f878d1e743f9bc95b2c1213477c337010c');
INSERT INTO public.trace VALUES (39, 2, '\x9cc79ad1db9fab9a245a8c382f364bf46ab7689c9dc8bdf2f137b50f761736c4');
INSERT INTO public.trace VALUES (40, 2, '\xbe6a7ad54925f7ff41e2ab5c457838d3d88f35a333bb910d5bf6f0c7051b0686');
INSERT INTO public.trace VALUES (41, 2, '\x2262f114ef8cffd91a04193b90cca918963c1fc62e1defb1acc0e9ae776cbcd3');
INSERT INTO public.trace VALUES (42, 2, '\xdcf31f6baa39296502ccfd6766443a3c6c77c2aa2a852239fcb689fee8a57eef');
INSERT INTO public.trace VALUES (43, 2, '\xd08bca45e7c90b0586906333131cdda8e7be105a83de06a9789d949f64153389');
INSERT INTO public.trace VALUES (44, 2, '\xb2dc712585f1e78355d2d1b52621e76006d0693e6af59f3d34e5cb04c262b76f');
INSERT INTO public.trace VALUES (45, 2, '\x35f331cfbe354fe74652d8643659381cca8713bd1e36524aa2b0622a683cabc4');
INSERT INTO public.trace VALUES (46, 2, '\xfbace41fa99784273532826da2c85c858a715f3274d7d7c54e7cb02cebdd98cb');
INSERT INTO public.trace_digest VALUES (1, 1, '\xf5e0907909bb26582ee1ad5dd7c600dfc7be1a4066929157043c0084b486ef26');
INSERT INTO public.trace_digest VALUES (2, 1, '\xa0e49f527a30ccc6fae564d13e046e945e0a162468fbe8c5cdb65c3662ecac3c');
INSERT INTO public.trace_digest VALUES (3, 1, '\x95b00ea6a15a3ec1768759755c2f8c2acf3b98c537aa29d04cc94c1b701920cd');
INSERT INTO public.trace_digest VALUES (4, 1, '\xe5ea2d609aedb1c87c3c6da4cf2efefca43d276a744c2a21f506d11e96fcabf6');
INSERT INTO public.trace_digest VALUES (5, 1, '\x47e7f20032e10de144fd74cad15274e8e89f3f6ca361afb84c36f3777450335e');
INSERT INTO public.trace_digest VALUES (6, 1, '\x48d69297f09a43ce42e258d4be291e2a0cdc5b01e77ae20bf001c3aeff7a6556');
INSERT INTO public.trace_digest VALUES (7, 1, '\x86e802715e487a68f07a2b872899427cbf0eb5797ad3ca14eab08f1d007c9f08');
INSERT INTO public.trace_digest VALUES (8, 1, '\x1217791c100ed05b3a6adf6152da0a33fe28527b8f16708e51546cc939e82b4c');
INSERT INTO public.trace_digest VALUES (9, 1, '\xcbbe5685ab33d1332cb35593d20de0eaad7e1cf017fa36010cba1a8cb18db888');
INSERT INTO public.trace_digest VALUES (10, 1, '\x68462edcbfb881336608cbf9e5b1020bacc41ce63d598d7e00dd50e8a3cad692');
INSERT INTO public.trace_digest VALUES (11, 1, '\xa453529c3fdff942c694dd819795d29755cfd26a91da48dc6e4bf4db2deb9b1b');
INSERT INTO public.trace_digest VALUES (12, 1, '\xe602675c3ce30376d4a9e77730bd701ad29577c61fda79bd2d21574b92a132ff');
INSERT INTO public.trace_digest VALUES (13, 1, '\x4766e7dca37735aa344f9e5fe07ae3217d7a4ec5fa683909b771e27a0fd58d1a');
INSERT INTO public.trace_digest VALUES (14, 1, '\xd317d2d32fde35e19e8a66b5ed2589a5457ed930b72713123180db81913ffcd5');
INSERT INTO public.trace_digest VALUES (15, 1, '\x47e636764f44389238ee62ab07753592e816a6d9188d784e387a7d60017c359d');
INSERT INTO public.trace_digest VALUES (16, 1, '\x67729769d819873143f4fc24104bda37326215b98adde8f8444f1990fb090229');
INSERT INTO public.trace_digest VALUES (17, 1, '\x98ff90309fb264683b67acd783f95d41b324caa01b6750ee5d0c4f99a7c815e3');
INSERT INTO public.trace_digest VALUES (18, 1, '\x2201581ec33715fe4e6c19644eec3a4158f5bc852313fc5d46423cacca955890');
INSERT INTO public.trace_digest VALUES (19, 1, '\x29472691a89bd21cfe4e2c940961561a1213f07d2af28d7a542e413a153dfda8');
INSERT INTO public.trace_digest VALUES (20, 1, '\x76c490b8e1bd96df21313af4ac3e998697f16829ce8573858129d963032bcfaa');
INSERT INTO public.trace_digest VALUES (21, 1, '\xbf7b4d5d44cb029567446f4c8ae8e436e0fca05a80a3680b81295e81e130d4e8');
INSERT INTO public.trace_digest VALUES (22, 1, '\xf81e306683951a0b77af05e3fc64cab832daf7e24707f34132a6c64745effcbc');
INSERT INTO public.trace_digest VALUES (23, 1, '\x7e1d73bf357e7287d51a126e310f6941ec80641bcb8bfcafa7569d7f3a32a139');
INSERT INTO public.trace_digest VALUES (24, 1, '\x8977606ab741388077b4e1ee9ccc4e55befb4241be7ed2ffcacc542bdd054908');
INSERT INTO public.trace_digest VALUES (25, 1, '\x21cbb4d30092e89331692e56d3097dffbd1852260f7c90495fa93879c0ea83eb');
INSERT INTO public.trace_digest VALUES (26, 1, '\x539942a55024de4062025a974a42fb2fe152934df7473442142c2c9a256c7fbc');
INSERT INTO public.trace_digest VALUES (27, 1, '\x8cb127075601cc929868ee127e729d5cad418a099fba74ba7a3dea3aedbbbf6f');
INSERT INTO public.trace_digest VALUES (28, 1, '\x8ea4fa09f808b13fc20e72485d4a9c7e65bff0450dfc808c52ef9070d6d0eecd');
INSERT INTO public.trace_digest VALUES (29, 1, '\x6741f0b625fc93f8b6d09f6e15ee45e60b8d14584973182b93dc7f2551545458');
INSERT INTO public.trace_digest VALUES (30, 1, '\xa9ad9a50c01ad68e8fcf8efaa22d47117286659aa4c3ada142b84027f46451cd');
INSERT INTO public.trace_digest VALUES (31, 1, '\x0bdb0e03a53eb319e0c7c5236fbd527b430954d392e6fda15be2444c380f72ba');
INSERT INTO public.trace_digest VALUES (32, 1, '\xb45ed3c570394ae329ef2285506b05b9c54a927680af159ba99c99bfb6297f21');
INSERT INTO public.trace_digest VALUES (33, 1, '\xc4c0e626caec3842aa7ed234b2ab42d581c3fc9d64431521289548bb7d527cd7');
INSERT INTO public.trace_digest VALUES (34, 1, '\x513aad45673a95fbeebecb3ed1dce9dbd80a6cbcef37f1daddae3d4303335aa5');
INSERT INTO public.trace_digest VALUES (35, 1, '\x1890390374610d221fadaf2a0ba959fcf39b478e9c3d6ae5cec319e23dafa1e3');
INSERT INTO public.trace_digest VALUES (36, 1, '\xefde9cbd7954e150847e655cbda4c5c6d276a48c97f4b549b541ecdb30b739de');
INSERT INTO public.trace_digest VALUES (999999, 1, '\x2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881');
INSERT INTO public.verification VALUES (12, 1, 9, '2026-11-26 01:23:45.848107+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:45.868142+00');
INSERT INTO public.verification VALUES (13, 1, 2, '2026-11-26 01:23:45.848107+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:45.868142+00');
INSERT INTO public.verification VALUES (14, 1, 5, '2026-11-26 01:23:45.848107+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:45.868142+00');
INSERT INTO public.verification VALUES (15, 1, 9, '2026-11-26 01:23:45.848107+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:45.868142+00');
INSERT INTO public.verification VALUES (16, 1, 2, '2026-11-26 01:23:45.848107+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:45.868142+00');
INSERT INTO public.verification VALUES (17, 1, 5, '2026-11-26 01:23:45.848107+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:45.868142+00');
INSERT INTO public.verification VALUES (21, 1, 9, '2026-11-26 01:23:45.848107+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:45.868142+00');
INSERT INTO public.verification VALUES (25, 1, 2, '2026-11-26 01:23:45.848107+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:45.868142+00');
INSERT INTO public.verification VALUES (35, 1, 5, '2026-11-26 01:23:45.848107+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:45.868142+00');
INSERT INTO public.verification VALUES (46, 2, 2, '2026-11-26 01:23:45.941828+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (999999, 1, 9, '2026-11-26 01:23:45.96041+00', NULL, 0, NULL, NULL, NULL, NULL);
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
