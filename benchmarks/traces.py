"""What a cycle's traces cost: bytes in PostgreSQL, time to encode, and how fast episodes are replayed.

    python benchmarks/traces.py [--episodes 102400] [--steps 150] [--replays 40]

Needs no network and no GPU; PostgreSQL is started for the measurement. Times are CPU seconds of one core.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import psycopg

from kinitro.database.schema import upgrade
from kinitro.environments import fingerprint, make
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.replay import replay
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.traces import decode, encode, list_digest_steps
from kinitro.local.postgres import LocalPostgres

DISTINCT = 500
"""Different traces; the table gets them over and over, which PostgreSQL does not notice."""
ENVIRONMENTS = ("metaworld/push-v3", "metaworld/drawer-open-v3", "metaworld/reach-v3", "metaworld/door-open-v3")
GIB = 2**30


def trace_of(steps: int, rng: np.random.Generator, *, smooth: bool) -> Trace:
    """A trace as executors report it; uniform noise is what compresses worst, a random walk is like a policy."""
    noise = rng.uniform(-1, 1, (steps, 4))
    actions = np.clip(np.cumsum(noise / 20, axis=0), -1, 1) if smooth else noise
    return Trace(
        version=1,
        env_id="metaworld/button-press-v3",
        env_version="1",
        seed=rng.bytes(16).hex(),
        max_steps=500,
        actions=actions.astype("<f4").tobytes(),
        digests=rng.bytes(16 * len(list_digest_steps(steps))),
        success_step=None,
        total_reward=float(rng.uniform(0, 500)),
        fingerprint="0" * 32,
    )


def measure_storage(episodes: int, steps: int, *, smooth: bool) -> None:
    """Size of table, TOAST and index together."""
    rng = np.random.default_rng(0)
    traces = [trace_of(steps, rng, smooth=smooth) for _ in range(DISTINCT)]
    began = time.process_time()
    encoded = [encode(trace) for trace in traces]
    encode_ms = (time.process_time() - began) / DISTINCT * 1e3
    with LocalPostgres() as server:
        upgrade(server.url)
        with psycopg.connect(server.url, autocommit=True) as connection:
            with connection.cursor().copy("copy trace (task_id, cycle_id, data) from stdin (format binary)") as copy:
                copy.set_types(["int8", "int4", "bytea"])
                for task_id in range(episodes):
                    copy.write_row((task_id, 1, encoded[task_id % DISTINCT]))
            row = connection.execute("select pg_total_relation_size('trace')").fetchone()
    size = int(row[0]) if row else 0
    mean = sum(map(len, encoded)) / DISTINCT
    kind = "random walk" if smooth else "uniform noise"
    print(
        f"{kind:14s} {episodes} x {steps} steps: {size / GIB:.3f} GiB in PostgreSQL ({size / episodes:.0f} bytes each; "
        f"encoded {mean:.0f}), encoding {encode_ms:.2f} ms"
    )


def measure_replay(replays: int) -> None:
    """Control steps per CPU second, rewards and digests included, model compilation left out."""
    rng = np.random.default_rng(1)
    steps, spent_s = 0, 0.0
    for env_id in ENVIRONMENTS:
        environment = make(env_id)
        for seed in range(replays // len(ENVIRONMENTS)):
            rollout = Rollout(environment, seed=seed)
            rollout.reset()
            rollout.execute(rng.uniform(-1, 1, (500, 4)).astype(np.float32))
            data = encode(rollout.make_trace(fingerprint()))
            began = time.process_time()
            report = replay(decode(data), environment, fingerprint=fingerprint())
            spent_s += time.process_time() - began
            steps += report.steps
            if not report.agrees:
                raise SystemExit(f"{env_id}, seed {seed}: {report.differences}")
        environment.close()
    print(f"replay: {steps / spent_s:.0f} control steps per CPU second ({steps} steps, all states equal)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=102_400)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--replays", type=int, default=40)
    given = parser.parse_args()
    for smooth in (False, True):
        measure_storage(given.episodes, given.steps, smooth=smooth)
    measure_replay(given.replays)


if __name__ == "__main__":
    main()
