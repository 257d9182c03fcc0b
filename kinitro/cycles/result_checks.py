"""Would every audit accept the report on one episode? The same checks are made when it is submitted.

Whoever holds an executor's key can report what it likes. A report that contradicts itself, its trace or its task would
fail the audit of the whole cycle, so it is refused at once. Only a replay shows whether a consistent report is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.packs.versions import split_version
from kinitro.environments.registry import get_spec
from kinitro.environments.spec import MAX_NUMBERS, EnvironmentSpec
from kinitro.evaluation import recordings, traces
from kinitro.evaluation.errors import InvalidRecording, InvalidTrace
from kinitro.evaluation.fault_attribution import SIMULATION_FAILED
from kinitro.evaluation.outcomes import Outcome, Trace

COUNTED = (Outcome.SUCCESS, Outcome.FAILURE, Outcome.POLICY_FAULT)
"""Outcomes that count for or against a miner."""
_WITH_TRACE = (Outcome.SUCCESS, Outcome.FAILURE)


@dataclass(frozen=True, slots=True)
class Episode:
    """The episode that a task asked for."""

    env_id: str
    env_version: str
    seed: str
    """32 hexadecimal digits."""
    max_steps: int
    """The horizon, in control steps."""
    fingerprint: str | None
    """Physics fingerprint that the trace must have; None: any."""


class Result(Protocol):
    """The fields that `TaskResult` and `ResultRow` have in common."""

    @property
    def outcome(self) -> int: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def steps(self) -> int | None: ...
    @property
    def success_step(self) -> int | None: ...
    @property
    def total_reward(self) -> float | None: ...


def find_result_differences(result: Result, max_steps: int, *, has_trace: bool) -> Iterator[str]:
    """Say where a result contradicts itself or the horizon of its task, in sentences without a subject."""
    if result.outcome not in COUNTED:
        return
    if (result.outcome == Outcome.SUCCESS) != (result.success_step is not None):
        yield f"is outcome {result.outcome} with the success step {result.success_step}"
    if result.outcome in _WITH_TRACE and not has_trace:
        yield f"has a result (outcome {result.outcome}) without a trace"
    if result.steps is not None and result.steps > max_steps:
        yield f"has {result.steps} steps, and the horizon is {max_steps}"


def find_trace_differences(result: Result, trace: Trace, episode: Episode) -> list[str]:
    """List where a trace differs from the result that it belongs to, or is of another episode."""
    spec = _find_spec(episode)
    if spec is not None and trace.env_id == spec.id:
        try:
            traces.expect_bounds(trace, spec.action)
        except InvalidTrace as error:
            return [str(error).rstrip(".")]
    steps = traces.count_steps(trace)
    any_physics = episode.fingerprint is None
    claims = {
        "physics fingerprint": (trace.fingerprint, trace.fingerprint if any_physics else episode.fingerprint),
        "environment": (trace.env_id, episode.env_id),
        "environment version": (trace.env_version, episode.env_version),
        "seed": (trace.seed, episode.seed),
        "horizon": (trace.max_steps, episode.max_steps),
        "number of steps": (steps, result.steps),
        "success step": (trace.success_step, result.success_step),
        "reward": (trace.total_reward, result.total_reward),
    }
    differences = [
        f"its trace has the {name} {ours}, it must be {theirs}"
        for name, (ours, theirs) in claims.items()
        if ours != theirs
    ]
    if trace.diverged != (result.outcome == Outcome.FAILURE and result.reason == SIMULATION_FAILED):
        differences.append(f"its trace and its reason {result.reason} disagree on whether the simulation failed")
    if result.outcome == Outcome.FAILURE and not trace.diverged and steps < episode.max_steps:
        differences.append(f"it counts as a failure, but was stopped after {steps} of {episode.max_steps} steps")
    return differences


def refusal(result: Result, trace: bytes | None, recording: bytes | None, episode: Episode) -> str | None:
    """Say in one sentence why no audit would accept this report; None if it may be stored.

    trace, recording: encoded, not trusted; no more of them is decompressed than an episode of this horizon needs.
    """
    if result.outcome == Outcome.EVALUATOR_FAULT:
        return "an evaluator fault has neither trace nor recording" if trace or recording else None
    if differences := list(find_result_differences(result, episode.max_steps, has_trace=trace is not None)):
        return f"the task {differences[0]}"
    if trace is None:
        return None if recording is None else "a recording without its trace shows nothing"
    try:
        spec = _find_spec(episode)
        size = MAX_NUMBERS if spec is None else len(spec.action)
        decoded = traces.decode(trace, limit_bytes=traces.compute_size_limit(episode.max_steps, size))
        if differences := find_trace_differences(result, decoded, episode):
            return differences[0]
        if recording is not None:
            limit = recordings.compute_size_limit(episode.max_steps)
            recordings.iter_exchanges(recordings.decode(recording, limit_bytes=limit), decoded)
    except (InvalidTrace, InvalidRecording) as error:
        return str(error)
    return None


def _find_spec(episode: Episode) -> EnvironmentSpec | None:
    """Return the spec of the episode's environment; None if this installation has no such environment and version.

    Then only a replay, for which the environment must be installed, tells whether the actions are of its robot.
    """
    try:
        spec = get_spec(episode.env_id)
    except UnknownEnvironment:
        return None
    version, _ = split_version(episode.env_version)
    return spec if spec.version == version else None
