"""A subnet with a past, as large as one asks for: miners, environments, cycles of every state, tasks, leases, verdicts.

Scores and explanations are those that the rule of scoring makes of made-up outcomes, for the newest cycles; older
cycles repeat them. What a stranger may write is hostile.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.types.json import Jsonb

from kinitro.client.records import REFERENCE_UID, CycleConfig, CycleEnvironment, FrozenMiner, ReferencePolicy, ResultRow
from kinitro.client.verdicts import Evidence, VerdictRow
from kinitro.cycles.scorecard import PublicationIdentity, Scorecard, score
from kinitro.database.keys import create_key
from kinitro.environments import all_specs, fingerprint, make, make_expert
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.traces import encode
from kinitro.scoring.simulation import simulate_outcomes

HOSTILE = "<script>alert(1)</script>\" onmouseover='x' {{ 7 * 7 }} \u202e\u2028 'or 1=1--"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
EXCLUDED = 8
EXECUTORS = 12
SCORED = 2
"""Cycles with outcomes of their own."""
STILLS = 8
"""Failed episodes of a miner that have a trace; a page shows so many."""


@dataclass(frozen=True)
class LargeSubnet:
    """What was made. The newest cycle runs; the one before it is published, with its tasks."""

    url: str
    miners: int
    environments: Sequence[str]
    published: int
    running: int
    read_key: str
    """A key with the scope `read`."""


def fill(url: str, *, miners: int, environments: int, cycles: int, episodes: int) -> LargeSubnet:
    """Fill a database that has the schema and nothing else. `cycles` is at least 4."""
    generator = np.random.default_rng(0)
    ids = [spec.id for spec in all_specs() if spec.id.startswith("metaworld/") and "@" not in spec.id][:environments]
    config = CycleConfig(
        environments=[CycleEnvironment(id=env_id, version="1", max_steps=500) for env_id in ids],
        episodes=episodes, min_episodes=1, max_void_share=0.1, timeout_s=7200, kinitro_version="0",
        reference=ReferencePolicy(name="baseline", digest="d" * 64),
    )  # fmt: skip
    frozen = list(make_miners(miners))
    cards = [make_card(config, frozen, generator) for _ in range(SCORED)]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        connection.execute(CYCLES, {"config": Jsonb(config.model_dump()), "cycles": cycles, "hostile": HOSTILE})
        copy_miners(connection, frozen, cycles)
        add_executors(connection)
        publish(connection, cards, cycles)
        copy_tasks(connection, cycles - 1, cards[0][0])
        connection.execute(RUNNING_TASKS, {"cycle": cycles, "miners": miners, "envs": environments})
        connection.execute(NOTE_TASKS, {"cycles": [cycles - 1, cycles]})
        connection.execute(TRACES, {"cycle": cycles - 1, "trace": play(ids[0]), "most": STILLS})
        connection.execute(VERIFICATIONS, {"cycle": cycles - 1})
        connection.execute(LEASES, {"cycle": cycles})
        connection.execute("analyze")
        key = create_key(connection, "an-operator", "read")[1]
    return LargeSubnet(url, miners, ids, cycles - 1, cycles, key)


def make_miners(count: int) -> Iterator[FrozenMiner]:
    """Miners that take part, then excluded ones; the first of each is hostile."""
    chance = random.Random(0)
    for uid in range(count + EXCLUDED):
        hotkey = "5" + "".join(chance.choices(BASE58, k=47))
        hostile = uid in (0, count)
        yield FrozenMiner(
            uid=uid,
            hotkey=HOSTILE if hostile else hotkey,
            first_block=1000 + 7 * uid,
            repo=HOSTILE if hostile else f"{hotkey[1:9].lower()}/policy-{uid % 7}",
            revision=hashlib.sha1(str(uid).encode()).hexdigest(),
            endpoint="http://192.0.2.1:8000",
            sealed=uid % 3 == 0,
            hosted=uid % 5 == 1,
            max_concurrency=1 + uid % 16,
            excluded=None if uid < count else f"its commitment {HOSTILE if hostile else 'names a branch'} is refused",
        )


Card = tuple[npt.NDArray[np.bool_], Scorecard]


def make_card(config: CycleConfig, frozen: Sequence[FrozenMiner], generator: np.random.Generator) -> Card:
    """Outcomes bool (miners and the reference, environments, episodes), and what the scoring rule makes of them."""
    players = [miner for miner in frozen if miner.excluded is None]
    count = len(config.environments)
    skill, taste = generator.beta(2, 2, (len(players), 1)), generator.beta(2, 3, (len(players), count))
    rates = np.vstack([0.6 * skill + 0.4 * taste, np.full((1, count), 0.2)])
    solved = simulate_outcomes(rates.tolist(), config.episodes, 0.5, generator)
    uids = [*(miner.uid for miner in players), REFERENCE_UID]
    rows = [
        ResultRow.model_construct(
            task_id=index + 1, uid=uids[m], env_id=config.environments[n].id, episode=int(k), seed="0" * 32,
            outcome=1 if solved[m, n, k] else 2, steps=100, success_step=None, total_reward=0.0, forfeits=0,
            attempt=1, reason=None, executor=None, trace_sha256=None,
        )
        for index, (m, n, k) in enumerate(np.ndindex(solved.shape))
    ]  # fmt: skip
    evidence = Evidence(repo=None, revision=None, compared=10, matching=10)
    verdicts = [
        VerdictRow(task_id=n + 1, cycle_id=1, uid=miner.uid, verdict="match", evidence=evidence, finished_at="2026")
        for n, miner in enumerate(players)
        if miner.uid % 2
    ]
    return solved, score(PublicationIdentity(1, 1, 1, "2026-01-01T00:00:00+00:00"), config, frozen, rows, verdicts)


def copy_miners(connection: psycopg.Connection, frozen: Sequence[FrozenMiner], cycles: int) -> None:
    """The same miners in every cycle; some have committed anew since the last but two."""
    columns = "cycle_id, uid, hotkey, first_block, repo, revision, endpoint, sealed, max_concurrency, excluded, hosted"
    with connection.cursor() as cursor, cursor.copy(f"copy cycle_miner ({columns}) from stdin") as copy:
        for cycle in range(1, cycles + 1):
            for miner in frozen:
                since = cycle if miner.uid % 19 == 3 and cycle >= cycles - 1 else 0
                copy.write_row((
                    cycle, miner.uid, miner.hotkey, (miner.first_block or 0) + since, miner.repo, miner.revision,
                    miner.endpoint, miner.sealed, miner.max_concurrency, miner.excluded, miner.hosted,
                ))  # fmt: skip


def add_executors(connection: psycopg.Connection) -> None:
    """Machines that were seen just now, or long ago."""
    for number in range(1, EXECUTORS + 1):
        connection.execute(
            "insert into executor (name, fingerprint, versions, last_seen_at, verified_at) values"
            " (%s, %s, %s, now() - %s * interval '1 second', case when %s then now() end)",
            (
                f"gpu-{number}" if number > 1 else HOSTILE, "physics-a" if number % 5 else HOSTILE,
                Jsonb({"kinitro": "0.1.0", "mujoco": HOSTILE if number == 1 else "3.3.0"}),
                1 if number % 4 else 100_000, number % 6 == 2,
            ),
        )  # fmt: skip


def publish(connection: psycopg.Connection, cards: Sequence[Card], cycles: int) -> None:
    """The newest published cycles get a card each, the others repeat them."""
    newest = connection.execute(
        "select id from cycle where state = 'published' order by id desc limit %s", (len(cards),)
    ).fetchall()
    for (cycle,), (_, card) in zip(newest, cards, strict=True):
        connection.execute(
            PUBLISH,
            {
                "cycle": cycle, "scores": Jsonb(card.scores.model_dump()), "weights": Jsonb(card.weights.model_dump()),
                "explanations": Jsonb(card.explanations),
            },
        )  # fmt: skip
    connection.execute(REPEAT, {"sources": [cycle for (cycle,) in newest]})


def copy_tasks(connection: psycopg.Connection, cycle: int, solved: npt.NDArray[np.bool_]) -> None:
    """The tasks of a published cycle, in the order in which a scheduler creates them."""
    miners, environments, episodes = solved.shape
    columns = (
        "cycle_id, uid, env, episode, seed, outcome, steps, success_step, total_reward, forfeits, attempt, reason,"
        " executor_id, lease_id, finished_at, timings"
    )
    with connection.cursor() as cursor, cursor.copy(f"copy task ({columns}) from stdin") as copy:
        for episode in range(episodes):
            for env in range(environments):
                seed = hashlib.blake2b(bytes([env, episode % 256]), digest_size=16).hexdigest()
                for miner in range(miners):
                    uid = miner if miner < miners - 1 else REFERENCE_UID
                    won, fault = bool(solved[miner, env, episode]), (miner + env + episode) % 97 == 5
                    outcome = "success" if won else "policy_fault" if fault else "failure"
                    reason = "timeout" if outcome == "policy_fault" else "\\N"
                    step = "80" if won else "\\N"
                    copy.write(
                        f"{cycle}\t{uid}\t{env}\t{episode}\t\\\\x{seed}\t{outcome}\t100\t{step}\t12.5\t0\t1\t{reason}"
                        f"\t{1 + (miner + episode) % EXECUTORS}\t1\tnow\t{{3,{5 + uid % 200},20,400,50}}\n"
                    )


def play(env_id: str) -> bytes:
    """The encoded trace of the beginning of an episode of the expert."""
    environment = make(env_id, cameras=())
    rollout = Rollout(environment, seed=5, max_steps=12)
    rollout.reset()
    expert = make_expert(environment)
    while not rollout.over:
        rollout.execute(expert.act()[None])
    environment.close()
    return encode(rollout.make_trace(fingerprint()))


CYCLES = """
insert into cycle (state, reason, netuid, network, config, block, block_hash, seed_key, key_hash, key_committed_block,
                   beacon_block, beacon_hash, created_at, tasks_created_at, deadline_at, scoring_at, published_at,
                   revealed_at, results_root)
select c.state, case when c.state in ('failed', 'cancelled') then 'Too few: ' || %(hostile)s end, 1, 'local-dev',
       %(config)s, 1200 * i, sha256(i::text::bytea), sha256(('key' || i)::bytea), sha256(sha256(('key' || i)::bytea)),
       1200 * i + 1, 1200 * i + 3, sha256(('beacon' || i)::bytea), c.at, c.at + interval '2 minutes',
       c.at + interval '2 hours 2 minutes', case when c.state = 'published' then c.at + interval '70 minutes' end,
       case when c.state = 'published' then c.at + interval '75 minutes' end,
       case when c.state <> 'running' then c.at + interval '75 minutes' end,
       case when c.state = 'published' then sha256('root') end
from generate_series(1, %(cycles)s::int) as i cross join lateral (
  select case when i = %(cycles)s::int then 'running' when i >= %(cycles)s::int - 2 then 'published'
              when i %% 17 = 1 then 'failed' when i %% 23 = 2 then 'cancelled' else 'published' end as state,
         now() - interval '20 minutes' - (%(cycles)s::int - i) * interval '4 hours' as at
) as c
order by i
"""

PUBLISH = """
insert into publication (cycle_id, netuid, block, scores, weights, explanations, published_at)
select id, 1, block, %(scores)s::jsonb || o.about, %(weights)s::jsonb || o.about, %(explanations)s, published_at
from cycle c cross join lateral (
  select jsonb_build_object('cycle_id', c.id, 'block', c.block, 'published_at', c.published_at) as about) as o
where id = %(cycle)s
"""

REPEAT = """
insert into publication (cycle_id, netuid, block, scores, weights, explanations, published_at)
select c.id, 1, c.block, p.scores || jsonb_build_object('cycle_id', c.id, 'block', c.block),
       p.weights || jsonb_build_object('cycle_id', c.id, 'block', c.block), p.explanations, c.published_at
from cycle c
join publication p on p.cycle_id = (%(sources)s::int[])[1 + c.id %% cardinality(%(sources)s::int[])]
where c.state = 'published' and c.id <> all (%(sources)s::int[])
"""

RUNNING_TASKS = """
insert into task (cycle_id, uid, env, episode, seed, outcome, finished_at, executor_id, lease_id, steps, faults,
                  failed_at, reason)
select %(cycle)s, uid, env, episode, substring(sha256((env || '-' || episode)::bytea) for 16), done.outcome,
       case when done.outcome is not null then now() - random() * interval '17 minutes' end, 1 + (uid + env) %% 11,
       case when done.outcome is not null then 1 end, 100, (uid %% 9 = 4)::int,
       case when uid %% 9 = 4 then now() - interval '5 minutes' end,
       case when uid %% 9 = 4 and done.outcome is null then 'worker_crashed' end
from generate_series(0, 3) as episode, generate_series(0, %(envs)s - 1) as env,
     generate_series(0, %(miners)s - 1) as uid
cross join lateral (select case when episode < 2 then 'success'::outcome end as outcome) as done
order by episode, env, uid
"""

NOTE_TASKS = """
update cycle c set first_task = t.first, last_task = t.last, next_task = t.last + 1, fingerprint = 'physics-a'
from (select cycle_id, min(id) as first, max(id) as last from task group by cycle_id) as t
where t.cycle_id = c.id and c.id = any (%(cycles)s)
"""

TRACES = """
insert into trace (task_id, cycle_id, data)
select id, %(cycle)s, %(trace)s from (
  select id, row_number() over (partition by uid order by id) as place from task
  where cycle_id = %(cycle)s and outcome in ('failure', 'policy_fault')) as failed
where place <= %(most)s
union
select min(id), %(cycle)s, %(trace)s from task where cycle_id = %(cycle)s and outcome <> 'success' group by env, episode
on conflict do nothing
"""

VERIFICATIONS = """
insert into verification (task_id, cycle_id, uid, verdict, finished_at, attempts, executor_id, evidence)
select min(id), cycle_id, uid, case when uid %% 2 = 1 then 'match' else 'error' end, now(), 1, 2,
       '{"reason": null, "repo": null, "revision": null, "compared": 10, "matching": 10}'
from task where cycle_id = %(cycle)s and uid >= 0 group by cycle_id, uid
"""

LEASES = """
insert into lease (cycle_id, executor_id, expires_at, task_ids, uids)
select %(cycle)s, 1 + n, now() + (360 + n) * interval '10 seconds', array_agg(t.id), array_agg(t.uid)
from (select id, uid, row_number() over (order by id) %% 8 as n from task
      where cycle_id = %(cycle)s and outcome is null order by id limit 64) as t
group by n
"""
