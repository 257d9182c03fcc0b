-- What the migrations of commit 3fd0e9d made; its rows are from the program of commit 8673f93.
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
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (2, 'running', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 105, '\xfc8deb876cfce604c9641b7cda0a9a7f5f7a897c60ef6de43117aa2795f5aa1a', '\x2a31b61f5bcf4219480f41237e5cdff308aa5a3b6b39e8ef8a07eff22eef4b8e', '\xc40d10522f6847229e9354d45694cb31c41dd6e2d031eec3076e41411b889616', 107, 109, '\x012def04c7a86701f62161deb0035b1a95653cf9abadea1a7e92d712f4902402', 'physics-1', false, '2026-11-26 01:23:23.981164+00', '2026-11-26 07:23:24.010097+00', '2026-11-26 01:23:24.010097+00', NULL, NULL, NULL);
INSERT INTO public.cycle OVERRIDING SYSTEM VALUE VALUES (1, 'published', NULL, 1, 'fake', '{"scoring": {"alpha": 0.05, "min_floor": 0.05, "weighting": "linear", "confidence": 0.95, "min_epsilon": 0.02, "temperature": 0.1}, "episodes": 6, "timeout_s": 21600.0, "environments": [{"id": "metaworld/reach-v3", "version": "1", "max_steps": 500, "random_success": 0.0}, {"id": "metaworld/push-v3", "version": "1", "max_steps": 500, "random_success": 0.0}], "min_episodes": 3, "randomization": "standard", "max_void_share": 0.1, "kinitro_version": "0.1.0", "max_laggard_share": 0.25}', 100, '\x29c6cf7c6224e18387a54e46051bfc51fa6a61aa59bdc3dbb4117dd6c8335454', '\x01e78930c91c3adec7ae7d0b2592c571a6db7fc989ad3fdcf8435e1301900dfb', '\xc5b177241465a337b51e52b18da2fe6cdce1fedbad6fd2efc810a5e59434d795', 102, 104, '\x2037eb4738f0e535ce38930ffd86bf63b4487bdf34da1811a0f02cc1e65e78b9', 'physics-1', false, '2026-11-26 01:23:23.865799+00', '2026-11-26 07:23:23.900661+00', '2026-11-26 01:23:23.900661+00', '2026-11-26 01:23:23.945604+00', '2026-11-26 01:23:23.963758+00', '\xab4ef314462340d19f3360231a74f227bb5d37e5588a7cd7aa16aa444618e9fe');
INSERT INTO public.cycle_miner VALUES (1, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (1, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 2, 'hotkey-2', 42, 'owner/policy-2', '0000000000000000000000000000000000000002', 'https://miner-2.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 5, 'hotkey-5', 45, 'owner/policy-5', '0000000000000000000000000000000000000005', 'https://miner-5.example.com', 64, NULL, false);
INSERT INTO public.cycle_miner VALUES (2, 9, 'hotkey-9', 49, 'owner/policy-9', '0000000000000000000000000000000000000009', 'https://miner-9.example.com', 64, NULL, false);
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (1, 'one', '2026-11-26 01:23:23.908098+00', 'physics-1', '{}');
INSERT INTO public.executor OVERRIDING SYSTEM VALUE VALUES (2, 'two', NULL, NULL, '{}');
INSERT INTO public.executor_key OVERRIDING SYSTEM VALUE VALUES (1, 2, '\x3a220556ed1533840a7c22363523042047f02408b2a88c1ff3c682c379796dbb', 'tasks', '2026-11-26 01:23:24.037086+00', NULL, NULL);
INSERT INTO public.lease VALUES (3, 2, 1, '2026-11-26 01:23:24.019239+00', '2026-11-26 01:24:24.019239+00', '{49,47,50,48,51}', '{2,5,5,9,9}');
INSERT INTO public.publication VALUES (1, 1, 100, '{"block": 100, "notes": [], "miners": [{"uid": 9, "hotkey": "hotkey-9", "points": 4.0, "weight": 1.0, "frontier": true, "priority": 1, "first_block": 49, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": null, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "successes": 6, "success_rate": 1.0}]}, {"uid": 2, "hotkey": "hotkey-2", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 2, "first_block": 42, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": false, "p_value": 0.03125, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "successes": 1, "success_rate": 0.16666666666666666}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "successes": 3, "success_rate": 0.5}]}, {"uid": 5, "hotkey": "hotkey-5", "points": 0.0, "weight": 0.0, "frontier": true, "priority": 3, "first_block": 45, "environments": [{"env_id": "metaworld/reach-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "successes": 3, "success_rate": 0.5}, {"env_id": "metaworld/push-v3", "faults": 0, "leader": true, "p_value": 0.125, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "successes": 3, "success_rate": 0.5}]}], "cycle_id": 1, "environments": ["metaworld/reach-v3", "metaworld/push-v3"], "published_at": "2026-11-26T01:23:23.945604+00:00", "void_episodes": 0}', '{"block": 100, "netuid": 1, "hotkeys": {"9": "hotkey-9"}, "weights": {"9": 1.0}, "cycle_id": 1, "fallback": "none", "weights_u16": {"9": 65535}, "published_at": "2026-11-26T01:23:23.945604+00:00"}', '{"2": {"uid": 2, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 8, "subsets_taken": 1, "needed_to_overtake": null, "shared_environments": 1}], "weight": 0.0, "subsets": [{"led": 1, "won": 0, "size": 1, "points": 0}], "summary": "It leads 1 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 2, "estimated": false, "all_points": 4, "first_block": 42, "disqualified": false, "environments": [{"rank": 3, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": false, "p_value": 0.03125, "best_uid": 9, "eligible": false, "episodes": 6, "interval": [0.030053369748306673, 0.5635028221864702], "only_best": 5, "successes": 1, "only_miner": 0, "success_rate": 0.16666666666666666, "best_successes": 6, "needed_to_lead": 1}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "only_best": 3, "successes": 3, "only_miner": 0, "success_rate": 0.5, "best_successes": 6, "needed_to_lead": 0}]}, "5": {"uid": 5, "points": 0, "rivals": [{"uid": 9, "level": 0.025, "p_value": 1.0, "only_miner": 0, "only_rival": 6, "subsets_taken": 3, "needed_to_overtake": null, "shared_environments": 2}], "weight": 0.0, "subsets": [{"led": 2, "won": 0, "size": 1, "points": 0}, {"led": 1, "won": 0, "size": 2, "points": 0}], "summary": "It leads 2 of the 2 environments, but earlier or better miners (uid 9) lead those too and win the tie. It must beat them overall by more than noise, or lead where they do not.", "frontier": true, "priority": 3, "estimated": false, "all_points": 4, "first_block": 45, "disqualified": false, "environments": [{"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "only_best": 3, "successes": 3, "only_miner": 0, "success_rate": 0.5, "best_successes": 6, "needed_to_lead": 0}, {"rank": 2, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": 0.125, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.18761630648265057, 0.8123836935173494], "only_best": 3, "successes": 3, "only_miner": 0, "success_rate": 0.5, "best_successes": 6, "needed_to_lead": 0}]}, "9": {"uid": 9, "points": 4, "rivals": [], "weight": 1.0, "subsets": [{"led": 2, "won": 2, "size": 1, "points": 2}, {"led": 1, "won": 1, "size": 2, "points": 2}], "summary": "It leads 2 of the 2 environments and wins 3 of the 3 subsets of them: 100.0% of all points.", "frontier": true, "priority": 1, "estimated": false, "all_points": 4, "first_block": 49, "disqualified": false, "environments": [{"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/reach-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}, {"rank": 1, "floor": 0.05, "level": 0.0125, "env_id": "metaworld/push-v3", "leader": true, "p_value": null, "best_uid": 9, "eligible": true, "episodes": 6, "interval": [0.6096657120978348, 1.0], "only_best": 0, "successes": 6, "only_miner": 0, "success_rate": 1.0, "best_successes": 6, "needed_to_lead": 0}]}}', '2026-11-26 01:23:23.945604+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (1, 1, 1, 2, 0, 0, '\xdeafe0800204930f01bf825683f9b573', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (4, 1, 1, 2, 1, 0, '\x67e60e7fd1ddb7fa7ed118584fca0153', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (7, 1, 1, 2, 0, 1, '\xf0c9d271e69509322ddf244e7fbf91c6', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (10, 1, 1, 2, 1, 1, '\x9bf7cbb6c147467074a01fd1faea9b12', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (13, 1, 1, 2, 0, 2, '\x309cff580bd6cce680c6a14615be8afc', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (16, 1, 1, 2, 1, 2, '\x4ac8219898d1ffff8f1f45e62e87f84b', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (19, 1, 1, 2, 0, 3, '\x021c84684b678749cd4da26aa0b9fcbb', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (22, 1, 1, 2, 1, 3, '\x1f7b7fe2290ab17cf0ce2a4495fcb49a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (25, 1, 1, 2, 0, 4, '\x1a5b3bf65c732a17e4d47cdaad8fe709', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (28, 1, 1, 2, 1, 4, '\x23cd4bb676f59ada3b2e32f895a1636f', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (31, 1, 1, 2, 0, 5, '\xe87cf514500dfbe6a04ef770fb7e9adf', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (34, 1, 1, 2, 1, 5, '\xc96a5240a9e2874aa9ea08c356d2f830', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (2, 1, 1, 5, 0, 0, '\xdeafe0800204930f01bf825683f9b573', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (5, 1, 1, 5, 1, 0, '\x67e60e7fd1ddb7fa7ed118584fca0153', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (8, 1, 1, 5, 0, 1, '\xf0c9d271e69509322ddf244e7fbf91c6', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (11, 1, 1, 5, 1, 1, '\x9bf7cbb6c147467074a01fd1faea9b12', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (14, 1, 1, 5, 0, 2, '\x309cff580bd6cce680c6a14615be8afc', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (17, 1, 1, 5, 1, 2, '\x4ac8219898d1ffff8f1f45e62e87f84b', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (20, 1, 1, 5, 0, 3, '\x021c84684b678749cd4da26aa0b9fcbb', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (23, 1, 1, 5, 1, 3, '\x1f7b7fe2290ab17cf0ce2a4495fcb49a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (26, 1, 1, 5, 0, 4, '\x1a5b3bf65c732a17e4d47cdaad8fe709', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (29, 1, 1, 5, 1, 4, '\x23cd4bb676f59ada3b2e32f895a1636f', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (32, 1, 1, 5, 0, 5, '\xe87cf514500dfbe6a04ef770fb7e9adf', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (35, 1, 1, 5, 1, 5, '\xc96a5240a9e2874aa9ea08c356d2f830', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (3, 1, 1, 9, 0, 0, '\xdeafe0800204930f01bf825683f9b573', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (6, 1, 1, 9, 1, 0, '\x67e60e7fd1ddb7fa7ed118584fca0153', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (9, 1, 1, 9, 0, 1, '\xf0c9d271e69509322ddf244e7fbf91c6', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (12, 1, 1, 9, 1, 1, '\x9bf7cbb6c147467074a01fd1faea9b12', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (15, 1, 1, 9, 0, 2, '\x309cff580bd6cce680c6a14615be8afc', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (18, 1, 1, 9, 1, 2, '\x4ac8219898d1ffff8f1f45e62e87f84b', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (21, 1, 1, 9, 0, 3, '\x021c84684b678749cd4da26aa0b9fcbb', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (24, 1, 1, 9, 1, 3, '\x1f7b7fe2290ab17cf0ce2a4495fcb49a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (27, 1, 1, 9, 0, 4, '\x1a5b3bf65c732a17e4d47cdaad8fe709', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (30, 1, 1, 9, 1, 4, '\x23cd4bb676f59ada3b2e32f895a1636f', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (33, 1, 1, 9, 0, 5, '\xe87cf514500dfbe6a04ef770fb7e9adf', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (36, 1, 1, 9, 1, 5, '\xc96a5240a9e2874aa9ea08c356d2f830', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:23.927314+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (52, NULL, 2, 2, 1, 2, '\x5751c70291047dc77ba7becc053f34e6', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (53, NULL, 2, 5, 1, 2, '\x5751c70291047dc77ba7becc053f34e6', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (54, NULL, 2, 9, 1, 2, '\x5751c70291047dc77ba7becc053f34e6', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (55, NULL, 2, 2, 0, 3, '\xb35729f12f8524767be62b20d9553131', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (56, NULL, 2, 5, 0, 3, '\xb35729f12f8524767be62b20d9553131', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (57, NULL, 2, 9, 0, 3, '\xb35729f12f8524767be62b20d9553131', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (58, NULL, 2, 2, 1, 3, '\xa240792f7e4e87c8245a48fe0fd4a5ce', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (59, NULL, 2, 5, 1, 3, '\xa240792f7e4e87c8245a48fe0fd4a5ce', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (60, NULL, 2, 9, 1, 3, '\xa240792f7e4e87c8245a48fe0fd4a5ce', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (61, NULL, 2, 2, 0, 4, '\x0dc118ed27d7094499e97413f720377d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (62, NULL, 2, 5, 0, 4, '\x0dc118ed27d7094499e97413f720377d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (63, NULL, 2, 9, 0, 4, '\x0dc118ed27d7094499e97413f720377d', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (64, NULL, 2, 2, 1, 4, '\x41c1f608c1b75a9c1396506165000a36', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (65, NULL, 2, 5, 1, 4, '\x41c1f608c1b75a9c1396506165000a36', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (66, NULL, 2, 9, 1, 4, '\x41c1f608c1b75a9c1396506165000a36', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (67, NULL, 2, 2, 0, 5, '\xe8c716f06f57b9723a5f24b1ad505851', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (68, NULL, 2, 5, 0, 5, '\xe8c716f06f57b9723a5f24b1ad505851', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (69, NULL, 2, 9, 0, 5, '\xe8c716f06f57b9723a5f24b1ad505851', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (70, NULL, 2, 2, 1, 5, '\x130bcef6b3a01c81ecfe109b0aa792dd', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (71, NULL, 2, 5, 1, 5, '\x130bcef6b3a01c81ecfe109b0aa792dd', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (72, NULL, 2, 9, 1, 5, '\x130bcef6b3a01c81ecfe109b0aa792dd', false, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (37, 2, 2, 2, 0, 0, '\x08f27f8346a4e570cdc5d9de0ac4792a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (40, 2, 2, 2, 1, 0, '\xf831aa338000c45c63bb40466381e009', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (43, 2, 2, 2, 0, 1, '\xcebcd34b3f508a8f4226d6b8a765a5e9', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (46, 2, 2, 2, 1, 1, '\xc5081c6c5640d118996e6e848eaf6310', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (38, 2, 2, 5, 0, 0, '\x08f27f8346a4e570cdc5d9de0ac4792a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (41, 2, 2, 5, 1, 0, '\xf831aa338000c45c63bb40466381e009', false, 1, 0, NULL, NULL, 2, 1, 20, NULL, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (44, 2, 2, 5, 0, 1, '\xcebcd34b3f508a8f4226d6b8a765a5e9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (39, 2, 2, 9, 0, 0, '\x08f27f8346a4e570cdc5d9de0ac4792a', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (42, 2, 2, 9, 1, 0, '\xf831aa338000c45c63bb40466381e009', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (45, 2, 2, 9, 0, 1, '\xcebcd34b3f508a8f4226d6b8a765a5e9', false, 1, 0, NULL, NULL, 1, 1, 20, 20, 0, 1.5, '{0,0,0,0,0}', NULL, '2026-11-26 01:23:24.015828+00');
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (49, 3, 2, 2, 0, 2, '\x3515951ca8df1292fc9a68d2220a9811', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (47, 3, 2, 5, 1, 1, '\xc5081c6c5640d118996e6e848eaf6310', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (50, 3, 2, 5, 0, 2, '\x3515951ca8df1292fc9a68d2220a9811', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (48, 3, 2, 9, 1, 1, '\xc5081c6c5640d118996e6e848eaf6310', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.task OVERRIDING SYSTEM VALUE VALUES (51, 3, 2, 9, 0, 2, '\x3515951ca8df1292fc9a68d2220a9811', false, 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.trace VALUES (1, 1, '\x9d62c8f555bd2e407b1e72590378d30af793f8eb77b7894ffd4d783290d569cb');
INSERT INTO public.trace VALUES (4, 1, '\x0cd08307770ef5ada4a7c7a6d116635afdb37c58a2a87f39bd86d82c5e85649d');
INSERT INTO public.trace VALUES (7, 1, '\x8d41b0d356199d4ef131366af34fa575f393979e1b757915c87cfbf1e7eb2f28');
INSERT INTO public.trace VALUES (10, 1, '\xfe7fd758f7b9ba795743885e686e5ab72f466bfb9d607d8bce8663b04ed4170c');
INSERT INTO public.trace VALUES (13, 1, '\x4c7c2c0b4e5a0ea39f81f63b7709d3b5c6ab2bad255e58f44444bd481684e2f8');
INSERT INTO public.trace VALUES (16, 1, '\x487ecacdf9e9b2be42c75f9036012d7b24ef041c815b27dcf28c37a90c13119f');
INSERT INTO public.trace VALUES (19, 1, '\xac0486939ec1b89b64b7ef307915fb217190ef5a763904954a28cc979a44cd35');
INSERT INTO public.trace VALUES (22, 1, '\xa5fff28e7c6825b0da3a7e9b256f073786b5b0e343d953347aec07b2cf84f33c');
INSERT INTO public.trace VALUES (25, 1, '\xfe31c183b44ff65daac74e7ce20d9f601a6ab3bd483fb00f3a17bce14fc21e51');
INSERT INTO public.trace VALUES (28, 1, '\x27de0258fc4bbd6ec50931fd6f03430f1c84b111c4b356f6bdfe6559974f86c1');
INSERT INTO public.trace VALUES (31, 1, '\xc98abc99e0736886949be2f8333aee8e9b114e9291607b9f7e0215bf32948f45');
INSERT INTO public.trace VALUES (34, 1, '\x5fab833f86f891c7d577d7cc7351d150f3fc9ba037f987fe2c692b8aead2a659');
INSERT INTO public.trace VALUES (2, 1, '\xf6ad7410dda55d679927f4d40f4ad31cff994c1b8e7dae9fa98e12f9da87e7cd');
INSERT INTO public.trace VALUES (5, 1, '\x377aab9d5eed4baf6fe9fdc9d1927826367f0398990cc06cdde30342cff8d6cf');
INSERT INTO public.trace VALUES (8, 1, '\x2021d9c022b0eac2b5c2a32ca4c649ad777713ab587ed005d2ba044fba69c17c');
INSERT INTO public.trace VALUES (11, 1, '\xd95ceebf5007037f711b4b14dfdd6d3465899589abe8e78f8d6b4a64d6fe1b43');
INSERT INTO public.trace VALUES (14, 1, '\xafd4f3e934d41b0b570c884966c04e9a8950b8e8f6cf934b29e34b557474d4ed');
INSERT INTO public.trace VALUES (17, 1, '\xf242efdcbe929e895241dfa45581a989410487bd5096bbd704b91afbb6af15c5');
INSERT INTO public.trace VALUES (20, 1, '\xc6e966a4d6027782f91cdc3ced7cf9338f47dbf3075b7a6e894db9bf9caea4b7');
INSERT INTO public.trace VALUES (23, 1, '\x2d685ab9638ec4657127c0ab3764c6332797baee7043f6f57044aa4f5221f252');
INSERT INTO public.trace VALUES (26, 1, '\x770d8dc34c353a5f6df4fc167a53e597579a8e54b5dedd98e7e28f8f3a352eec');
INSERT INTO public.trace VALUES (29, 1, '\x222233f1557b568f8604c9634b1ba09e09d39eb74651c0bc3c64e323d65a89a7');
INSERT INTO public.trace VALUES (32, 1, '\x1029432e3106600352e0cf85ded9aef2a4ddce245fed493a00ea83dcbd31f4ba');
INSERT INTO public.trace VALUES (35, 1, '\x8289b3fa18c7c4eb201fed92c09efcdf10409506f308b93c2bed3adb47545464');
INSERT INTO public.trace VALUES (3, 1, '\xa612a0bc7fc0f5be73762060a876369cd02b67848d6d95793e03a282a38d2137');
INSERT INTO public.trace VALUES (6, 1, '\x17a0e7b5aaa1aad62720baa9403d56b3d9692d94a229b9835aad6584050c4c18');
INSERT INTO public.trace VALUES (9, 1, '\xc597267e9c122a98155fc40b471d15fc27958f36f7cba45ebb16d87557c0e169');
INSERT INTO public.trace VALUES (12, 1, '\x0ee43adfd2ef8edb76e5b6f6cd9143468146ac5948209efe5f04915f68b8533a');
INSERT INTO public.trace VALUES (15, 1, '\x31b8e76472ac8a2c799f2ef4a692779f3894a26ca4b8ad5cf99636f11d4a1bb8');
INSERT INTO public.trace VALUES (18, 1, '\xa452283d77386f7b9e8210073ff7ced3f134c320480b488759876d94087b0835');
INSERT INTO public.trace VALUES (21, 1, '\x9e033bf56aea790ab1a3aad1841a6c8830f96d630e57ea5e7ca429323a78b297');
INSERT INTO public.trace VALUES (24, 1, '\x5f0e7d36433f2773aae4ea3dc3521f07a3ffc9a7ad19a81aaf17fb44f3b06617');
INSERT INTO public.trace VALUES (27, 1, '\xa741a6a91569ceb6a3acbe97e0f794bb15f2970c51f263803314ec14c60d4bf3');
INSERT INTO public.trace VALUES (30, 1, '\x441806cc0948fd529d9ed739bbc63a72305b6a6e564c3c9eb6e98cdbc301571a');
INSERT INTO public.trace VALUES (33, 1, '\x88cae218f973394ac4400899b612e79daac09ec0aa5167169c9354c682e755ff');
INSERT INTO public.trace VALUES (36, 1, '\x9027a548e8e6cb024fedbe1fef3b49d66509558aa523c60911f187e0076a17e7');
INSERT INTO public.trace VALUES (37, 2, '\x944f03fdec462f8ddaceaf978c4babe702741fc5006a88c584b7d172ec5a40f2');
INSERT INTO public.trace VALUES (40, 2, '\x65843452f9dca99be0c8c46e975f8017226ae444ae7109dac488f49072bc8521');
INSERT INTO public.trace VALUES (43, 2, '\xca9c9e4eb6e8c92f832165a492990f872c842bfa928aabeebfd0c5a0c4a76efc');
INSERT INTO public.trace VALUES (46, 2, '\xaace42aca5ea62a9cda3cf9aa9420c3b64a8e140f1ebd1843ec7dbc76702bf6e');
INSERT INTO public.trace VALUES (38, 2, '\xe91c8b519d04631e4b71e8de6785e52642fb2ab0a56bfa9d0f1d8275391bb3b3');
INSERT INTO public.trace VALUES (41, 2, '\x0e9a1221cf0a2e39e616f98f6f319494ccf7d00b634f48f7dd7e54288d249acf');
INSERT INTO public.trace VALUES (44, 2, '\x7ba04d088f0406c254a73194a03ebdfc8c8b257a8171fe56175ae4a79e62ac84');
INSERT INTO public.trace VALUES (39, 2, '\xf7a262eb48982242ba166f13214dfca7f1f5296bd7bbcfec6ec3bed6e88d2991');
INSERT INTO public.trace VALUES (42, 2, '\x9f462a7713e9685ebda70fb6bc209fce8f8ecc471263abfdf08d1c5265fa52f6');
INSERT INTO public.trace VALUES (45, 2, '\x143f66e69d9d85cca18fd9f9117da8b1ebd7fc022477e659680cbcfb0f36d909');
INSERT INTO public.trace_digest VALUES (1, 1, '\x7b38682c79c6fb057dc7b3a623a3a5197ef6d3a4325d5e6a8ec5524754ec1490');
INSERT INTO public.trace_digest VALUES (4, 1, '\x44dfb4126a12f6b60ad550b6c23cc626eb580936997a2a787be5155b011cabe8');
INSERT INTO public.trace_digest VALUES (7, 1, '\xcbe7655bcac7ab670e5514f7ef708fbb5ab675415d3efbff893f534af7c70e78');
INSERT INTO public.trace_digest VALUES (10, 1, '\xfb2eddb5b019e3cfcec98d1cc5fd4a0b1c67750d1923fd620fb3d37c9ff50f3b');
INSERT INTO public.trace_digest VALUES (13, 1, '\xb499bd7a4b1ac38eda7f20f552d00d5b79523445a5f07fcf4ba97a9bd9e33d86');
INSERT INTO public.trace_digest VALUES (16, 1, '\x5e8cfa5b96ebf449da3ffb1821d52cba6b786a3202e0cafccc347ce8bcfefae7');
INSERT INTO public.trace_digest VALUES (19, 1, '\x85ac068f38eb5811c468d33ddc3e7591894bd3b96d293d00b0cf0f7873edb5d4');
INSERT INTO public.trace_digest VALUES (22, 1, '\xaec837b6833bb1186f0dd6fa3e1d3b72cdb9bbce4dbf0a79c8edfb24ac293d49');
INSERT INTO public.trace_digest VALUES (25, 1, '\x1f9cfe84539162c5e8e88a0f43e28f7bdbd9bf6991233eb9c56dc103c34cb856');
INSERT INTO public.trace_digest VALUES (28, 1, '\x91f9f5683daf83d491b4f7ad6f9b39ff410b36096e60447a2250358bde8f4291');
INSERT INTO public.trace_digest VALUES (31, 1, '\xb41dcee18bfdfc76093f255538c6c9429859bfa62c7f42099c67b1cfaab556a1');
INSERT INTO public.trace_digest VALUES (34, 1, '\x24f964c51047e5d8815a88753e8661a93dc0bea2a093a050b24e0e226ae0926f');
INSERT INTO public.trace_digest VALUES (2, 1, '\x816de56f9d6202c256c8cc45e2ba77c59f9d62a12b285d03604c559112567b6f');
INSERT INTO public.trace_digest VALUES (5, 1, '\xda13037d52227164f2f5e89e433a671b6fd6283b567e09dc36263eea4d2279c0');
INSERT INTO public.trace_digest VALUES (8, 1, '\x3d6b5f5e7e5b7ff406a4b57447f4995117295c4ba91df84b385d5d43b42a8042');
INSERT INTO public.trace_digest VALUES (11, 1, '\x7f963f57aa8ed09ce9099aae06d805d30d0bdd53fa789802f41bcae1646ba631');
INSERT INTO public.trace_digest VALUES (14, 1, '\x59e207828e1e26b3727edc641ee9598fa2eaa2735fb07a1eac380c7798f3055f');
INSERT INTO public.trace_digest VALUES (17, 1, '\xcf42628fdc7029e03b92167370857a9a55ea8289f3e340ea1820461e2b7bd386');
INSERT INTO public.trace_digest VALUES (20, 1, '\x6a1541683cc11b00810eb9a2861453d92c62cd7d47c6f5a3af98c3f2f76147e7');
INSERT INTO public.trace_digest VALUES (23, 1, '\xbb8a5b43245226be676ce64bb9e631e6b6d9c52e4eed7e04f32c18f4ee89b5d2');
INSERT INTO public.trace_digest VALUES (26, 1, '\x7bdd38abe97248910956efddbe2af4152540652a6d0fd5b5628a40ef1fe2404c');
INSERT INTO public.trace_digest VALUES (29, 1, '\x18954e4795cb30ada0ea5e9ba2ba36987e66e8d0c568a6a63acadc429ceedcdd');
INSERT INTO public.trace_digest VALUES (32, 1, '\xdd60c292e94fc0063c8a83176cc723eb885a6b31eb11d2317a860418417d7f6a');
INSERT INTO public.trace_digest VALUES (35, 1, '\x6ad0f6b132f5fdf944b2fdd51174abbe33c4a137275522260d86eddb42629e42');
INSERT INTO public.trace_digest VALUES (3, 1, '\xef7af7fe75d6533bd21781ae431e62d867dd1faadb2c650b60edc6718eed5f57');
INSERT INTO public.trace_digest VALUES (6, 1, '\x756474e8d86ea67ae9d43c4612be2d1aa27e1c27866ee4fb17563ca029d7003b');
INSERT INTO public.trace_digest VALUES (9, 1, '\xec74ca64e4d3b013137f1d88c2bc4abfd1f3f0fc0e50d148efc60fd38740beca');
INSERT INTO public.trace_digest VALUES (12, 1, '\x808000b5cc359284d1ac2e2b65724468e62dac7865b03d5f3425428354331654');
INSERT INTO public.trace_digest VALUES (15, 1, '\xd0349f9718a64a46edfd6c6a75d91ad83068386737697f866ac31bf682e5af97');
INSERT INTO public.trace_digest VALUES (18, 1, '\x9c4952586d60ba6e5131369a649a9947ab10eb3373cfccebf370b9cbcfab946b');
INSERT INTO public.trace_digest VALUES (21, 1, '\xc8d7e05609e933f3f19a18c8543c1f69ca288347be45004efd6f9fc8a1dbae85');
INSERT INTO public.trace_digest VALUES (24, 1, '\xb037f166476487f52893ad33c37679a59ab6aea1d6eb0a15963b836815e38184');
INSERT INTO public.trace_digest VALUES (27, 1, '\xdf3bf1d0c37c07dc31acb315abdfb04b8d87d58970d4fbd5ec458c24e1db6a7e');
INSERT INTO public.trace_digest VALUES (30, 1, '\xbba5bb94294fe8d3f9be2235ddb736f3b98f4e5c01870e4fcaaee7588bdf3ffb');
INSERT INTO public.trace_digest VALUES (33, 1, '\x3e54fd078d52528fed0b1cfc91cee51b14cdcd022b26a0b8ce51f29c000b919b');
INSERT INTO public.trace_digest VALUES (36, 1, '\xc411b42d5b149d021b441b1493a930a38f56d8d72bd155c59276a6e3107f36dc');
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
CREATE INDEX task_next ON public.task USING btree (cycle_id, ((id + 0))) WHERE (lease_id IS NULL);
CREATE INDEX task_next_of_miner ON public.task USING btree (cycle_id, uid, ((id + 0))) WHERE (lease_id IS NULL);
CREATE INDEX trace_cycle ON public.trace USING btree (cycle_id);
CREATE INDEX trace_digest_cycle ON public.trace_digest USING btree (cycle_id);
ALTER TABLE ONLY public.cycle_miner
    ADD CONSTRAINT cycle_miner_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES public.cycle(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.executor_key
    ADD CONSTRAINT executor_key_executor_id_fkey FOREIGN KEY (executor_id) REFERENCES public.executor(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.publication
    ADD CONSTRAINT publication_cycle_id_fkey FOREIGN KEY (cycle_id) REFERENCES public.cycle(id) ON DELETE CASCADE;
