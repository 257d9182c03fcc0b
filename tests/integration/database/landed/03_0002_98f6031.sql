-- What the migrations of commit 98f6031 made; its rows are from the program of commit 85850aa.
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
    excluded text,
    sealed boolean DEFAULT false NOT NULL
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
INSERT INTO public.alembic_version VALUES ('0002');
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (2, 'running', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0"}', 105, '\xfc8deb876cfce604c9641b7cda0a9a7f5f7a897c60ef6de43117aa2795f5aa1a', '\xd7e644e8aa0f688c42d6a26b7b451649b623aadd827c7c69e93dc8a8099fd76d', '\x951c6cb808dcf4a3b6120f380d1b3266b35d19bf8c850ab25276ae5718672e91', 107, 109, '\x012def04c7a86701f62161deb0035b1a95653cf9abadea1a7e92d712f4902402', 'physics-1', false, '2026-11-26 01:23:20.367391+00', '2026-11-26 07:23:20.396614+00', '2026-11-26 01:23:20.396614+00', NULL, NULL, NULL);
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (1, 'published', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0"}', 100, '\x29c6cf7c6224e18387a54e46051bfc51fa6a61aa59bdc3dbb4117dd6c8335454', '\x13f47e55f1d38520aab1ad41f49fa13c53d6ee31ec9901f20c3abe6fd48fcaba', '\x49e5ffb033d986bd16b343f69040df39818b4d900f84212047ce1a924a7f76cf', 102, 104, '\x2037eb4738f0e535ce38930ffd86bf63b4487bdf34da1811a0f02cc1e65e78b9', 'physics-1', false, '2026-11-26 01:23:20.273471+00', '2026-11-26 07:23:20.30733+00', '2026-11-26 01:23:20.30733+00', '2026-11-26 01:23:20.338706+00', '2026-11-26 01:23:20.356156+00', '\xc03e2f40796adda185b56f285b89412833e4af01f8d2f7a17b97aaeec031d1c5');
INSERT INTO public.cycle_miner VALUES (1, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (1, 'one', '2026-11-26 01:23:20.312625+00', 'physics-1', '{}');
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (2, 'two', NULL, NULL, '{}');
INSERT INTO public.executor_key OVERRIDING SYSTEM VALUE VALUES (1, 2, '\xc02d69fd87ddcfbe8a8ecfe8ca90ace294481334a85dc1a09cf2a5f5cf6e61c1', 'tasks', '2026-11-26 01:23:20.419283+00', NULL, NULL);
INSERT INTO public.lease VALUES (3, 2, 1, '2026-11-26 01:23:20.403226+00', '2026-11-26 01:24:20.403226+00', '{49,47,50,48,51}', '{2,5,5,9,9}');
INSERT INTO public.publication VALUES (1, 1, 100, '{"block": 100, "notes": [], "miners": [{"uid": 5, "hotkey": "hotkey-5", "points": 4.0, "weight": 1.0, "frontier": true, "priority": 1, "first_block": 45, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "successes": 3, "success_rate": 0.5}]}, {"uid": 2, "hotkey": "hotkey-2", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 3, "first_block": 42, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.0625, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "successes": 2, "success_rate": 0.3333333333333333}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": false, "p_value": 0.03125, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "successes": 1, "success_rate": 0.16666666666666666}]}, {"uid": 9, "hotkey": "hotkey-9", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 2, "first_block": 49, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 1.0, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}]}], "cycle_id": 1, "environments": ["metaworld/reach-v3", "metaworld/push-v3"], "published_at": "2026-11-26T01:23:20.338706+00:00", "void_episodes": 0}', '{"block": 100, "netuid": 1, "hotkeys": {"5": "hotkey-5"}, "weights": {"5": 1.0}, "cycle_id": 1, "fallback": "none", "weights_u16": {"5": 65535}, "published_at": "2026-11-26T01:23:20.338706+00:00"}', '{"2": {"uid": 2, "points": 0, "rivals": [{"uid": 5, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 6, "subsets_taken": 1, "needed_to_overtake": null, "shared_environments": 1}], "weight": 0.0, "subsets": [{"led": 1, "won": 0, "size": 1, "points": 0}], "summary": "It leads 1 of the 2 environments, but earlier or better miners (uid 5) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 3, "estimated": false, "all_points": 4, "first_block": 42, "disqualified": false, "environments": [{"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.0625, "best_uid": 5, "eligible": true, "episodes": 6, "interval": [0.09677141110578046, 0.700006684861608], "only_best": 4, "successes": 2, "only_miner": 0, "success_rate": 0.3333333333333333, "best_successes": 6, "needed_to_lead": 0}, {"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": false, "p_value": 0.03125, "best_uid": 9, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "only_best": 5, "successes": 1, "only_miner": 0, "success_rate": 0.16666666666666666, "best_successes": 6, "needed_to_lead": 1}]}, "5": {"uid": 5, "points": 4, "rivals": [], "weight": 1.0, "subsets": [{"led": 2, "won": 2, "size": 1, "points": 2}, {"led": 1, "won": 1, "size": 2, "points": 2}], "summary": "It leads 2 of the 2 environments and wins 3 of the 3 subsets of them: 100.0% of all points.", "frontier": true, "priority": 1, "estimated": false, "all_points": 4, "first_block": 45, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": null, "best_uid": 5, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "only_best": 3, "successes": 3, "only_miner": 0, "success_rate": 0.5, "best_successes": 6, "needed_to_lead": 0}]}, "9": {"uid": 9, "points": 0, "rivals": [{"uid": 5, "level": 0.025, "p_value": 0.125, "only_miner": 3, "only_rival": 0, "subsets_taken": 3, "needed_to_overtake": 3, "shared_environments": 2}], "weight": 0.0, "subsets": [{"led": 2, "won": 0, "size": 1, "points": 0}, {"led": 1, "won": 0, "size": 2, "points": 0}], "summary": "It leads 2 of the 2 environments, but earlier or better miners (uid 5) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 2, "estimated": false, "all_points": 4, "first_block": 49, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 1.0, "best_uid": 5, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}]}}', '2026-11-26 01:23:20.338706+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 2, 0, 0, '\x502c01974a770ef637ad6be0432d4f9a', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (4, 1, 1, 2, 1, 0, '\x563b8aba7771e86d6e9773e12174c681', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, 2, 0, 1, '\x0cd1285425f77d175e320cce2d2fdf63', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (10, 1, 1, 2, 1, 1, '\xf317fa542e2e98090afd962a6d2b8809', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (13, 1, 1, 2, 0, 2, '\xa4e12c48c53dd8541be307ffc62b4042', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (16, 1, 1, 2, 1, 2, '\x6770e0981b1175a672e175a9c738cca3', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (19, 1, 1, 2, 0, 3, '\xfcc5ab93d1b3fd80d859b3ca0609dc4c', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (22, 1, 1, 2, 1, 3, '\x84bf18f09aeee3c56690b77d68e2f8f1', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (25, 1, 1, 2, 0, 4, '\x5b4374fba4af84de38e0ac7c03ba5081', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (28, 1, 1, 2, 1, 4, '\xddc9bda8e2fdc99006b56916e2e01cad', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (31, 1, 1, 2, 0, 5, '\x9502ec945cbe8c8f36707c431f50efe0', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (34, 1, 1, 2, 1, 5, '\x2a4b30f75a5991fbf33579249b60ff7b', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (2, 1, 1, 5, 0, 0, '\x502c01974a770ef637ad6be0432d4f9a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (5, 1, 1, 5, 1, 0, '\x563b8aba7771e86d6e9773e12174c681', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (8, 1, 1, 5, 0, 1, '\x0cd1285425f77d175e320cce2d2fdf63', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (11, 1, 1, 5, 1, 1, '\xf317fa542e2e98090afd962a6d2b8809', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (14, 1, 1, 5, 0, 2, '\xa4e12c48c53dd8541be307ffc62b4042', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (17, 1, 1, 5, 1, 2, '\x6770e0981b1175a672e175a9c738cca3', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (20, 1, 1, 5, 0, 3, '\xfcc5ab93d1b3fd80d859b3ca0609dc4c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (23, 1, 1, 5, 1, 3, '\x84bf18f09aeee3c56690b77d68e2f8f1', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (26, 1, 1, 5, 0, 4, '\x5b4374fba4af84de38e0ac7c03ba5081', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (29, 1, 1, 5, 1, 4, '\xddc9bda8e2fdc99006b56916e2e01cad', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (32, 1, 1, 5, 0, 5, '\x9502ec945cbe8c8f36707c431f50efe0', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (35, 1, 1, 5, 1, 5, '\x2a4b30f75a5991fbf33579249b60ff7b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 9, 0, 0, '\x502c01974a770ef637ad6be0432d4f9a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (6, 1, 1, 9, 1, 0, '\x563b8aba7771e86d6e9773e12174c681', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (9, 1, 1, 9, 0, 1, '\x0cd1285425f77d175e320cce2d2fdf63', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (12, 1, 1, 9, 1, 1, '\xf317fa542e2e98090afd962a6d2b8809', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (15, 1, 1, 9, 0, 2, '\xa4e12c48c53dd8541be307ffc62b4042', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (18, 1, 1, 9, 1, 2, '\x6770e0981b1175a672e175a9c738cca3', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (21, 1, 1, 9, 0, 3, '\xfcc5ab93d1b3fd80d859b3ca0609dc4c', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (24, 1, 1, 9, 1, 3, '\x84bf18f09aeee3c56690b77d68e2f8f1', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (27, 1, 1, 9, 0, 4, '\x5b4374fba4af84de38e0ac7c03ba5081', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (30, 1, 1, 9, 1, 4, '\xddc9bda8e2fdc99006b56916e2e01cad', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (33, 1, 1, 9, 0, 5, '\x9502ec945cbe8c8f36707c431f50efe0', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (36, 1, 1, 9, 1, 5, '\x2a4b30f75a5991fbf33579249b60ff7b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.325512+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (52, NULL, 2, 2, 1, 2, '\x659dcdcf05ef0c2b56acace16e878e93', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (53, NULL, 2, 5, 1, 2, '\x659dcdcf05ef0c2b56acace16e878e93', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (54, NULL, 2, 9, 1, 2, '\x659dcdcf05ef0c2b56acace16e878e93', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (55, NULL, 2, 2, 0, 3, '\x6d09344736c0353367fdbb04f37fa83e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (56, NULL, 2, 5, 0, 3, '\x6d09344736c0353367fdbb04f37fa83e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (57, NULL, 2, 9, 0, 3, '\x6d09344736c0353367fdbb04f37fa83e', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (58, NULL, 2, 2, 1, 3, '\x19faddf9b47484b0354add5122f30199', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (59, NULL, 2, 5, 1, 3, '\x19faddf9b47484b0354add5122f30199', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (60, NULL, 2, 9, 1, 3, '\x19faddf9b47484b0354add5122f30199', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (61, NULL, 2, 2, 0, 4, '\xac4f988b80ddd98359c28845df3f562f', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (62, NULL, 2, 5, 0, 4, '\xac4f988b80ddd98359c28845df3f562f', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (63, NULL, 2, 9, 0, 4, '\xac4f988b80ddd98359c28845df3f562f', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (64, NULL, 2, 2, 1, 4, '\x539436213f9f4172453514c0680a3394', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (65, NULL, 2, 5, 1, 4, '\x539436213f9f4172453514c0680a3394', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (66, NULL, 2, 9, 1, 4, '\x539436213f9f4172453514c0680a3394', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (67, NULL, 2, 2, 0, 5, '\x9d0c4e9fa65ebca23a2861046734241b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (68, NULL, 2, 5, 0, 5, '\x9d0c4e9fa65ebca23a2861046734241b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (69, NULL, 2, 9, 0, 5, '\x9d0c4e9fa65ebca23a2861046734241b', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (70, NULL, 2, 2, 1, 5, '\x37c07486675e8183f07643c068eb0f38', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (71, NULL, 2, 5, 1, 5, '\x37c07486675e8183f07643c068eb0f38', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (72, NULL, 2, 9, 1, 5, '\x37c07486675e8183f07643c068eb0f38', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (37, 2, 2, 2, 0, 0, '\x2d00486136eea79cdcb8ae7dcbf6380f', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (40, 2, 2, 2, 1, 0, '\x9bc149c75ec0c644bca4076ffb9946d2', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (43, 2, 2, 2, 0, 1, '\x6ecf24e9472a53e4bf5f19060fc1a4b9', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (46, 2, 2, 2, 1, 1, '\x38144e97d7d6a4229e73c6fff4e014fa', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (38, 2, 2, 5, 0, 0, '\x2d00486136eea79cdcb8ae7dcbf6380f', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (41, 2, 2, 5, 1, 0, '\x9bc149c75ec0c644bca4076ffb9946d2', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (44, 2, 2, 5, 0, 1, '\x6ecf24e9472a53e4bf5f19060fc1a4b9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (39, 2, 2, 9, 0, 0, '\x2d00486136eea79cdcb8ae7dcbf6380f', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (42, 2, 2, 9, 1, 0, '\x9bc149c75ec0c644bca4076ffb9946d2', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (45, 2, 2, 9, 0, 1, '\x6ecf24e9472a53e4bf5f19060fc1a4b9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:20.402176+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (49, 3, 2, 2, 0, 2, '\xb3a4c087cdadb9e75797b980d154e51d', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (47, 3, 2, 5, 1, 1, '\x38144e97d7d6a4229e73c6fff4e014fa', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (50, 3, 2, 5, 0, 2, '\xb3a4c087cdadb9e75797b980d154e51d', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (48, 3, 2, 9, 1, 1, '\x38144e97d7d6a4229e73c6fff4e014fa', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (51, 3, 2, 9, 0, 2, '\xb3a4c087cdadb9e75797b980d154e51d', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.trace VALUES (1, 1, '\x121384efc54b4383bee3c4b132862c3f479064f63eaacf2bf98db5c73c9214df');
INSERT INTO public.trace VALUES (4, 1, '\x4807c522d3163ed4997279d338510e6ce8529f1721719309e31536b4d670915f');
INSERT INTO public.trace VALUES (7, 1, '\x2bfd8eb0e06dacb49f596759d2e464790d237b2ed0bbc35f1183311d85c7d297');
INSERT INTO public.trace VALUES (10, 1, '\xf8bdd9dc131a2f592b877b230aa6adfa67f4d6c6b5d861932ef6ffaafef0ff85');
INSERT INTO public.trace VALUES (13, 1, '\x61776bb3ee22e1a8f115bba315668bfe201eb20014e40800edb7689f142b20a3');
INSERT INTO public.trace VALUES (16, 1, '\x86d1ddd24d682bceff3b683e7cd9871317ddff7755e36c4250ebe9e72582e073');
INSERT INTO public.trace VALUES (19, 1, '\xcf2c2ca58370efd50be72e1b5d155c6f9c64dd876b1588520ca7da47233aa58c');
INSERT INTO public.trace VALUES (22, 1, '\x9f7ffd514e7bf0fc859d2b405a454436a35887f7e9daf7f210ebef9982f2eb7c');
INSERT INTO public.trace VALUES (25, 1, '\x3a2b08d8787447e7662259f1c0ccaa1f25d787e0cb5fe2b437528ed26b314d34');
INSERT INTO public.trace VALUES (28, 1, '\xb9815bd69cc669f0f83fccaa99f744183ed3846cce73a41b19bb1961f607d5c0');
INSERT INTO public.trace VALUES (31, 1, '\x2233fc03b8a8cf922c13f370259df6cab843c4336303db2306f8ab94b05493fb');
INSERT INTO public.trace VALUES (34, 1, '\x7856040e8e990c113f816a18a7a7de38ea119c7cb5ad158484b4feea2bd641ea');
INSERT INTO public.trace VALUES (2, 1, '\xc596f5f0ea9a5947ce353b541879b0d747b3169e02edeebe764664d72480a009');
INSERT INTO public.trace VALUES (5, 1, '\x5e6772ec0fcdb27b70b974ecb1b872e58bf30f3bcf5446f292007f29b9bdfc82');
INSERT INTO public.trace VALUES (8, 1, '\x483ddead038c42cd5ee8aec1d42c556c2c08579a4f6a8ef54ca7e78fa914c465');
INSERT INTO public.trace VALUES (11, 1, '\x4c3a19fbd58afddfc6aa9998a65353d99a8e2106288f447cb82fcec935ce179a');
INSERT INTO public.trace VALUES (14, 1, '\x49e1d3bd6ac5cca53c9010ed334cf3833daccc96edb89002f5e94d2d382f69de');
INSERT INTO public.trace VALUES (17, 1, '\x0256808c6527d9fb9523c7184c06cac3fe407fe57aa0c96064b4759a31292edc');
INSERT INTO public.trace VALUES (20, 1, '\xe42a77540bc16d3bbe643303fc2985d10911879753c5546c7e78bd88b2396bf3');
INSERT INTO public.trace VALUES (23, 1, '\xf87d8d6cb6450bc9cb35d81fa73e48ffe363797b8d7fcd8fba32fdb6ed0d7b42');
INSERT INTO public.trace VALUES (26, 1, '\xc7c2420f656bbbd7e30c332bbaa1abe6e32f404682edd5b3d80e2d16d0547187');
INSERT INTO public.trace VALUES (29, 1, '\xfdbe6c6499d51b8994a14ce04711f4d7dc196d8dd0a2f4f9cce670fa714d4ab6');
INSERT INTO public.trace VALUES (32, 1, '\xd63a7baf8ba131dfda7470a77528317238e7f890dcbabacb5d208f6101a210da');
INSERT INTO public.trace VALUES (35, 1, '\xf9b571e3701d46ab5f99c006dfcccc7d17f77b429baa076bd9c415e736874fa9');
INSERT INTO public.trace VALUES (3, 1, '\xea2b642e4106ff43836fc46e0fe7139c05316f9b36d49eb7ef4565ed1892e157');
INSERT INTO public.trace VALUES (6, 1, '\xb77c3fbc9ab50e176f973d84d07e1f341d69ba0025f482cae06c09c3135938e3');
INSERT INTO public.trace VALUES (9, 1, '\xdb995161e9ea3666db20e37bf151da98a5d7ffd941ad49ab730fa65ff0063964');
INSERT INTO public.trace VALUES (12, 1, '\x12404a905f32bd60bcff2cde45b8b0bc052233a605396d8585a3da79c87cc013');
INSERT INTO public.trace VALUES (15, 1, '\x8356ae341b6d92414cad7c10b0a7035cfac3a311b66dd7c1d85086f4a67a53b8');
INSERT INTO public.trace VALUES (18, 1, '\x8522651a94e13f100ace4bc008a60457c7d921e1f1fdfd1794753890e286c457');
INSERT INTO public.trace VALUES (21, 1, '\x8cf1352b01efdeb6cd38db45b4bfa45920df8cebb2a076104abe17d6788b32a0');
INSERT INTO public.trace VALUES (24, 1, '\xaa85e0049e1155a7d9f517f63722509029e79d677fe1fb49836ed54d76b8e133');
INSERT INTO public.trace VALUES (27, 1, '\xbb479d642b3ab6e123fd492d2d311a0d94b27912b0c8cccf31f43f0153779c98');
INSERT INTO public.trace VALUES (30, 1, '\xb6cee8fba37bc8db880ecb7c75d08dbe128212fa5c94972041b02bba041df3f9');
INSERT INTO public.trace VALUES (33, 1, '\x6f36cd906ecb52d28d35fd10289fd46791474df428475813688b0016dfab7487');
INSERT INTO public.trace VALUES (36, 1, '\x6e1143cb63ef963d56459b4d98e3b9d9cadfa5e77b03bc8d41b70e4593f764ff');
INSERT INTO public.trace VALUES (37, 2, '\x7d9bb117e1d7f9f517c32aa02127160316d71cceabbd83c3df0f2f3c8fd6009f');
INSERT INTO public.trace VALUES (40, 2, '\xfd830dbe8a84a1790a8131af266c71219d49363faab37c473ef329edc3079468');
INSERT INTO public.trace VALUES (43, 2, '\xbacf106b495b01b3ce3ae1803865f3ede4984305ba27cf0fe57a158ab91d3790');
INSERT INTO public.trace VALUES (46, 2, '\x24bccc6ca80f0d20fad0a7a638fc51f7f20d6d3d18c4facb1100b4f16fb528dc');
INSERT INTO public.trace VALUES (38, 2, '\x35266b2f1eb0ac466cc9a7e1efaf2605e9ea49866c2b2d4c463476ee5782c21e');
INSERT INTO public.trace VALUES (41, 2, '\x14d0e8d2779486007436675af956897af1b26f2e5d7435b1cf1d9b4e15f56fd3');
INSERT INTO public.trace VALUES (44, 2, '\xfd45410701705776bac57f01e748e83575b0d9101602ac50068c1885554c87ec');
INSERT INTO public.trace VALUES (39, 2, '\xa8af96e43b94716714ba129e49d1509388bf8efabad44ed52deabdcec9705da3');
INSERT INTO public.trace VALUES (42, 2, '\x32491f0162098bf014ad7f7c22547ebc4d5f8ee059be75fbb0ce5ec3384b38ee');
INSERT INTO public.trace VALUES (45, 2, '\xea40e9349c11498ae0044cc8d8d87da458276fbdd768d637f1657916fd758084');
INSERT INTO public.trace_digest VALUES (1, 1, '\xd8282b3b88704fff05f62c601526d24dc9980ab45c9338d2795961bc8605890b');
INSERT INTO public.trace_digest VALUES (4, 1, '\xd19420140cb0c379608a3c804266054f7146d2a3eba94cfc3d3b51f3163354e1');
INSERT INTO public.trace_digest VALUES (7, 1, '\x379175fb02ed1ea065150b4282ca04b9e17e6ad0e3a79ea3e768590d3fb2474e');
INSERT INTO public.trace_digest VALUES (10, 1, '\xa52d00542c73c831505bdf88fa8be3feac41fd4a4ba3471a8ed32f2ecd98fc61');
INSERT INTO public.trace_digest VALUES (13, 1, '\x6344bb0bc0a0a58a80a7e6162bda61fb7f8054b7b4da50aae28a1a4af1100cc4');
INSERT INTO public.trace_digest VALUES (16, 1, '\xc41395db89cf35afc57635175478bdca78a4c6bb733e38d68d1819a028bda916');
INSERT INTO public.trace_digest VALUES (19, 1, '\x859f0e846a4470c6c1b73660b5d6d71cb4bcfa0edcf856674abc18f62608350c');
INSERT INTO public.trace_digest VALUES (22, 1, '\x63f3d05919ed44743c46973c4bfdb716f7f74766de56d41f5e10fdf2e2f3639c');
INSERT INTO public.trace_digest VALUES (25, 1, '\x2b08c023b2da83fd334f4fae887202617654793aa7bf55a16090ee82eb72db7a');
INSERT INTO public.trace_digest VALUES (28, 1, '\xc5e147258b3e4d82160300990cb8a45299e5eb72ec27aca0f288fe10ed2d6abf');
INSERT INTO public.trace_digest VALUES (31, 1, '\x0836b0a379799cafb1fc261952f6bdf2a4fa54cadecc26d83d51f3fb11c33393');
INSERT INTO public.trace_digest VALUES (34, 1, '\xc7c3bb1f85f74e564235145d641bf29df0501192f9bfc246f24cec49905b8856');
INSERT INTO public.trace_digest VALUES (2, 1, '\x35e4c912f97046c91b8a008872f772dd4e7475e89a6c706c740d9e1f4fbf5b51');
INSERT INTO public.trace_digest VALUES (5, 1, '\x5c9fa735998eaf79cef738330fd6bd1d3bcb0a8a55147589816aca001db6570e');
INSERT INTO public.trace_digest VALUES (8, 1, '\xea9ecce4458c248053bcce281ca25baed039e7ef2bb3ad08848007f865c5fd72');
INSERT INTO public.trace_digest VALUES (11, 1, '\xedeb12078eca5096294ebf39b60bd0fd4121b43260bc1638549c3dc522c01e4b');
INSERT INTO public.trace_digest VALUES (14, 1, '\x0a784a8dde4368c7c9d295afe517d21e81641c15f0d2bb343bcb444967c8bb65');
INSERT INTO public.trace_digest VALUES (17, 1, '\xa850b33d6d0aaaa61518fac90bc5f2c932aa1d443ed2c6d1b810dc7686f332f6');
INSERT INTO public.trace_digest VALUES (20, 1, '\x243b28e9b4228d0e4e389b3240054705f3b2bdd08098b8bb2702dbf90e745206');
INSERT INTO public.trace_digest VALUES (23, 1, '\x4676180e1304da831de142f530fba1c6a82352daaf625dcb2cf1d54c8d715c7f');
INSERT INTO public.trace_digest VALUES (26, 1, '\x2b06fc666c516b453ce8fcb88824ccdd9a2469bf329f5a10871767f9bdcc8c4f');
INSERT INTO public.trace_digest VALUES (29, 1, '\x36b0eb540766229d8686d2f7cf0306d2c9917495b0c7908bbbd7147783977edc');
INSERT INTO public.trace_digest VALUES (32, 1, '\x38d54c48515c927c0277ca6206f8cd1cf5462fcd793191f75bffeafe7ac1e1dd');
INSERT INTO public.trace_digest VALUES (35, 1, '\x4e5abe50f059d73574249c86981cabfc0cfdd14a563b48d5013a0a375d41750e');
INSERT INTO public.trace_digest VALUES (3, 1, '\x5ce7fcc1ebe8613963a04df8c60ad63a85d87c2a7615cba84764ee194cdef75f');
INSERT INTO public.trace_digest VALUES (6, 1, '\x5ad9781e259d1c99fc6cf759627a4e3ecd2178c69c3660dff5606a597a3ca533');
INSERT INTO public.trace_digest VALUES (9, 1, '\xcfdd6e3b0135b33702eb4ec27cc9d50e9f6ad13c54bbbab0ccdc895502ecb8b3');
INSERT INTO public.trace_digest VALUES (12, 1, '\xd57532f2836da489dc17473de65cb5db901d2863db5e6c3e6a5074ae85bb6fe0');
INSERT INTO public.trace_digest VALUES (15, 1, '\x8ba663aec91126dff76d618aa01434dd9ca1fe95064730af4ccb6de8069c70ef');
INSERT INTO public.trace_digest VALUES (18, 1, '\xcf0a69e9f621f5180177da2413e38c9b82b1ebeadd26096ab614d73c84492a5c');
INSERT INTO public.trace_digest VALUES (21, 1, '\x72086e5b6d0ee61a5f600989b5cbe1635f300ed442cfa39553b36f26165808ca');
INSERT INTO public.trace_digest VALUES (24, 1, '\x7f17693921a2a0402878ecc967a96fd9fe4ab08598d2b54cad5046fea2370507');
INSERT INTO public.trace_digest VALUES (27, 1, '\xd0289734695755bb36b3a9ed46d705eabaecb473c281b263febe09246cc2a98c');
INSERT INTO public.trace_digest VALUES (30, 1, '\xb9eab003219b2c2dae79c733c8e102144b314810a7ae69e2bdff15a70541d151');
INSERT INTO public.trace_digest VALUES (33, 1, '\x3e127381bdd9b1ee2c3c9dad22b9888f7d41c13eb1607924e0b67c12d159b77e');
INSERT INTO public.trace_digest VALUES (36, 1, '\x5642ae9a095bca29fdce5d1fe0d8b06b47405c22430f30e50cdbdf54ea837e0a');
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
