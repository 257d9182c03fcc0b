-- What the migrations of commit 6a963d1 made; its rows are from the program of commit 95b4d6b.
CREATE FUNCTION public.fetch_tasks(p_executor integer, p_n integer, p_families text[], p_fingerprint text, p_mixed boolean, p_retry_after interval, p_ttl interval) RETURNS TABLE(id bigint, lease_id bigint, cycle_id integer, uid integer, env smallint, episode integer, seed bytea, attempt smallint, record boolean, hotkey text, endpoint text, max_concurrency smallint)
    LANGUAGE plpgsql
    AS $$
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
CREATE FUNCTION public.submit_results(p_executor integer, p_lease bigint, p_max_faults integer, p_ids bigint[], p_outcomes smallint[], p_reasons text[], p_steps integer[], p_success_steps integer[], p_rewards double precision[], p_forfeits integer[], p_timings real[], p_traces bytea[]) RETURNS TABLE(id bigint, status text)
    LANGUAGE plpgsql
    AS $$
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
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (1, 'published', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 100, '\x29c6cf7c6224e18387a54e46051bfc51fa6a61aa59bdc3dbb4117dd6c8335454', '\x393bd8f3d3f47e03c4826c57890525fcbbe3b648c1d19ac04cf2ee21bc31ba51', '\xad37987ec7e52b6369734fc25da5f2f343e3498e3d7181ab26b89d175841a047', 102, 104, '\x2037eb4738f0e535ce38930ffd86bf63b4487bdf34da1811a0f02cc1e65e78b9', 'physics-1', false, '2026-11-26 01:23:27.184923+00', '2026-11-26 07:23:27.220584+00', '2026-11-26 01:23:27.220584+00', '2026-11-26 01:23:27.268659+00', '2026-11-26 01:23:27.336661+00', '\xb35df8bb93f74be9424114dc3e6e304089d1d8bcadfb1d5005705d40fd4a8918', '2026-11-26 01:23:27.263263+00');
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (2, 'running', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "verification": {"tolerance": 0.01, "least_failed": 2, "required_share": 0.9, "least_failed_share": 0.1}, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 105, '\xfc8deb876cfce604c9641b7cda0a9a7f5f7a897c60ef6de43117aa2795f5aa1a', '\x0ac803c75fb016350e9ba2517f2888c64c70a548943a09942de7ddaaefbc49be', '\xba88e90f2df00128ec29f106bb4d982ca062323970129f17e1ab02def0298fa7', 107, 109, '\x012def04c7a86701f62161deb0035b1a95653cf9abadea1a7e92d712f4902402', 'physics-1', false, '2026-11-26 01:23:27.348796+00', '2026-11-26 07:23:27.378575+00', '2026-11-26 01:23:27.378575+00', NULL, NULL, NULL, NULL);
INSERT INTO public.cycle_miner VALUES (1, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (1, 'one', '2026-11-26 01:23:27.231239+00', 'physics-1', '{}', NULL);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (2, 'two', NULL, NULL, '{}', NULL);
INSERT INTO public.executor_key OVERRIDING SYSTEM VALUE VALUES (1, 2, '\x271bc6bb5aa5bae450dc1608f718bbe80d19475c2317b56f5a06e86626bcb84e', 'tasks', '2026-11-26 01:23:27.396637+00', NULL, NULL);
INSERT INTO public.lease VALUES (3, 2, 1, '2026-11-26 01:23:27.385868+00', '2026-11-26 01:24:27.385868+00', '{49,47,50,48,51}', '{2,5,5,9,9}');
INSERT INTO public.publication VALUES (1, 1, 100, '{"block": 100, "notes": [], "miners": [{"uid": 9, "hotkey": "hotkey-9", "points": 4.0, "weight": 1.0, "frontier": true, "priority": 1, "verdicts": {"error": 3}, "first_block": 49, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "successes": 5, "success_rate": 0.8333333333333334}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}]}, {"uid": 2, "hotkey": "hotkey-2", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 2, "verdicts": {"error": 3}, "first_block": 42, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": false, "p_value": 0.015625, "eligible": false, "episodes": 6, "interval": [0.0, 0.39033428790216523], "successes": 0, "success_rate": 0.0}]}, {"uid": 5, "hotkey": "hotkey-5", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 3, "verdicts": {"error": 3}, "first_block": 45, "disqualified": false, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.25, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "successes": 3, "success_rate": 0.5}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": false, "p_value": 0.015625, "eligible": false, "episodes": 6, "interval": [0.0, 0.39033428790216523], "successes": 0, "success_rate": 0.0}]}], "cycle_id": 1, "environments": ["metaworld/reach-v3", "metaworld/push-v3"], "published_at": "2026-11-26T01:23:27.268659+00:00", "void_episodes": 0}', '{"block": 100, "netuid": 1, "hotkeys": {"9": "hotkey-9"}, "weights": {"9": 1.0}, "cycle_id": 1, "fallback": "none", "weights_u16": {"9": 65535}, "published_at": "2026-11-26T01:23:27.268659+00:00"}', '{"2": {"uid": 2, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 9, "subsets_taken": 1, "needed_to_overtake": null, "shared_environments": 1}], "weight": 0.0, "subsets": [{"led": 1, "won": 0, "size": 1, "points": 0}], "summary": "It leads 1 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 2, "estimated": false, "all_points": 4, "first_block": 42, "disqualified": false, "environments": [{"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 3, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 5, "needed_to_lead": 0}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": false, "p_value": 0.015625, "best_uid": 9, "eligible": false, "episodes": 6, "interval": [0.0, 0.39033428790216523], "only_best": 6, "successes": 0, "only_miner": 0, "success_rate": 0.0, "best_successes": 6, "needed_to_lead": 2}]}, "5": {"uid": 5, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 8, "subsets_taken": 1, "needed_to_overtake": null, "shared_environments": 1}], "weight": 0.0, "subsets": [{"led": 1, "won": 0, "size": 1, "points": 0}], "summary": "It leads 1 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 3, "estimated": false, "all_points": 4, "first_block": 45, "disqualified": false, "environments": [{"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.25, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "only_best": 2, "successes": 3, "only_miner": 0, "success_rate": 0.5, "best_successes": 5, "needed_to_lead": 0}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": false, "p_value": 0.015625, "best_uid": 9, "eligible": false, "episodes": 6, "interval": [0.0, 0.39033428790216523], "only_best": 6, "successes": 0, "only_miner": 0, "success_rate": 0.0, "best_successes": 6, "needed_to_lead": 2}]}, "9": {"uid": 9, "points": 4, "rivals": [], "weight": 1.0, "subsets": [{"led": 2, "won": 2, "size": 1, "points": 2}, {"led": 1, "won": 1, "size": 2, "points": 2}], "summary": "It leads 2 of the 2 environments and wins 3 of the 3 subsets of them: 100.0% of all points.", "frontier": true, "priority": 1, "estimated": false, "all_points": 4, "first_block": 49, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.43649717781353, 0.9699466302516934], "only_best": 0, "successes": 5, "only_miner": 0, "success_rate": 0.8333333333333334, "best_successes": 5, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}]}}', '2026-11-26 01:23:27.268659+00');
INSERT INTO public.recording VALUES (13, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (31, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (34, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (11, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (17, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (32, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (15, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (21, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (27, 1, '\x7265636f72646564');
INSERT INTO public.recording VALUES (40, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (43, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (41, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (39, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (42, 2, '\x7265636f72646564');
INSERT INTO public.recording VALUES (999999, 1, '\x78');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 2, 0, 0, '\xc3fb96a88b894b8dc5770c11999098b8', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (4, 1, 1, 2, 1, 0, '\xcc26ce124db01159da9ca684942e7cfa', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, 2, 0, 1, '\x5d262355f9951e32f27610341fc1b010', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (10, 1, 1, 2, 1, 1, '\xdac2dd6c9f59820f0da7dcaeae5d5b12', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (13, 1, 1, 2, 0, 2, '\x4ae4eee0b6917d4634e7fa9c8f8fa2e8', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (16, 1, 1, 2, 1, 2, '\xd2a79adfeabe1ecca96b76dfb4ca1e99', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (19, 1, 1, 2, 0, 3, '\xc8c623c3d64ff1feb850ae745a52242c', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (22, 1, 1, 2, 1, 3, '\x2d58a2538bef85a9e0905863fd39c8e5', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (25, 1, 1, 2, 0, 4, '\xe7591be0bf8a6bb210274b66691bdca6', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (28, 1, 1, 2, 1, 4, '\x4493e125af27068a8d37903801089067', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (31, 1, 1, 2, 0, 5, '\x47fd15fd042d872c8be867004b19d65b', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (34, 1, 1, 2, 1, 5, '\x36b28509cf726253ec258e164ab3dc32', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (2, 1, 1, 5, 0, 0, '\xc3fb96a88b894b8dc5770c11999098b8', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (5, 1, 1, 5, 1, 0, '\xcc26ce124db01159da9ca684942e7cfa', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (8, 1, 1, 5, 0, 1, '\x5d262355f9951e32f27610341fc1b010', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (11, 1, 1, 5, 1, 1, '\xdac2dd6c9f59820f0da7dcaeae5d5b12', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (14, 1, 1, 5, 0, 2, '\x4ae4eee0b6917d4634e7fa9c8f8fa2e8', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (17, 1, 1, 5, 1, 2, '\xd2a79adfeabe1ecca96b76dfb4ca1e99', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (20, 1, 1, 5, 0, 3, '\xc8c623c3d64ff1feb850ae745a52242c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (23, 1, 1, 5, 1, 3, '\x2d58a2538bef85a9e0905863fd39c8e5', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (26, 1, 1, 5, 0, 4, '\xe7591be0bf8a6bb210274b66691bdca6', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (29, 1, 1, 5, 1, 4, '\x4493e125af27068a8d37903801089067', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (32, 1, 1, 5, 0, 5, '\x47fd15fd042d872c8be867004b19d65b', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (35, 1, 1, 5, 1, 5, '\x36b28509cf726253ec258e164ab3dc32', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 9, 0, 0, '\xc3fb96a88b894b8dc5770c11999098b8', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (6, 1, 1, 9, 1, 0, '\xcc26ce124db01159da9ca684942e7cfa', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (9, 1, 1, 9, 0, 1, '\x5d262355f9951e32f27610341fc1b010', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (12, 1, 1, 9, 1, 1, '\xdac2dd6c9f59820f0da7dcaeae5d5b12', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (15, 1, 1, 9, 0, 2, '\x4ae4eee0b6917d4634e7fa9c8f8fa2e8', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (18, 1, 1, 9, 1, 2, '\xd2a79adfeabe1ecca96b76dfb4ca1e99', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (21, 1, 1, 9, 0, 3, '\xc8c623c3d64ff1feb850ae745a52242c', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (24, 1, 1, 9, 1, 3, '\x2d58a2538bef85a9e0905863fd39c8e5', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (27, 1, 1, 9, 0, 4, '\xe7591be0bf8a6bb210274b66691bdca6', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (30, 1, 1, 9, 1, 4, '\x4493e125af27068a8d37903801089067', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (33, 1, 1, 9, 0, 5, '\x47fd15fd042d872c8be867004b19d65b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (36, 1, 1, 9, 1, 5, '\x36b28509cf726253ec258e164ab3dc32', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.248015+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (52, NULL, 2, 2, 1, 2, '\xb3f17c5c05cd99f68fa063d559b44a85', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (53, NULL, 2, 5, 1, 2, '\xb3f17c5c05cd99f68fa063d559b44a85', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (54, NULL, 2, 9, 1, 2, '\xb3f17c5c05cd99f68fa063d559b44a85', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (55, NULL, 2, 2, 0, 3, '\x146fe3c751e31a2e6cc3906a875f3664', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (56, NULL, 2, 5, 0, 3, '\x146fe3c751e31a2e6cc3906a875f3664', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (57, NULL, 2, 9, 0, 3, '\x146fe3c751e31a2e6cc3906a875f3664', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (58, NULL, 2, 2, 1, 3, '\x502d149467cfbcaf2bb4eff274a3526f', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (59, NULL, 2, 5, 1, 3, '\x502d149467cfbcaf2bb4eff274a3526f', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (60, NULL, 2, 9, 1, 3, '\x502d149467cfbcaf2bb4eff274a3526f', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (61, NULL, 2, 2, 0, 4, '\x46338abc8c53e5ed11194065f97d2a34', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (62, NULL, 2, 5, 0, 4, '\x46338abc8c53e5ed11194065f97d2a34', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (63, NULL, 2, 9, 0, 4, '\x46338abc8c53e5ed11194065f97d2a34', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (64, NULL, 2, 2, 1, 4, '\xa38cbb3bbb8bb6e0460eff7ac94c0657', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (65, NULL, 2, 5, 1, 4, '\xa38cbb3bbb8bb6e0460eff7ac94c0657', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (66, NULL, 2, 9, 1, 4, '\xa38cbb3bbb8bb6e0460eff7ac94c0657', true, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (67, NULL, 2, 2, 0, 5, '\x4b24f69d87e3da8495c4ef4418a1f4f2', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (68, NULL, 2, 5, 0, 5, '\x4b24f69d87e3da8495c4ef4418a1f4f2', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (69, NULL, 2, 9, 0, 5, '\x4b24f69d87e3da8495c4ef4418a1f4f2', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (70, NULL, 2, 2, 1, 5, '\xb78d4fede3ab73528a618a120e093737', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (71, NULL, 2, 5, 1, 5, '\xb78d4fede3ab73528a618a120e093737', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (72, NULL, 2, 9, 1, 5, '\xb78d4fede3ab73528a618a120e093737', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (37, 2, 2, 2, 0, 0, '\x3e3a96ae0b92b660c51dad4e2d61e5b1', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (40, 2, 2, 2, 1, 0, '\xd8f719da817217cd0248d101ac87324a', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (43, 2, 2, 2, 0, 1, '\x32a68e66852a5e169852bf17303b3fef', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (46, 2, 2, 2, 1, 1, '\x2d76f975045b11a1ca2ef245921d7879', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (38, 2, 2, 5, 0, 0, '\x3e3a96ae0b92b660c51dad4e2d61e5b1', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (41, 2, 2, 5, 1, 0, '\xd8f719da817217cd0248d101ac87324a', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (44, 2, 2, 5, 0, 1, '\x32a68e66852a5e169852bf17303b3fef', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (39, 2, 2, 9, 0, 0, '\x3e3a96ae0b92b660c51dad4e2d61e5b1', true, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (42, 2, 2, 9, 1, 0, '\xd8f719da817217cd0248d101ac87324a', true, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (45, 2, 2, 9, 0, 1, '\x32a68e66852a5e169852bf17303b3fef', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:27.384046+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (49, 3, 2, 2, 0, 2, '\x0f592c2ea1291dbe3e737b04d8fbdde4', true, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (47, 3, 2, 5, 1, 1, '\x2d76f975045b11a1ca2ef245921d7879', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (50, 3, 2, 5, 0, 2, '\x0f592c2ea1291dbe3e737b04d8fbdde4', true, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (48, 3, 2, 9, 1, 1, '\x2d76f975045b11a1ca2ef245921d7879', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (51, 3, 2, 9, 0, 2, '\x0f592c2ea1291dbe3e737b04d8fbdde4', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.trace VALUES (1, 1, '\xb830c86176a3c0e8f69bd74e0c90f308e25fd2e3f5c743cb5658dcc9ddaf0823');
INSERT INTO public.trace VALUES (4, 1, '\x9cc6423573fa64a698cf0de0b24997096727adf3f47d176f658a698c1695d3ec');
INSERT INTO public.trace VALUES (7, 1, '\xfd652a41990df118da1ffd9917989cf2262607111a6190a2751b0cad64a65975');
INSERT INTO public.trace VALUES (10, 1, '\x23901b00457cd385f25b3315cfa183fbcdd432c651033b33e7c226839a8ba889');
INSERT INTO public.trace VALUES (13, 1, '\x3db724a05d24ae91211d5268916998629f47f17408c36e81fa849dc0d028c205');
INSERT INTO public.trace VALUES (16, 1, '\x058d1e4d83ca14555d6f8a5123278433bfad943a1ef683914ee6b6e9108d85e9');
INSERT INTO public.trace VALUES (19, 1, '\x60921bb1d510a6ce75837bf73b878542183ff9f9c34b7bec91bca703763e0b13');
INSERT INTO public.trace VALUES (22, 1, '\x61f598190071aa7a1d2227ac3df2a0b6b1f8d3fad0906984a46edf76a44f6375');
INSERT INTO public.trace VALUES (25, 1, '\x2283b95a654362820013032a29ed9558f6b8b1acd46547545b1051bc9df149ee');
INSERT INTO public.trace VALUES (28, 1, '\x25972e613a5337465728ce9d2744186635e596a82bd81848ec98e638b0996743');
INSERT INTO public.trace VALUES (31, 1, '\xe107b7d82a2b09bb5de976a6661f2f563dce24e92a27349b690fb424cf1b3398');
INSERT INTO public.trace VALUES (34, 1, '\xcef49afd4084e0472f612bea37dc1f129f5e0ea949eafa8d8384e2cb1cd020fe');
INSERT INTO public.trace VALUES (2, 1, '\x07c043da7866195c85201220f9e37e7a91271fa1e650724f355e15f47a2fbe1b');
INSERT INTO public.trace VALUES (5, 1, '\x27527f77826b14a16f78a199ad9fa7a7173ad09b13f46f9bbffa5538d265106a');
INSERT INTO public.trace VALUES (8, 1, '\x2ac1089c8d227a7d1e64237d55d24e7f773e5668aa8e2205da4b07eb02a6a51c');
INSERT INTO public.trace VALUES (11, 1, '\xf2898fe470154d06c014e740f0186d484efc0a0e2ad167217daa03e03a110b04');
INSERT INTO public.trace VALUES (14, 1, '\x6c26b2e34167411efe1aaa5330fcfa8f79a3bd25e13c0fe064b5d1ca2c5c1f7b');
INSERT INTO public.trace VALUES (17, 1, '\xeadef6ebeab1265076b55977602c2326055056a2c7e413acfd4ea5e72d65f6b8');
INSERT INTO public.trace VALUES (20, 1, '\x7adf77b477757b560a57b1e6854f08848d5c32a1424cd919631a9f85c0535e0c');
INSERT INTO public.trace VALUES (23, 1, '\x1d8a3a0a62edb25c086abeae92438df2654296a782a3bc4705ad4003c5cefb63');
INSERT INTO public.trace VALUES (26, 1, '\xace7a723ec405aa538d99c968c054c0a6dbf58abcb80367a012ad411e45f03b8');
INSERT INTO public.trace VALUES (29, 1, '\x15e6cf6dd7876516d13e755b30eeb7904c39672a9a93e16d7b083bb0c4524d29');
INSERT INTO public.trace VALUES (32, 1, '\x43f96e6f0646d25730a6c4bb3a649b239b752b1e1719ffb5cf8134ff16cea0ce');
INSERT INTO public.trace VALUES (35, 1, '\x8d1e3dbb1407efb30ccf7894a069962603db9b17586c92327aea861696e43d5a');
INSERT INTO public.trace VALUES (3, 1, '\x4f6e4001558f4ba3e7a85cea35e7f5eaf4737d502bc89fb89bd74ea24c83cd1d');
INSERT INTO public.trace VALUES (6, 1, '\xa10b82f66d62bbcfa3b13caa24847569fc1ffb5478386a59c3ea6231fbdf92d0');
INSERT INTO public.trace VALUES (9, 1, '\xb74ceba639dbb2d45be7e5441009c747ca32a0c3dc58f1081e6cfd758d03f800');
INSERT INTO public.trace VALUES (12, 1, '\xf3e12be38c0c4bd1bba54d381762712fdff90b7510c378aa7380b0828e0d8425');
INSERT INTO public.trace VALUES (15, 1, '\xa37fa1d50ad1c21b01b4c4efe6be797f37a382bc84c81128b646fa49df3bba81');
INSERT INTO public.trace VALUES (18, 1, '\x2ccdfac939c9a2405babae26b3f408c9a79cfb3de8141cf6f7fd2b3c1b88880e');
INSERT INTO public.trace VALUES (21, 1, '\xc3b616b4ff6acc59b910ff9362dbc0cff85d15422022dffd495313fb60cdcfea');
INSERT INTO public.trace VALUES (24, 1, '\x58ebdb611f6fbc4b955a93c54e74a05d00c1bea9eda41dd63c54c562f0b03532');
INSERT INTO public.trace VALUES (27, 1, '\x134b53a9343cc1b6a6d308efc16b41fa82e82555d2cdf5c62075957c357c5e98');
INSERT INTO public.trace VALUES (30, 1, '\xdfb68542975ff0ac2ecca660141931b563f5bdefd4441cac4cbfe587128589a5');
INSERT INTO public.trace VALUES (33, 1, '\x5e8df445c1abf72091ba2fb7eacb6f2487a2702667720b1d830cbb8c9ea9ae40');
INSERT INTO public.trace VALUES (36, 1, '\xba0ad8e1f40b0651b31fe116657923667461eccdd98da512c8a41a1053141f76');
INSERT INTO public.trace VALUES (37, 2, '\x7d4412a0cc0929c7f19eb4d8a05cb81d20e2d87d5d06c9d8cb89767ae0fb834e');
INSERT INTO public.trace VALUES (40, 2, '\xcb79cc5806a2509876a9502f2838967eb5f542dc1e8e902b83046c10487dc7d5');
INSERT INTO public.trace VALUES (43, 2, '\x38bf16f1300b20422a3d254771947db1a60c5c9daef0ea83e5d854503ec7849a');
INSERT INTO public.trace VALUES (46, 2, '\xbd52bd0b9892ea4591efc8c8c7bf9463e35594c8a07d7491337f06ca64b50bf9');
INSERT INTO public.trace VALUES (38, 2, '\xc214419da7357f7d74b4a7d10979c4b9a7f6132baf0c0a819a414aefd0f7c2c5');
INSERT INTO public.trace VALUES (41, 2, '\x9c6592388686ceb917533bfd33b6ed8da5f4eaf973c70fb227db46e3733741d4');
INSERT INTO public.trace VALUES (44, 2, '\xf4847eb247e539408b979c84cce78709b37f3c2d09ef83770c34c5cbd2f48443');
INSERT INTO public.trace VALUES (39, 2, '\x4ce026d5e975c9b6bd584bc5c25b7eafa9024b49cbd2dfdfde8f999a88970f1b');
INSERT INTO public.trace VALUES (42, 2, '\x4a5c8af0b5f72abdd7935f9ac6d10f5ecd1baa387daaa042ddfb38ff2a27ae9d');
INSERT INTO public.trace VALUES (45, 2, '\x20a161efdf3483ea068e7db0f411c894513657f614c431979585ec1a3e708928');
INSERT INTO public.trace_digest VALUES (1, 1, '\x45b0bf8562f9899e6b6fb42ca0504470def8bd86a783d4147b53a050613af039');
INSERT INTO public.trace_digest VALUES (4, 1, '\x7c6ffdb8cc3bfdc06d39ad1071c14985bf3438e14d426668e5590baee2edf895');
INSERT INTO public.trace_digest VALUES (7, 1, '\x9e0e0eef43e5e7b0b391349b1ba0d3817c84c80de78ec1fe47c4ec894d9684e3');
INSERT INTO public.trace_digest VALUES (10, 1, '\x0e963ebf40433779c06d3f8ed0e7413fdd62ee6dd221e9d106e324b4de349226');
INSERT INTO public.trace_digest VALUES (13, 1, '\x5bdedee6899d9bf2d0155e5f31f37fc85759ae1d8b6de7dc7c7b77fa96b08af4');
INSERT INTO public.trace_digest VALUES (16, 1, '\x8f26a4d2a40dfe142518b020120977544e10a946fc6c6ed59502a7ec42a6e68e');
INSERT INTO public.trace_digest VALUES (19, 1, '\xd5cd95bfaac49ed6219fce851d662246489fb44b0bd3f9522723d40ad06cd5a5');
INSERT INTO public.trace_digest VALUES (22, 1, '\xe019c633d67313ae79eecee4538b9f5bd31d6f27eb3052f39b3f9d5678185e74');
INSERT INTO public.trace_digest VALUES (25, 1, '\x291dacf643226e8f3e0913a8c1867cc393bf304f8c7df8dc2497083fce915840');
INSERT INTO public.trace_digest VALUES (28, 1, '\x962c196f83833bee78c71929c7bc3eecfc424e9e8ff411396b6adabd8d8613fe');
INSERT INTO public.trace_digest VALUES (31, 1, '\x13d4e664fc2a4ed954a18af7b2c2425f44a539695e725b233bc7ee86505ebbd2');
INSERT INTO public.trace_digest VALUES (34, 1, '\x6dcdfec3ed47b80c7650de9175e3837ef1ddf77bf8cfeba933452683053de939');
INSERT INTO public.trace_digest VALUES (2, 1, '\xfe9d2e35a07e8ce4991e134f845beab8af8bee17cad7018e15fe394550e0f102');
INSERT INTO public.trace_digest VALUES (5, 1, '\x8ac6978cc5f372efc41cf4f2291d50db6c1de983ef8460402acd60c6f28b9726');
INSERT INTO public.trace_digest VALUES (8, 1, '\xcac1f2859b89b6f035950aaaf7d954eac0e083eaa6d9db3bcd23b213d7623f81');
INSERT INTO public.trace_digest VALUES (11, 1, '\x34c963e57bb180c34268fc8b531b0e17d1f507e1245dbc3f26f5f5cfb6291919');
INSERT INTO public.trace_digest VALUES (14, 1, '\x1fac0de95d0279f9d465b68d14bc91c055eb1a29b5ac48bdc6f9da1f56be05e8');
INSERT INTO public.trace_digest VALUES (17, 1, '\x4615ad045f74b7b709c9c91b3e56924635465dc74cee8629ccaaa59f89a6c3bd');
INSERT INTO public.trace_digest VALUES (20, 1, '\x8022a7519e78d7aa260b9e0173945d15ae17af378ad1a37f5e030f05c24dbb39');
INSERT INTO public.trace_digest VALUES (23, 1, '\xfd53398fd64793461d63027b31ad2789fcea5910b3f3265af2a647582c1ae2e9');
INSERT INTO public.trace_digest VALUES (26, 1, '\x6ca42e22e44fb225c1da11a590ce144bccbbb994c2d0213c91513a57d0db9d0d');
INSERT INTO public.trace_digest VALUES (29, 1, '\x3cab7481077cff5488e2528b9eb7c420fe3d6f2d54ba1c6e74bf364935860517');
INSERT INTO public.trace_digest VALUES (32, 1, '\x765b9f8e50227f63a3d746637b4392907e226bd664fddc67b6b9e67a9541c1a7');
INSERT INTO public.trace_digest VALUES (35, 1, '\x62d5396b5b48dd975654b82ff1fb5abf00810ffff50610f1557454838dc5e28d');
INSERT INTO public.trace_digest VALUES (3, 1, '\xa09625298b2035f596354a6ff58ad92f2e6365db5d723aa1b6f7386843907da5');
INSERT INTO public.trace_digest VALUES (6, 1, '\x02849f8be72180f55d8067b1172bdce61542a82063fe52555f1803143592a377');
INSERT INTO public.trace_digest VALUES (9, 1, '\x73181f45577f5d3a47483c24cf3649b7529ff79ea58e3fe14e799611a2057742');
INSERT INTO public.trace_digest VALUES (12, 1, '\xc858cf62c5e7b7547133210016b959f62b37af939678b62b1c845f623c416247');
INSERT INTO public.trace_digest VALUES (15, 1, '\xc4edf0cdaedb995aa57d5214618fe528456767dd7ce7e8909b7e6508a2fb9b9f');
INSERT INTO public.trace_digest VALUES (18, 1, '\xedcd1728d6ebbee3bece25eb3db4b9b791fe36e90a62cafcffde876d42ad8314');
INSERT INTO public.trace_digest VALUES (21, 1, '\x5b3349696b97f3d4654dd217fa635db5e5f6016715c023bc1e7dce858e5a23f5');
INSERT INTO public.trace_digest VALUES (24, 1, '\x5f4cf3285200b95cd80fd98128f9fac25344dd8591b09740339d9114ef302ffb');
INSERT INTO public.trace_digest VALUES (27, 1, '\x641416863d4a3ed820cc440aa3737e2a2d0d8d0fe05e07111ab672ec370d0ee7');
INSERT INTO public.trace_digest VALUES (30, 1, '\x6a6cd10fee0153d94202cd6080f661490f0b5c4b8315361cae7f54b346a63e9d');
INSERT INTO public.trace_digest VALUES (33, 1, '\xf84d1a9b2c2bfc478ffeaae530c100d36218558a59687161d168790b4456329f');
INSERT INTO public.trace_digest VALUES (36, 1, '\xf8cf6c6d9b060a2e78fadf1c41866001eb0525e97a39d0468a4c42ffe6ed5556');
INSERT INTO public.trace_digest VALUES (999999, 1, '\x2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881');
INSERT INTO public.verification VALUES (13, 1, 2, '2026-11-26 01:23:27.252594+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:27.267483+00');
INSERT INTO public.verification VALUES (31, 1, 2, '2026-11-26 01:23:27.252594+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:27.267483+00');
INSERT INTO public.verification VALUES (34, 1, 2, '2026-11-26 01:23:27.252594+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:27.267483+00');
INSERT INTO public.verification VALUES (11, 1, 5, '2026-11-26 01:23:27.252594+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:27.267483+00');
INSERT INTO public.verification VALUES (17, 1, 5, '2026-11-26 01:23:27.252594+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:27.267483+00');
INSERT INTO public.verification VALUES (32, 1, 5, '2026-11-26 01:23:27.252594+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:27.267483+00');
INSERT INTO public.verification VALUES (15, 1, 9, '2026-11-26 01:23:27.252594+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:27.267483+00');
INSERT INTO public.verification VALUES (21, 1, 9, '2026-11-26 01:23:27.252594+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:27.267483+00');
INSERT INTO public.verification VALUES (27, 1, 9, '2026-11-26 01:23:27.252594+00', NULL, 0, NULL, 'error', '{"repo": null, "reason": "It was not verified in time.", "took_s": 0.0, "runtime": null, "sandbox": null, "compared": 0, "matching": 0, "revision": null, "tolerance": 0.0, "required_share": 0.0, "first_difference": null, "largest_difference": null}', '2026-11-26 01:23:27.267483+00');
INSERT INTO public.verification VALUES (40, 2, 2, '2026-11-26 01:23:27.38523+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (43, 2, 2, '2026-11-26 01:23:27.38523+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (41, 2, 5, '2026-11-26 01:23:27.38523+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (39, 2, 9, '2026-11-26 01:23:27.38523+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (42, 2, 9, '2026-11-26 01:23:27.38523+00', NULL, 0, NULL, NULL, NULL, NULL);
INSERT INTO public.verification VALUES (999999, 1, 9, '2026-11-26 01:23:27.401773+00', NULL, 0, NULL, NULL, NULL, NULL);
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
