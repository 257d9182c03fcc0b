"""Reports that every audit accepts, and what a lying executor makes of them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from kinitro.client.messages import Task, TaskResult
from kinitro.evaluation import recordings, traces
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.recordings import Recording
from kinitro.policies.messages import TaskConfig


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def trace_of(task: Task, outcome: int = 1, *, fingerprint: str = "physics-a", reward: float = 1.5) -> Trace:
    """An episode that succeeded in its 7th step, or went on to its horizon; nobody has simulated it."""
    steps = min(7, task.max_steps) if outcome == 1 else task.max_steps
    actions = np.random.default_rng(task.task_id).uniform(-1, 1, (steps, 4)).astype("<f4")
    digests = b"".join(bytes([step % 256]) * traces.DIGEST_BYTES for step in traces.list_digest_steps(steps))
    return Trace(
        version=traces.TRACE_VERSION, env_id=task.env_id, env_version=task.env_version, seed=task.seed,
        max_steps=task.max_steps, actions=actions.tobytes(), digests=digests,
        success_step=steps if outcome == 1 else None, total_reward=reward, fingerprint=fingerprint,
    )  # fmt: skip


def recording_of(task: Task, steps: int) -> Recording:
    """A policy that was asked at every step."""
    told = TaskConfig(
        env_id=task.env_id, task_name="reach", instruction="Reach.", episode_id="0" * 32, max_steps=task.max_steps,
        control_hz=80, cameras=("corner",), image_size=(84, 84),
    )  # fmt: skip
    return Recording(recordings.RECORDING_VERSION, told, list(range(steps)), bytes(4 * steps), [])


def honest(
    task: Task, outcome: int = 1, *, recorded: bool = False, fingerprint: str = "physics-a", reward: float = 1.5
) -> TaskResult:
    """What an honest executor reports about an episode with this outcome."""
    if outcome in (3, 4):
        return TaskResult(task_id=task.task_id, outcome=outcome, steps=3, total_reward=reward)  # type: ignore[arg-type]
    trace = trace_of(task, outcome, fingerprint=fingerprint, reward=reward)
    steps = traces.count_steps(trace)
    return TaskResult(
        task_id=task.task_id,
        outcome=outcome,  # type: ignore[arg-type]
        steps=steps,
        success_step=trace.success_step,
        total_reward=trace.total_reward,
        trace=traces.encode(trace),
        recording=recordings.encode(recording_of(task, steps)) if recorded else None,
    )


def as_json(task: dict[str, Any], outcome: int = 1, *, fingerprint: str = "p") -> dict[str, Any]:
    """The same, for a task as the API wrote it."""
    return honest(Task(**task), outcome, fingerprint=fingerprint).model_dump(mode="json", exclude_defaults=True)
