"""The parts of the conformance checks: tasks and observations as an evaluator sends them, runs, comparisons."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation
from kinitro.environments.registry import scored_specs
from kinitro.environments.spec import EnvironmentSpec, list_bounds
from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyError, PolicyFailed, PolicyMisbehaved, Reason
from kinitro.policies.messages import ACT_DEADLINE_S, TaskConfig, describe_task

TOLERANCE: Final = 1e-3
"""The largest allowed difference of an action's component between two runs of one episode, for the noise of GPUs."""
COMFORTABLE_SHARE: Final = 0.5
"""The share of the deadline that an answer should take at most, so that time is left for the network."""
ACKNOWLEDGEMENT_MS: Final = 20.0
"""Answers that take longer from their first piece to their last one wait for the client's delayed acknowledgement,
which comes after 40 ms on Linux. What a small answer takes by itself is far below a millisecond."""
ONE_PROCESS: Final = (
    "every process behind the address must know every episode, so serve from one process, without uvicorn's --workers"
)

T = TypeVar("T")


class Nonconformity(Exception):
    """A check raises it if the server breaks the protocol; the message says how."""


class Doubt(Exception):
    """A check raises it if the server does nothing forbidden, but something that the miner should know about."""


def make_task(spec: EnvironmentSpec | None = None, episode_id: str | None = None) -> TaskConfig:
    """Return a `task_config` as an evaluator sends it, with a new episode id unless one is given."""
    spec = spec or scored_specs()[0]
    return describe_task(spec, episode_id or secrets.token_hex(16), spec.max_steps)


def make_observations(count: int, seed: int = 0, spec: EnvironmentSpec | None = None) -> list[Observation]:
    """Return `count` different random observations that fit `spec`; by default the first scored environment's."""
    spec = spec or scored_specs()[0]
    random = np.random.default_rng(seed)
    low, high = list_bounds(spec.proprioception)
    shapes = {camera.name: (camera.height_px, camera.width_px, 3) for camera in spec.cameras}
    return [
        Observation(
            random.uniform(low, high).astype(np.float32),
            {name: random.integers(0, 256, shape, dtype=np.uint8) for name, shape in shapes.items()},
        )
        for _ in range(count)
    ]


async def wait_for_health(policy: HttpPolicy, limit_s: float) -> None:
    """Return when /health says "ok" or "failed", or when `limit_s` seconds have passed; then close the client."""
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
    """Reset, then ask once per observation; return all actions, (n, m) with n >= len(observations)."""
    await policy.reset(task)
    chunks = [await policy.act(task.episode_id, step, observation) for step, observation in enumerate(observations)]
    return np.concatenate(chunks)


async def run_side_by_side(runs: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all of them at once and return their results; the first error ends the others, too."""
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def time_episode(
    policy: HttpPolicy, task: TaskConfig, observations: Sequence[Observation], steps: int, trickled_s: list[float]
) -> list[float]:
    """Reset, then ask `steps` times; return the seconds that each call took, infinity for one that was late.

    For the answers that were in time, the seconds from their first piece to their last one are added to `trickled_s`.
    """
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
            trickled_s.append(policy.trickled_s)
    return latencies


def judge_latencies(latencies: Sequence[float]) -> str:
    """Return percentiles in words; raises Nonconformity if steps are forfeited, Doubt if little time is left."""
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


async def run_renewing(
    policy: HttpPolicy, task: TaskConfig, observations: Sequence[Observation]
) -> npt.NDArray[np.float32]:
    """Do as `run_episode`, but with a new connection for every call; raises Nonconformity if that loses the episode."""
    await policy.reset(task)
    chunks = []
    for step, observation in enumerate(observations):
        await policy.close()
        try:
            chunks.append(await policy.act(task.episode_id, step, observation))
        except PolicyMisbehaved as error:
            if error.reason != Reason.HTTP_STATUS:
                raise
            raise Nonconformity(
                f"an episode was lost at step {step}, when its connection was renewed: {ONE_PROCESS} ({error})"
            ) from None
    return np.concatenate(chunks)


def expect_whole(trickled_s: Sequence[float], said: str) -> str:
    """Return `said`; raises Doubt if answers waited for an acknowledgement between their first and their last piece."""
    typical_ms = 1000 * float(np.median(trickled_s)) if trickled_s else 0.0
    if typical_ms < ACKNOWLEDGEMENT_MS:
        return said
    raise Doubt(
        f"{said}; {typical_ms:.0f} ms of each answer pass between its first piece and its last: Nagle's algorithm "
        "waits for an acknowledgement; set TCP_NODELAY (uvicorn does when it is one process with --host and --port, "
        "and does not with --workers, --reload or --fd)"
    )


def expect_same(task: TaskConfig, one: npt.NDArray[np.float32], other: npt.NDArray[np.float32], what: str) -> float:
    """Return the largest difference of two runs' actions; raises Nonconformity if it exceeds TOLERANCE.

    The actions are clipped to the bounds of `task`, and differences are of numbers whose bounds are -1 and 1.
    """
    if one.shape != other.shape:
        raise Nonconformity(f"{what} gave {len(one)} and {len(other)} actions")
    low, high = list_bounds(task.action)
    difference = (np.abs(one.clip(low, high) - other.clip(low, high)) * (2 / (high - low))).max(axis=1)
    if difference.max() > TOLERANCE:
        step = int(difference.argmax())
        raise Nonconformity(
            f"{what} gave different actions, first by more than {TOLERANCE:g} at action "
            f"{int((difference > TOLERANCE).argmax())} and by {difference[step]:.2g} at action {step}; "
            "seed what is random with the episode_id, and keep state per episode"
        )
    return float(difference.max())
