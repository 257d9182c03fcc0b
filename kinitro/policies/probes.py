"""What the conformance checks are made of: tasks and observations as an evaluator sends them, runs, comparisons."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation
from kinitro.environments.registry import CAMERAS, IMAGE_SIZE_PX, EnvironmentSpec, scored_specs
from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyError, PolicyFailed, Reason
from kinitro.policies.messages import ACT_DEADLINE_S, TaskConfig

TOLERANCE: Final = 1e-3
"""Largest difference of an action component between two runs of the same episode; room for a GPU's noise."""
COMFORTABLE_SHARE: Final = 0.5
"""Of the deadline. A server that needs more at home has nothing left for the network."""

T = TypeVar("T")


class Nonconformity(Exception):
    """Raised by a check: what the protocol says and what the server did."""


class Doubt(Exception):
    """Raised by a check: nothing forbidden, but something the miner should know."""


def make_task(spec: EnvironmentSpec | None = None, episode_id: str | None = None) -> TaskConfig:
    """The `task_config` an evaluator sends, with a fresh episode id."""
    spec = spec or scored_specs()[0]
    return TaskConfig(
        env_id=spec.id,
        task_name=spec.task_name,
        instruction=spec.instruction,
        episode_id=episode_id or secrets.token_hex(16),
        max_steps=spec.max_steps,
        control_hz=spec.control_hz,
        cameras=CAMERAS,
        image_size=(IMAGE_SIZE_PX, IMAGE_SIZE_PX),
    )


def make_observations(count: int, seed: int = 0) -> list[Observation]:
    """Observations of the right shape that no two steps share."""
    random = np.random.default_rng(seed)
    shape = (IMAGE_SIZE_PX, IMAGE_SIZE_PX, 3)
    return [
        Observation(
            np.append(random.uniform((-0.2, 0.4, 0.1), (0.2, 0.8, 0.3)), random.uniform()).astype(np.float32),
            {camera: random.integers(0, 256, shape, dtype=np.uint8) for camera in CAMERAS},
        )
        for _ in range(count)
    ]


async def wait_for_health(policy: HttpPolicy, limit_s: float) -> None:
    """Return when /health answers ok or says that it failed, or `limit_s` seconds have passed; closes the client."""
    limit = time.monotonic() + limit_s
    try:
        while time.monotonic() < limit:
            try:
                await policy.health()
            except PolicyFailed:
                return  # the checks will say why
            except PolicyError:
                await asyncio.sleep(0.2)
            else:
                return
    finally:
        await policy.close()


async def run_episode(
    policy: HttpPolicy, task: TaskConfig, observations: Sequence[Observation]
) -> npt.NDArray[np.float32]:
    """Reset, then one act per observation; all actions, (n, 4) with n >= len(observations)."""
    await policy.reset(task)
    chunks = [await policy.act(task.episode_id, step, observation) for step, observation in enumerate(observations)]
    return np.concatenate(chunks)


async def side_by_side(runs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results of all; the first error ends the others too."""
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def time_episode(
    policy: HttpPolicy, task: TaskConfig, observations: Sequence[Observation], steps: int
) -> list[float]:
    """Reset, then the seconds each of `steps` acts took; infinity for one that was late."""
    await policy.reset(task)
    latencies = []
    for step in range(steps):
        begun = time.perf_counter()
        try:
            await policy.act(task.episode_id, step, observations[step % len(observations)])
        except PolicyError as error:
            if error.reason not in (Reason.TIMEOUT, Reason.CONNECTION_TIMEOUT):
                raise
            latencies.append(float("inf"))
        else:
            latencies.append(time.perf_counter() - begun)
    return latencies


def judge_latencies(latencies: Sequence[float]) -> str:
    """Percentiles in words; raises Nonconformity if steps are forfeited, Doubt if there is little room."""
    deadline_ms = ACT_DEADLINE_S * 1000
    late = int(np.isinf(latencies).sum())
    finite_ms = np.minimum(latencies, ACT_DEADLINE_S) * 1000
    p50, p95, p99 = np.percentile(finite_ms, (50, 95, 99))
    said = f"p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f}, max {finite_ms.max():.1f} of {deadline_ms:.0f} ms"
    if late:
        raise Nonconformity(f"{said}; {late} of {len(latencies)} late")
    if p95 > COMFORTABLE_SHARE * deadline_ms:
        raise Doubt(f"{said}; little is left for the network between evaluator and server")
    return said


def expect_same(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32], what: str) -> float:
    """The largest difference; raises Nonconformity if it exceeds TOLERANCE."""
    if one.shape != other.shape:
        raise Nonconformity(f"{what} gave {len(one)} and {len(other)} actions")
    difference = np.abs(one.clip(-1, 1) - other.clip(-1, 1)).max(axis=1)
    if difference.max() > TOLERANCE:
        step = int(difference.argmax())
        raise Nonconformity(
            f"{what} gave different actions, first by more than {TOLERANCE:g} at action "
            f"{int((difference > TOLERANCE).argmax())} and by {difference[step]:.2g} at action {step}; "
            "seed what is random with the episode_id, and keep state per episode"
        )
    return float(difference.max())
