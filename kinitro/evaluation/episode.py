"""One episode: a policy and a simulator take turns until the goal, the horizon, or a fault."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import SimulationFailed
from kinitro.environments.interface import Environment, Observation
from kinitro.evaluation.fault_attribution import SIMULATION_FAILED, UNREACHABLE, Forfeits, classify_end, classify_fault
from kinitro.evaluation.outcomes import EpisodeResult, Outcome, Timings
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.simulator import InlineSimulator, Simulator
from kinitro.policies.errors import PolicyError, PolicyMisbehaved, Reason
from kinitro.policies.messages import Policy, TaskConfig

T = TypeVar("T")
RESET_TRIES = 2


class EpisodeObserver(Protocol):
    """Sees an episode as its policy sees it: for videos and for recordings that are compared later."""

    every_step: bool
    """Also show what no policy asked for: the steps within a chunk and the last state."""

    def begin(self, task: TaskConfig) -> None:
        """The episode the policy was told of."""

    def exchange(self, step: int, observation: Observation, answer: npt.NDArray[np.float32] | None, /) -> None:
        """An observation sent at `step` and the actions (k, 4) answered, None if forfeited."""

    def unasked(self, observation: Observation) -> None:
        """An observation nobody was sent; only if `every_step`."""

    def end(self) -> None:
        """The episode is over."""

    def abandon(self) -> None:
        """The episode was given up, or failed on this machine."""


async def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an episode needs from the process it runs in; the defaults do for a single episode."""

    simulator: Simulator = field(default_factory=InlineSimulator)
    canary: Callable[[], Awaitable[bool]] = _always
    """Does our own policy server answer just now?"""
    clock: Callable[[], float] = time.monotonic
    fingerprint: str = ""
    """Physics fingerprint of this machine, for the trace."""


async def run_episode(
    environment: Environment,
    policy: Policy,
    *,
    seed: int,
    max_steps: int | None = None,
    surroundings: Surroundings | None = None,
    witness: EpisodeObserver | None = None,
) -> EpisodeResult:
    """Run the episode that `seed` determines and say what became of it.

    Steps without a usable answer are forfeited: zero motion, gripper held. Nothing the policy or the simulator
    does raises; it becomes an outcome with a reason. The policy is not closed. Cancel it to give the episode up.
    """
    around = surroundings or Surroundings()
    rollout = Rollout(environment, seed=seed, max_steps=max_steps)
    episode = _Episode(rollout, policy, around, witness)
    try:
        return await episode.run()
    except SimulationFailed:
        return episode.result(Outcome.EVALUATOR_FAULT, SIMULATION_FAILED)


class _Episode:
    """The state of one running episode: what was forfeited, and who spent how long."""

    def __init__(self, rollout: Rollout, policy: Policy, around: Surroundings, witness: EpisodeObserver | None) -> None:
        self._rollout = rollout
        self._policy = policy
        self._around = around
        self._witness = witness
        self._forfeits = Forfeits(rollout.max_steps)
        self._begun = around.clock()
        self._calls_s: list[float] = []
        self._talking_s = 0.0
        self._simulating_s = 0.0
        self._detail: str | None = None

    async def run(self) -> EpisodeResult:
        first = await self._simulate(self._rollout.begin)
        task = describe(self._rollout, first)
        reason = await self._introduce(task)
        if reason is not None:
            return await self._judge(f"{UNREACHABLE}:{reason}")
        if self._witness is not None:
            self._witness.begin(task)
        try:
            result = await self._take_turns(task.episode_id, first)
        except BaseException:
            if self._witness is not None:
                self._witness.abandon()
            raise
        if self._witness is not None:
            self._witness.end()
        return result

    async def _take_turns(self, episode_id: str, observation: Observation) -> EpisodeResult:
        seen: Observation | None = observation
        while seen is not None:
            actions, reason = await self._ask(episode_id, seen)
            if self._witness is not None:
                self._witness.exchange(self._rollout.steps, seen, actions)
            if reason is not None and self._forfeits.too_many:
                return await self._judge(reason)
            seen = await self._advance(self._rollout.hold() if actions is None else actions)
        return self.result(*classify_end(self._rollout.success_step, diverged=self._rollout.diverged))

    async def _advance(self, actions: npt.NDArray[np.float32]) -> Observation | None:
        """Execute the actions; what is seen then, None at the end."""
        if self._witness is None or not self._witness.every_step:
            return await self._simulate(partial(self._rollout.advance, actions))
        for number, action in enumerate(actions, 1):
            seen, over = await self._simulate(partial(self._show, action))
            if seen is not None and (over or number < len(actions)):
                self._witness.unasked(seen)
            if over:
                return None
        return seen

    def _show(self, action: npt.NDArray[np.float32]) -> tuple[Observation | None, bool]:
        """What is seen after the action, None if the simulation failed; and whether the episode is over."""
        rollout = self._rollout
        rollout.execute(action[np.newaxis])
        return None if rollout.diverged else rollout.environment.observe(), rollout.over

    async def _introduce(self, task: TaskConfig) -> str | None:
        """Negotiate and reset, with one retry; the reason if the policy cannot be talked to."""
        reason = None
        for _ in range(RESET_TRIES):
            began = self._around.clock()
            try:
                await negotiate(self._policy)
                await self._policy.reset(task)
                return None
            except PolicyError as error:
                reason, self._detail = error.reason, str(error)
            finally:
                self._talking_s += self._around.clock() - began
        return reason

    async def _ask(
        self, episode_id: str, observation: Observation
    ) -> tuple[npt.NDArray[np.float32] | None, str | None]:
        """The policy's actions, or the reason why the step is forfeited."""
        began = self._around.clock()
        try:
            actions = await self._policy.act(episode_id, self._rollout.steps, observation)
        except PolicyError as error:
            self._forfeits.add()
            self._detail = str(error)
            return None, error.reason
        finally:
            spent = self._around.clock() - began
            self._calls_s.append(spent)
            self._talking_s += spent
        self._forfeits.answered()
        return actions, None

    async def _judge(self, reason: str) -> EpisodeResult:
        """The result of an episode that its policy's answers ended."""
        return self.result(*classify_fault(reason, canary_ok=await self._around.canary()))

    async def _simulate(self, work: Callable[[], T]) -> T:
        def timed() -> T:
            began = self._around.clock()
            try:
                return work()
            finally:
                self._simulating_s += self._around.clock() - began

        return await self._around.simulator.run(timed)

    def result(self, outcome: Outcome, reason: str | None = None) -> EpisodeResult:
        """What is known so far, as a report."""
        rollout = self._rollout
        waiting_s = self._around.clock() - self._begun - self._talking_s - self._simulating_s
        calls_ms = 1000.0 * np.array(self._calls_s or [0.0])
        return EpisodeResult(
            outcome=outcome,
            steps=rollout.steps,
            success_step=rollout.success_step,
            total_reward=rollout.total_reward,
            reason=reason,
            forfeits=self._forfeits.total,
            timings=Timings(
                policy_p50_ms=float(np.percentile(calls_ms, 50)),
                policy_p95_ms=float(np.percentile(calls_ms, 95)),
                policy_max_ms=float(calls_ms.max()),
                simulation_ms=1000.0 * self._simulating_s,
                waiting_ms=max(0.0, 1000.0 * waiting_s),
            ),
            trace=None if outcome is Outcome.EVALUATOR_FAULT else rollout.trace(self._around.fingerprint),
            detail=self._detail,
        )


async def negotiate(policy: Policy) -> None:
    """Learn what the server can do. A server without /health is the least capable one; raises PolicyError.

    What answers /health must answer it as the protocol says: whoever declares chunks with a wrong type would otherwise
    be refused every chunk, and nobody would say why.
    """
    try:
        await policy.health()
    except PolicyMisbehaved as error:
        if error.reason != Reason.HTTP_STATUS:
            raise


def describe(rollout: Rollout, first: Observation) -> TaskConfig:
    """What the policy is told about its episode: nothing that depends on the seed."""
    spec = rollout.environment.spec
    height, width = next((image.shape[:2] for image in first.pixels.values()), (0, 0))
    return TaskConfig(
        env_id=spec.id,
        task_name=spec.task_name,
        instruction=spec.instruction,
        episode_id=secrets.token_hex(16),
        max_steps=rollout.max_steps,
        control_hz=spec.control_hz,
        cameras=tuple(first.pixels),
        image_size=(height, width),
    )
