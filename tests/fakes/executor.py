"""An executor that decides outcomes by a rule instead of running them; it speaks to a real task pool."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from kinitro.client.messages import FetchRequest, SubmitStatus, Task, TaskResult
from kinitro.database.tasks import TaskPool
from kinitro.environments import Environment, make
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.traces import encode

Rule = Callable[[Task], int]
"""Task -> outcome."""


def skill(uid: int, seed: str) -> bool:
    """Whether a miner of this uid solves this episode: uid 1 solves 1 of 10, uid 9 solves 9 of 10, always the same."""
    return hashlib.sha256(seed.encode()).digest()[0] % 10 < uid


async def run_tasks(
    pool: TaskPool, executor_id: int, rule: Rule, *, limit: int | None = None, versions: dict[str, str] | None = None
) -> int:
    """Fetch and report until there is nothing left, or `limit` tasks are done; returns how many were done."""
    done = 0
    while limit is None or done < limit:
        size = 100 if limit is None else min(100, limit - done)
        request = FetchRequest(max_tasks=size, fingerprint="physics-1", versions=versions or {})
        lease = await pool.fetch(executor_id, request)
        if lease.lease_id is None:
            break
        await pool.submit(executor_id, lease.lease_id, [_report(task, rule(task)) for task in lease.tasks])
        done += len(lease.tasks)
    return done


def _report(task: Task, outcome: int) -> TaskResult:
    success = outcome == 1
    trace = None if outcome == 4 else hashlib.sha256(f"{task.uid}{task.seed}".encode()).digest()
    return TaskResult(
        task_id=task.task_id,
        outcome=outcome,  # type: ignore[arg-type]
        steps=20,
        success_step=20 if success else None,
        total_reward=1.5,
        trace=trace,
        recording=b"recorded" if task.record else None,
    )


async def run_episodes(pool: TaskPool, executor_id: int, fingerprint: str) -> int:
    """Run real episodes: the odd half of the seeds is solved by uid 5, all of them by uid 9, and few by uid 2."""
    environments: dict[str, Environment] = {}
    done = 0
    while True:
        lease = await pool.fetch(executor_id, FetchRequest(max_tasks=50, fingerprint=fingerprint))
        if lease.lease_id is None:
            return done
        reports = []
        for task in lease.tasks:
            if task.env_id not in environments:
                environments[task.env_id] = make(task.env_id)
            reports.append(_episode(task, environments[task.env_id], fingerprint))
        await pool.submit(executor_id, lease.lease_id, reports)
        done += len(reports)


SOLUTIONS = tuple((x, y, z, 1.0) for z in (-0.3, 0.0, -0.5) for y in (1.0, 0.7) for x in (0.0, 0.2, -0.2))
"""Motions one of which, repeated, closes a drawer or presses a button, whatever the seed (nearly)."""


def _episode(task: Task, environment: Environment, fingerprint: str) -> TaskResult:
    seed = int(task.seed, 16)
    if task.uid == 9 or (task.uid == 5 and seed % 2):
        plans = [np.tile(np.array(motion, np.float32), (task.max_steps, 1)) for motion in SOLUTIONS]
    else:
        plans = [np.random.default_rng(seed ^ task.uid).uniform(-1, 1, (task.max_steps, 4)).astype(np.float32)]
    for actions in plans:
        rollout = Rollout(environment, seed=seed, max_steps=task.max_steps)
        rollout.reset()
        rollout.execute(actions)
        if rollout.success_step is not None:
            break
    return TaskResult(
        task_id=task.task_id,
        outcome=2 if rollout.success_step is None else 1,
        steps=rollout.steps,
        success_step=rollout.success_step,
        total_reward=rollout.total_reward,
        trace=encode(rollout.make_trace(fingerprint)),
        recording=b"recorded" if task.record else None,
    )


async def report(pool: TaskPool, executor_id: int, lease_id: int, task: Task, outcome: int) -> SubmitStatus:
    """One report on one task."""
    return (await pool.submit(executor_id, lease_id, [_report(task, outcome)]))[0]
