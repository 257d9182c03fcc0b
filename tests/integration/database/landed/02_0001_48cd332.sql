-- What the migrations of commit 48cd332 made; its rows are from the program of commit fa31768.
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
        where t.cycle_id = r.cycle_id and t.lease_id is null order by t.id limit 4 * p_n) as head
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
      order by t.id limit room.n) as next
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
    excluded text
);
CREATE TABLE public.executor (
    id integer NOT NULL,
    name text NOT NULL,
    last_seen_at timestamp with time zone,
    fingerprint text,
    versions jsonb DEFAULT '{}'::jsonb NOT NULL
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
    CONSTRAINT executor_key_scope_check CHECK ((scope = ANY (ARRAY['tasks'::text, 'read'::text])))
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
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (2, 'running', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0"}', 105, '\xfc8deb876cfce604c9641b7cda0a9a7f5f7a897c60ef6de43117aa2795f5aa1a', '\x7db055f6238bd247944e241eb088a8f03343ed986625760317644d7e5b9257e4', '\x9f64297936f1afab81901bc856b479e0c4f6e94d6b3650490f01b5818a834c88', 107, 109, '\x012def04c7a86701f62161deb0035b1a95653cf9abadea1a7e92d712f4902402', 'physics-1', false, '2026-11-26 01:23:17.124827+00', '2026-11-26 07:23:17.153954+00', '2026-11-26 01:23:17.153954+00', NULL, NULL, NULL);
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (1, 'published', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0"}', 100, '\x29c6cf7c6224e18387a54e46051bfc51fa6a61aa59bdc3dbb4117dd6c8335454', '\xdfade040bda8445954c17ac137ddf94a160e13f89e9f03bdcbb6717a4d9584bb', '\xef64ed9ef1d0b89d5437fcf57b309f29a5b0bcc996abedfe7c4b304b2aa928fc', 102, 104, '\x2037eb4738f0e535ce38930ffd86bf63b4487bdf34da1811a0f02cc1e65e78b9', 'physics-1', false, '2026-11-26 01:23:17.023626+00', '2026-11-26 07:23:17.056807+00', '2026-11-26 01:23:17.056807+00', '2026-11-26 01:23:17.089884+00', '2026-11-26 01:23:17.113058+00', '\x9a8d9bd0fb6a7497c645c664fa5cb78adc3b6fb321919005f04ead789825a68b');
INSERT INTO public.cycle_miner VALUES (1, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL);
INSERT INTO public.cycle_miner VALUES (1, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL);
INSERT INTO public.cycle_miner VALUES (1, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL);
INSERT INTO public.cycle_miner VALUES (2, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL);
INSERT INTO public.cycle_miner VALUES (2, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL);
INSERT INTO public.cycle_miner VALUES (2, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (1, 'one', '2026-11-26 01:23:17.061938+00', 'physics-1', '{}');
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (2, 'two', NULL, NULL, '{}');
INSERT INTO public.executor_key OVERRIDING SYSTEM VALUE VALUES (1, 2, '\xc492cbf8eb20b8979a3d6e0e6c16e05f032f2be7e7ae722df5b92698c38690e9', 'tasks', '2026-11-26 01:23:17.174747+00', NULL, NULL);
INSERT INTO public.lease VALUES (3, 2, 1, '2026-11-26 01:23:17.164573+00', '2026-11-26 01:24:17.164573+00', '{49,47,50,48,51}', '{2,5,5,9,9}');
INSERT INTO public.publication VALUES (1, 1, 100, '{"block": 100, "notes": [], "miners": [{"uid": 9, "hotkey": "hotkey-9", "points": 4.0, "weight": 1.0, "frontier": true, "priority": 1, "first_block": 49, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}]}, {"uid": 2, "hotkey": "hotkey-2", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 2, "first_block": 42, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": false, "p_value": 0.03125, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "successes": 1, "success_rate": 0.16666666666666666}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.0625, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}]}, {"uid": 5, "hotkey": "hotkey-5", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 3, "first_block": 45, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "successes": 3, "success_rate": 0.5}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.0625, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}]}], "cycle_id": 1, "environments": ["metaworld/reach-v3", "metaworld/push-v3"], "published_at": "2026-11-26T01:23:17.089884+00:00", "void_episodes": 0}', '{"block": 100, "netuid": 1, "hotkeys": {"9": "hotkey-9"}, "weights": {"9": 1.0}, "cycle_id": 1, "fallback": "none", "weights_u16": {"9": 65535}, "published_at": "2026-11-26T01:23:17.089884+00:00"}', '{"2": {"uid": 2, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 9, "subsets_taken": 1, "needed_to_overtake": null, "shared_environments": 1}], "weight": 0.0, "subsets": [{"led": 1, "won": 0, "size": 1, "points": 0}], "summary": "It leads 1 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 2, "estimated": false, "all_points": 4, "first_block": 42, "disqualified": false, "environments": [{"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": false, "p_value": 0.03125, "best_uid": 9, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "only_best": 5, "successes": 1, "only_miner": 0, "success_rate": 0.16666666666666666, "best_successes": 6, "needed_to_lead": 1}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.0625, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 4, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 6, "needed_to_lead": 0}]}, "5": {"uid": 5, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 7, "subsets_taken": 3, "needed_to_overtake": null, "shared_environments": 2}], "weight": 0.0, "subsets": [{"led": 2, "won": 0, "size": 1, "points": 0}, {"led": 1, "won": 0, "size": 2, "points": 0}], "summary": "It leads 2 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 3, "estimated": false, "all_points": 4, "first_block": 45, "disqualified": false, "environments": [{"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "only_best": 3, "successes": 3, "only_miner": 0, "success_rate": 0.5, "best_successes": 6, "needed_to_lead": 0}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.0625, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 4, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 6, "needed_to_lead": 0}]}, "9": {"uid": 9, "points": 4, "rivals": [], "weight": 1.0, "subsets": [{"led": 2, "won": 2, "size": 1, "points": 2}, {"led": 1, "won": 1, "size": 2, "points": 2}], "summary": "It leads 2 of the 2 environments and wins 3 of the 3 subsets of them: 100.0% of all points.", "frontier": true, "priority": 1, "estimated": false, "all_points": 4, "first_block": 49, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}]}}', '2026-11-26 01:23:17.089884+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 2, 0, 0, '\xd13ccc97fd5fa3a10e8f41a850889d1c', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (4, 1, 1, 2, 1, 0, '\x7303bdb98f41c3e3e75dbf1ffdac651a', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, 2, 0, 1, '\x3268d528868205454a63619a336981df', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (10, 1, 1, 2, 1, 1, '\x1e67b0d10842564d3f1e5557b12cd541', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (13, 1, 1, 2, 0, 2, '\x3f1b500c4ec67bb26f652fe6bd1cd260', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (16, 1, 1, 2, 1, 2, '\x7dfa13397e12dd6e2df6fa3326143cde', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (19, 1, 1, 2, 0, 3, '\x8ddf7ac371f2bbed9e165988a676fd26', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (22, 1, 1, 2, 1, 3, '\x79097b20b07adde0e4f9adff3391fc4a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (25, 1, 1, 2, 0, 4, '\x55b302add04e9669b6e26a1af16f9579', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (28, 1, 1, 2, 1, 4, '\xa996cabe0986b26d0124ab116774f5a8', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (31, 1, 1, 2, 0, 5, '\x9babe6a2d588fd0eb08659a803d47448', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (34, 1, 1, 2, 1, 5, '\xfb6f88200a20bb57a6161e0139363df0', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (2, 1, 1, 5, 0, 0, '\xd13ccc97fd5fa3a10e8f41a850889d1c', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (5, 1, 1, 5, 1, 0, '\x7303bdb98f41c3e3e75dbf1ffdac651a', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (8, 1, 1, 5, 0, 1, '\x3268d528868205454a63619a336981df', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (11, 1, 1, 5, 1, 1, '\x1e67b0d10842564d3f1e5557b12cd541', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (14, 1, 1, 5, 0, 2, '\x3f1b500c4ec67bb26f652fe6bd1cd260', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (17, 1, 1, 5, 1, 2, '\x7dfa13397e12dd6e2df6fa3326143cde', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (20, 1, 1, 5, 0, 3, '\x8ddf7ac371f2bbed9e165988a676fd26', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (23, 1, 1, 5, 1, 3, '\x79097b20b07adde0e4f9adff3391fc4a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (26, 1, 1, 5, 0, 4, '\x55b302add04e9669b6e26a1af16f9579', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (29, 1, 1, 5, 1, 4, '\xa996cabe0986b26d0124ab116774f5a8', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (32, 1, 1, 5, 0, 5, '\x9babe6a2d588fd0eb08659a803d47448', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (35, 1, 1, 5, 1, 5, '\xfb6f88200a20bb57a6161e0139363df0', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 9, 0, 0, '\xd13ccc97fd5fa3a10e8f41a850889d1c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (6, 1, 1, 9, 1, 0, '\x7303bdb98f41c3e3e75dbf1ffdac651a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (9, 1, 1, 9, 0, 1, '\x3268d528868205454a63619a336981df', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (12, 1, 1, 9, 1, 1, '\x1e67b0d10842564d3f1e5557b12cd541', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (15, 1, 1, 9, 0, 2, '\x3f1b500c4ec67bb26f652fe6bd1cd260', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (18, 1, 1, 9, 1, 2, '\x7dfa13397e12dd6e2df6fa3326143cde', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (21, 1, 1, 9, 0, 3, '\x8ddf7ac371f2bbed9e165988a676fd26', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (24, 1, 1, 9, 1, 3, '\x79097b20b07adde0e4f9adff3391fc4a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (27, 1, 1, 9, 0, 4, '\x55b302add04e9669b6e26a1af16f9579', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (30, 1, 1, 9, 1, 4, '\xa996cabe0986b26d0124ab116774f5a8', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (33, 1, 1, 9, 0, 5, '\x9babe6a2d588fd0eb08659a803d47448', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (36, 1, 1, 9, 1, 5, '\xfb6f88200a20bb57a6161e0139363df0', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.075251+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (52, NULL, 2, 2, 1, 2, '\xec08c1b0479868621026b51fe0304501', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (53, NULL, 2, 5, 1, 2, '\xec08c1b0479868621026b51fe0304501', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (54, NULL, 2, 9, 1, 2, '\xec08c1b0479868621026b51fe0304501', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (55, NULL, 2, 2, 0, 3, '\xeb355de8d1504f1780d42f545651c7da', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (56, NULL, 2, 5, 0, 3, '\xeb355de8d1504f1780d42f545651c7da', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (57, NULL, 2, 9, 0, 3, '\xeb355de8d1504f1780d42f545651c7da', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (58, NULL, 2, 2, 1, 3, '\xd6ca1ae408f093a9c03470e43f0be395', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (59, NULL, 2, 5, 1, 3, '\xd6ca1ae408f093a9c03470e43f0be395', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (60, NULL, 2, 9, 1, 3, '\xd6ca1ae408f093a9c03470e43f0be395', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (61, NULL, 2, 2, 0, 4, '\x015d264bd021e08d21c538b59254cf9d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (62, NULL, 2, 5, 0, 4, '\x015d264bd021e08d21c538b59254cf9d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (63, NULL, 2, 9, 0, 4, '\x015d264bd021e08d21c538b59254cf9d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (64, NULL, 2, 2, 1, 4, '\x6b6151172f098474080eed9723ec942e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (65, NULL, 2, 5, 1, 4, '\x6b6151172f098474080eed9723ec942e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (66, NULL, 2, 9, 1, 4, '\x6b6151172f098474080eed9723ec942e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (67, NULL, 2, 2, 0, 5, '\x75b512772d69f6a3684d88be35bebe9c', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (68, NULL, 2, 5, 0, 5, '\x75b512772d69f6a3684d88be35bebe9c', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (69, NULL, 2, 9, 0, 5, '\x75b512772d69f6a3684d88be35bebe9c', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (70, NULL, 2, 2, 1, 5, '\xd57e7e386c67cc6a6887d9650b385dd9', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (71, NULL, 2, 5, 1, 5, '\xd57e7e386c67cc6a6887d9650b385dd9', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (72, NULL, 2, 9, 1, 5, '\xd57e7e386c67cc6a6887d9650b385dd9', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (37, 2, 2, 2, 0, 0, '\x5f3d1930cf11dac350a2d14e398067ec', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (40, 2, 2, 2, 1, 0, '\xb4f02192c8563200b3f276cb83ba1c65', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (43, 2, 2, 2, 0, 1, '\x1574c23d6ed59d8bebb6e67d1b045be0', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (46, 2, 2, 2, 1, 1, '\x0e6b6fde4db27872ef392cdc069fea2b', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (38, 2, 2, 5, 0, 0, '\x5f3d1930cf11dac350a2d14e398067ec', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (41, 2, 2, 5, 1, 0, '\xb4f02192c8563200b3f276cb83ba1c65', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (44, 2, 2, 5, 0, 1, '\x1574c23d6ed59d8bebb6e67d1b045be0', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (39, 2, 2, 9, 0, 0, '\x5f3d1930cf11dac350a2d14e398067ec', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (42, 2, 2, 9, 1, 0, '\xb4f02192c8563200b3f276cb83ba1c65', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (45, 2, 2, 9, 0, 1, '\x1574c23d6ed59d8bebb6e67d1b045be0', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:17.163526+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (49, 3, 2, 2, 0, 2, '\xa9529d799383d045ff1135aa1c1ac59d', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (47, 3, 2, 5, 1, 1, '\x0e6b6fde4db27872ef392cdc069fea2b', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (50, 3, 2, 5, 0, 2, '\xa9529d799383d045ff1135aa1c1ac59d', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (48, 3, 2, 9, 1, 1, '\x0e6b6fde4db27872ef392cdc069fea2b', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (51, 3, 2, 9, 0, 2, '\xa9529d799383d045ff1135aa1c1ac59d', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.trace VALUES (1, 1, '\xb544a2eac4b78fa73da51ff2541da56b30d612c4756a9f4adb8d24c8817cf863');
INSERT INTO public.trace VALUES (4, 1, '\x4f0bdd5ce5952ed69c0dd5091220ef0eaaf5ba6f780eabf0898ebc81796eff3e');
INSERT INTO public.trace VALUES (7, 1, '\x89c7cee725fcf40ba0e6c2daf5f0e7f4f50148a7e4bd2d3c8297c772999cc639');
INSERT INTO public.trace VALUES (10, 1, '\x49646687dd08fb13951ca513d47c474b48578c195892cb893f28b5d91c618675');
INSERT INTO public.trace VALUES (13, 1, '\xfa932ef61c57351125e16032c86084f8c28acb00e030cae16e2c3a590b1c2f7c');
INSERT INTO public.trace VALUES (16, 1, '\x32bf0240b78020cb1a6f56af152ca185332f44cd3a8821bd14e2c402be373c83');
INSERT INTO public.trace VALUES (19, 1, '\x68f8ccbc28833ff42b77552d1ec75893b3b1bdbeda0f68837b2063cc94fc7957');
INSERT INTO public.trace VALUES (22, 1, '\x9f6c610085d8494bc50a97af16b99c6b8fe72ec2bd24bb5b4714d531e928a6a8');
INSERT INTO public.trace VALUES (25, 1, '\x235b07bbb4404e1518d9aee54f2ecc833c023e30a4e3bf3363c5385a685f5026');
INSERT INTO public.trace VALUES (28, 1, '\xa52068295adcf3856d80036c699fbcc53ad7bb5a03b7de16ac2c4e4e71cefd7b');
INSERT INTO public.trace VALUES (31, 1, '\x26031fb49596740a34dc8174c844e3d9e6c21a87324fe991a932e781cf8a737d');
INSERT INTO public.trace VALUES (34, 1, '\x57837067789be9379f4061daab331904a000d182d2181868ba10afd4e5b32e95');
INSERT INTO public.trace VALUES (2, 1, '\x77eed012281d2a75acc3218d1d327317f379a575ae9ba4a8ea3437fba7be5c15');
INSERT INTO public.trace VALUES (5, 1, '\xbf1e73c06d1714dda3738b10c3d38ce0b3f8ef315deb5c6f15238a6a3903ea86');
INSERT INTO public.trace VALUES (8, 1, '\x3aa587b1e820c588b3d5fc47696262415ad17f938a223d606a75e905eabd6e0e');
INSERT INTO public.trace VALUES (11, 1, '\x637c309e4d890be7e1358fc0bc663a35a58797e06cb4087c722990f99354b3cf');
INSERT INTO public.trace VALUES (14, 1, '\x25d597e44ca76d11ba83a48905a7635e6ea144e8036f454ab760d661169c79e4');
INSERT INTO public.trace VALUES (17, 1, '\x2f89da7e650da080fb47febd4197f92d7dc8cc9bfae04196f0d5ad54b4651b4a');
INSERT INTO public.trace VALUES (20, 1, '\x807fe6f17fd5d341cc3fa8d9a1f6dcccfd1e5ca9e4278b641b7e77c79cf3d6dd');
INSERT INTO public.trace VALUES (23, 1, '\x847d387e6c2ffe0becf970099d24452ff20b4a7864696313515dd4c776e8a6d5');
INSERT INTO public.trace VALUES (26, 1, '\xf46fdab5c5e7681c3ee640d452c02bb291ffd8e2c959deb9e075a2ed3c4ffd68');
INSERT INTO public.trace VALUES (29, 1, '\xe50547b0325542d824705601c0ec7e3aab43028413736ae4d4c8a6e10300c6dc');
INSERT INTO public.trace VALUES (32, 1, '\x50a7b0994cdeaffd1a6995dca278f027242e96ef9c0991e6ce13dc5e08880e6a');
INSERT INTO public.trace VALUES (35, 1, '\x452aa57579767bbd57296f6f0605d4d321963fd396d7ee2313d6f24f72f6400b');
INSERT INTO public.trace VALUES (3, 1, '\x6178bd0b68e502369f7cc4fcb52882ab01a8d7f446d121db18c510d101f4a57a');
INSERT INTO public.trace VALUES (6, 1, '\xa1db8c2eabb1ec65d7a60010ba8ec5728c56ef86c3568daccb1396c8d8dec29d');
INSERT INTO public.trace VALUES (9, 1, '\x049da3e630424b6d0a060a6f3b6234b65fe1a99df0f9a11417ab6d5a2f780e62');
INSERT INTO public.trace VALUES (12, 1, '\x595a363d5b103eabc0fcf743991cf620bb1a8894edb7dad4fb3dcb3a2a70c013');
INSERT INTO public.trace VALUES (15, 1, '\xf7fdadb90f186e738594d95b43437b2e85afc5f474be094064576b9f7030a290');
INSERT INTO public.trace VALUES (18, 1, '\x5d16da1cc32c0293b186ce792033e8704892ba342d53cc0882fba9715fdb8e1c');
INSERT INTO public.trace VALUES (21, 1, '\x496c74cd1995df4910fd460ed1f0717ae7e567505c4da8d1b141ec0da0000f07');
INSERT INTO public.trace VALUES (24, 1, '\x850aa8e4ce1044095463dab17c854f3ba68f3db070ed9ba246f206a9ddbc7783');
INSERT INTO public.trace VALUES (27, 1, '\x0ec522752f15bf5ccaaa476c5828b59f98becdd178951e9177509f0911809608');
INSERT INTO public.trace VALUES (30, 1, '\x4789632cdc4c4ad7d63c28291e650fa725a5e4d7a58c245a2f72ed611011ea43');
INSERT INTO public.trace VALUES (33, 1, '\x32cbe05a64c36c519193ee8723f55b97ce30469a8410fd2ad92cbe3595c32776');
INSERT INTO public.trace VALUES (36, 1, '\x4c19ef33bc701cb5b87b2bdf31df0be5faad7cd33fc78db2dbfb304bcb4ee3c2');
INSERT INTO public.trace VALUES (37, 2, '\xb6b1597646b21eeff31744808e73c081025bb7c7b5d5db27288bae2dcd1360e3');
INSERT INTO public.trace VALUES (40, 2, '\xdf0364431f31ca30f1bfdd95c5acb80da6fffb80d7c1432edba4ed4d110f5a33');
INSERT INTO public.trace VALUES (43, 2, '\xad2988ee2c1c60ae8c4ecc69321d9a90dff083fef8eba20943f52605dc4039a6');
INSERT INTO public.trace VALUES (46, 2, '\x37d1ae063beda647d06adeb4658dc3fbde31417d3b9159af3c83740d567b3066');
INSERT INTO public.trace VALUES (38, 2, '\xb579a834e2f1196193991d099fbaa725d5e887b124b4a68ca0159011d01f2fa5');
INSERT INTO public.trace VALUES (41, 2, '\x445eaeff822a5cf1d4912429601d36e4ca1ba8da66a765f41e60040d86a6f554');
INSERT INTO public.trace VALUES (44, 2, '\x13a646f716abb18e4b9eecdfe8b82e5ded43ecfc384325d6fbf1ba43cf70cfeb');
INSERT INTO public.trace VALUES (39, 2, '\xb8c2a66bef413cf49bbf68451dd0ee0506cd3c9297dac81cb0eaa3d1f511e66a');
INSERT INTO public.trace VALUES (42, 2, '\x576db1ef19f7c7d948526a5d873dfaffd3e8d9abfde662287f9265d200a41010');
INSERT INTO public.trace VALUES (45, 2, '\xbffd3b333d2a005de564e209b4617ab6ecc27a6058761d425166a160206d5b99');
INSERT INTO public.trace_digest VALUES (1, 1, '\xfc58071a1cdf9f4986d82c9d82c5a6f85da9a162d362b29d12c575388216dcb5');
INSERT INTO public.trace_digest VALUES (4, 1, '\x418e9e34e3a1b545c3454d4361af617263b92d30405e665d155489fe181c9c46');
INSERT INTO public.trace_digest VALUES (7, 1, '\xe9fc57b9ba3170d8645ee758268f1730a19499238bc61ba3097edbbb90e9f669');
INSERT INTO public.trace_digest VALUES (10, 1, '\xec23537342adff7db604d491ca518249b3fddf7983fb37b271af3b66dcbcf626');
INSERT INTO public.trace_digest VALUES (13, 1, '\x401fbd32959ed61b981f2782401d9764cf78ff13c1c200c6635ae0ee566d5383');
INSERT INTO public.trace_digest VALUES (16, 1, '\x36f13acc5fb48899b53b777632ba3853c5543876b647a9bd9e018e14b943476f');
INSERT INTO public.trace_digest VALUES (19, 1, '\x85474e98ed8ebf72bad61bf03c9b7e8d21f25415209267c02000caf512784b5d');
INSERT INTO public.trace_digest VALUES (22, 1, '\x4ec3dde410aa02f36dac97b6be7f93dd8097bb53869722038689bd45e1ca2430');
INSERT INTO public.trace_digest VALUES (25, 1, '\x03236a7be5fcdb2868019bf3e5129a292e7ce148ba09f55420f8f6554bf6553a');
INSERT INTO public.trace_digest VALUES (28, 1, '\xf17e3e89fe95936bc8a3f856d612b435d9b8d4fb0c2d0693f68f27a02bef2d6e');
INSERT INTO public.trace_digest VALUES (31, 1, '\xc49cca17e4a5622412fe9f5e8a857e2ca736e2e1b007f1e3053f592a0bd58cbc');
INSERT INTO public.trace_digest VALUES (34, 1, '\x7708a38373089033b8a98bdac3a5acf1a0bdb8a6e2c8e5cf6e0b75487cab8102');
INSERT INTO public.trace_digest VALUES (2, 1, '\x7254f58cda140329b1ada7adefaf621106f14650dc72cc04de5aa46bfc50efce');
INSERT INTO public.trace_digest VALUES (5, 1, '\x11a29aed23c36f14c3a36808f11278153fc38dab83410bdfd54ebe2c8645ee47');
INSERT INTO public.trace_digest VALUES (8, 1, '\x3db005085f71c6a5110637adb2e7642eb054834d440ecd912f697e50fe21ad80');
INSERT INTO public.trace_digest VALUES (11, 1, '\xd1296cc540ed1f3f8b33c540f1889f349920ba0861b425fa7fba906ee925b28b');
INSERT INTO public.trace_digest VALUES (14, 1, '\x92ec94da16c7ec0de0a4f3d1b28f19641ff89751de39c16cdec488cb57b277ff');
INSERT INTO public.trace_digest VALUES (17, 1, '\x4d1c28aa7cb172338b0982029abfd5723bc9159be6125ab1b30d19a96dae2eca');
INSERT INTO public.trace_digest VALUES (20, 1, '\x7071a6a06b55c0027e4e27ef3e861517b74fd7bae048b73213f26a224dd92d7b');
INSERT INTO public.trace_digest VALUES (23, 1, '\x08b9f6e17cc501fb6890de283367fefb6672b722068b588d303976955c275a94');
INSERT INTO public.trace_digest VALUES (26, 1, '\xf794c482fc2d602ed48cf864371c43911c2aff2c03b60dcd794a4506d5086f35');
INSERT INTO public.trace_digest VALUES (29, 1, '\x505d29eed828f54325fa2830ae5f8aee89fa81a7828bc00f3270fd822f445615');
INSERT INTO public.trace_digest VALUES (32, 1, '\x3e02b0f4887a63c32c0716ab744402e7b5cd747f0d9390138a9b1a8ea2840087');
INSERT INTO public.trace_digest VALUES (35, 1, '\x64c1da8f4e51eb65b56073ecbd779630b02bb24b49c4f3627d077322534f1ddc');
INSERT INTO public.trace_digest VALUES (3, 1, '\xf6a97ff110d760b27fbc4cb5d07c40899f3c93842b78d2e24462759d69b045ea');
INSERT INTO public.trace_digest VALUES (6, 1, '\x1b83c18d36cfe4fd4483e654cb0867dc447abfd6d2b64018f0d111d266c0b2db');
INSERT INTO public.trace_digest VALUES (9, 1, '\x7fe06008f25f20b067f6312e0945f0dbe363be8c04e8b732b0ac906170c0e6cc');
INSERT INTO public.trace_digest VALUES (12, 1, '\xcd14eba1bf3cf19ccd1b2ee6ad8972a42351ef4ec2fed042608a92ca7799105e');
INSERT INTO public.trace_digest VALUES (15, 1, '\xbaafbba0f03e673395f6d76266497d3a89cbf7e120b32208c381edf9117c7c8a');
INSERT INTO public.trace_digest VALUES (18, 1, '\x277663d783613e2e184887b79149f906c8f35e3bc2fe364ef05eb635dc484091');
INSERT INTO public.trace_digest VALUES (21, 1, '\x2fdc5b9c8e487e4f58fbfadd4c2e95a71fd5e268c9738addee32aac936ed99ae');
INSERT INTO public.trace_digest VALUES (24, 1, '\x6c10aa8ffa03771cd20098e68daa470aa86a7409cb168b75302328a21ba3218e');
INSERT INTO public.trace_digest VALUES (27, 1, '\x61e559f29c7294f8afffaa8d1a5be6398312a7ebd85ef466c4ef4c9c7ada7851');
INSERT INTO public.trace_digest VALUES (30, 1, '\xeb4da2bff5fb3b34f39a67833e8305baef2d06b4269a874fc3e20cc17452c4cb');
INSERT INTO public.trace_digest VALUES (33, 1, '\x07c1a6d7ef498a15f2e4f2d905e1e123a06d338eb40e284e0a34213765412401');
INSERT INTO public.trace_digest VALUES (36, 1, '\xe0383f32cfb565cd7d055f0328e35a86d7c80c927ccced80727f1468ebe67a98');
INSERT INTO public.trace_digest VALUES (999999, 1, '\x2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881');
SELECT pg_catalog.setval('public.cycle_id_seq', 2, true);
SELECT pg_catalog.setval('public.executor_id_seq', 2, true);
SELECT pg_catalog.setval('public.executor_key_id_seq', 1, true);
SELECT pg_catalog.setval('public.lease_id_seq', 3, true);
SELECT pg_catalog.setval('public.task_id_seq', 72, true);
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
ALTER TABLE ONLY public.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.trace_digest
    ADD CONSTRAINT trace_digest_pkey PRIMARY KEY (task_id);
ALTER TABLE ONLY public.trace
    ADD CONSTRAINT trace_pkey PRIMARY KEY (task_id);
CREATE UNIQUE INDEX cycle_active ON public.cycle USING btree (netuid) WHERE (state = ANY (ARRAY['open'::text, 'running'::text, 'scoring'::text]));
CREATE INDEX publication_block ON public.publication USING btree (netuid, block);
CREATE INDEX task_cycle ON public.task USING brin (cycle_id) WITH (pages_per_range='16');
CREATE INDEX task_next ON public.task USING btree (cycle_id, id) WHERE (lease_id IS NULL);
CREATE INDEX task_next_of_miner ON public.task USING btree (cycle_id, uid, id) WHERE (lease_id IS NULL);
CREATE INDEX trace_cycle ON public.trace USING btree (cycle_id);
CREATE INDEX trace_digest_cycle ON public.trace_digest USING btree (cycle_id);
ALTER TABLE ONLY public.cycle_miner
    ADD CONSTRAINT cycle_miner_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES public.cycle(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.executor_key
    ADD CONSTRAINT executor_key_executor_id_fkey FOREIGN KEY (executor_id) REFERENCES public.executor(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.publication
    ADD CONSTRAINT publication_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES public.cycle(id) ON DELETE CASCADE;
