"""Runs an episode again from its trace: only the physics, without a policy and without images."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Environment, Observation
from kinitro.evaluation.errors import InvalidTrace
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.traces import check, count_steps, expect_bounds, read_actions, read_digests

REWARD_TOLERANCE = 1e-9
"""Relative and absolute tolerance of the total reward; machines of one fingerprint add rewards in the same order."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay found. `agrees` is the verdict; `differences` says in sentences why not.

    exact: whether the states were compared bit by bit. Where this machine's physics fingerprint differs from the
    trace's, that would mean nothing, so that only the success is compared.
    """

    exact: bool
    steps: int
    success_step: int | None
    total_reward: float
    first_difference: int | None
    """The first step whose state has another digest; None if all are equal."""
    differences: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether everything is equal that should be."""
        return not self.differences


def replay(
    trace: Trace,
    environment: Environment,
    *,
    fingerprint: str | None = None,
    show: Callable[[Observation], None] | None = None,
    rewards: list[float] | None = None,
) -> ReplayReport:
    """Run `trace` in `environment` and compare states, success step and reward.

    fingerprint: this machine's physics fingerprint; None compares exactly, whatever fingerprint the trace has.
    show: called with what a policy would see, at the beginning and after every step; without it nothing is rendered.
    rewards: a list to which the reward of every step is appended, if `show` is given.

    Raises InvalidTrace if the trace is not one of this environment or contradicts itself, and SimulationFailed if the
    episode cannot even begin.
    """
    check(trace)
    spec = environment.spec
    if (trace.env_id, trace.env_version) != (spec.id, spec.version):
        raise InvalidTrace(
            f"The trace is of {trace.env_id} version {trace.env_version}; this is {spec.id} version {spec.version}."
        )
    expect_bounds(trace, spec.action)
    exact = fingerprint is None or fingerprint == trace.fingerprint
    rollout = Rollout(environment, seed=int(trace.seed, 16), max_steps=trace.max_steps)
    rollout.reset()
    if show is None:
        rollout.execute(read_actions(trace))
    else:
        _show(rollout, read_actions(trace), show, [] if rewards is None else rewards)
    again = rollout.make_trace(trace.fingerprint)
    first_difference = _find_first_difference(trace, again)
    return ReplayReport(
        exact=exact,
        steps=rollout.steps,
        success_step=rollout.success_step,
        total_reward=rollout.total_reward,
        first_difference=first_difference,
        differences=tuple(_find_differences(trace, again, first_difference, exact=exact)),
    )


def _show(
    rollout: Rollout, actions: npt.NDArray[np.float32], show: Callable[[Observation], None], rewards: list[float]
) -> None:
    show(rollout.environment.observe())
    for action in actions:
        if rollout.over:
            return
        before = rollout.total_reward
        rollout.execute(action[None])
        rewards.append(rollout.total_reward - before)
        if not rollout.diverged:
            show(rollout.environment.observe())


def _find_first_difference(trace: Trace, again: Trace) -> int | None:
    ours = read_digests(again)
    return next((step for step, digest in read_digests(trace).items() if ours.get(step) != digest), None)


def _find_differences(trace: Trace, again: Trace, first_difference: int | None, *, exact: bool) -> list[str]:
    found = []
    if (trace.success_step is None) != (again.success_step is None):
        found.append(f"success at step {trace.success_step} was reported, the replay has {again.success_step}")
    if not exact:
        return found
    if trace.diverged != again.diverged:
        ends = {True: "fails", False: "goes on"}
        found.append(f"a simulation that {ends[trace.diverged]} was reported, in the replay it {ends[again.diverged]}")
    if first_difference is not None:
        found.append(f"the state after step {first_difference} differs")
    if count_steps(trace) != count_steps(again):
        found.append(f"{count_steps(trace)} steps were reported, the replay ended after {count_steps(again)}")
    if trace.success_step != again.success_step and not found:
        found.append(f"success at step {trace.success_step} was reported, the replay has {again.success_step}")
    if not math.isclose(trace.total_reward, again.total_reward, rel_tol=REWARD_TOLERANCE, abs_tol=REWARD_TOLERANCE):
        found.append(f"a reward of {trace.total_reward} was reported, the replay has {again.total_reward}")
    return found
