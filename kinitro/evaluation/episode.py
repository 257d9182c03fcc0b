"""One episode: a policy and a simulator take turns until the goal, the horizon, or a fault ends it."""

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
from kinitro.environments.interface import Environment, Observation, read_instruction
from kinitro.evaluation.fault_attribution import SIMULATION_FAILED, UNREACHABLE, Forfeits, classify_end, classify_fault
from kinitro.evaluation.outcomes import EpisodeResult, Outcome, Timings
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.simulator import InlineSimulator, Simulator
from kinitro.policies.errors import PolicyError, PolicyMisbehaved, Reason
from kinitro.policies.messages import Policy, TaskConfig, describe_task

T = TypeVar("T")
RESET_TRIES = 2


class EpisodeObserver(Protocol):
    """Sees an episode as its policy sees it, for videos and for recordings that are compared later."""

    every_step: bool
    """Whether it also wants the observations that no policy is sent: those within a chunk, and the last one."""

    def begin(self, task: TaskConfig) -> None:
        """Called when the policy has accepted the episode; `task` is what it was told."""

    def exchange(self, step: int, observation: Observation, answer: npt.NDArray[np.float32] | None, /) -> None:
        """Called with the observation sent at `step` and the actions (k, m) answered, None if the step is forfeited."""

    def observe_unsent(self, observation: Observation) -> None:
        """Called with an observation that no policy is sent; only if `every_step`."""

    def end(self) -> None:
        """Called when the episode is over."""

    def abandon(self) -> None:
        """Called instead of `end` when the episode was given up, or failed on this machine."""


async def _assume_healthy() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class EpisodeContext:
    """What an episode needs from the process it runs in; the defaults suffice for a single episode."""

    simulator: Simulator = field(default_factory=InlineSimulator)
    canary: Callable[[], Awaitable[bool]] = _assume_healthy
    """Returns whether our own policy server answers now; asked only when the policy's answers end an episode."""
    clock: Callable[[], float] = time.monotonic
    """Seconds; only differences matter."""
    fingerprint: str = ""
    """The physics fingerprint of this machine, for the trace."""


async def run_episode(
    environment: Environment,
    policy: Policy,
    *,
    seed: int,
    max_steps: int | None = None,
    context: EpisodeContext | None = None,
    observer: EpisodeObserver | None = None,
    episode_id: str | None = None,
) -> EpisodeResult:
    """Run the episode that `seed` determines and return its outcome.

    max_steps: the horizon, if it shall be shorter than the environment's.
    episode_id: the id that the policy is told; None: a random one.
    observer: sees what the policy sees.

    Steps without a usable answer are forfeited, see `Rollout.hold`. Nothing that the policy or
    the simulator does raises; it becomes an outcome with a reason. The policy is not closed. Cancelling gives the
    episode up.
    """
    context = context or EpisodeContext()
    rollout = Rollout(environment, seed=seed, max_steps=max_steps)
    episode = _Episode(rollout, policy, context, observer, episode_id)
    try:
        return await episode.run()
    except SimulationFailed:
        return episode.build_result(Outcome.EVALUATOR_FAULT, SIMULATION_FAILED)


class _Episode:
    """The state of one running episode: which steps were forfeited, and where the time went."""

    def __init__(
        self,
        rollout: Rollout,
        policy: Policy,
        context: EpisodeContext,
        observer: EpisodeObserver | None,
        episode_id: str | None,
    ) -> None:
        self._rollout = rollout
        self._policy = policy
        self._context = context
        self._observer = observer
        self._episode_id = episode_id
        self._forfeits = Forfeits(rollout.max_steps)
        self._begun = context.clock()
        self._calls_s: list[float] = []
        self._talking_s = 0.0
        self._simulating_s = 0.0
        self._detail: str | None = None

    async def run(self) -> EpisodeResult:
        first = await self._simulate(self._rollout.begin)
        environment, episode_id = self._rollout.environment, self._episode_id or secrets.token_hex(16)
        instruction = read_instruction(environment)
        task = describe_task(environment.spec, episode_id, self._rollout.max_steps, instruction)
        reason = await self._introduce(task)
        if reason is not None:
            return await self._attribute_fault(f"{UNREACHABLE}:{reason}")
        if self._observer is not None:
            self._observer.begin(task)
        try:
            result = await self._take_turns(task.episode_id, first)
        except BaseException:
            if self._observer is not None:
                self._observer.abandon()
            raise
        if self._observer is not None:
            self._observer.end()
        return result

    async def _take_turns(self, episode_id: str, observation: Observation) -> EpisodeResult:
        seen: Observation | None = observation
        while seen is not None:
            actions, reason = await self._ask(episode_id, seen)
            if self._observer is not None:
                self._observer.exchange(self._rollout.steps, seen, actions)
            if reason is not None and self._forfeits.too_many:
                return await self._attribute_fault(reason)
            seen = await self._advance(self._rollout.hold() if actions is None else actions)
        return self.build_result(*classify_end(self._rollout.success_step, diverged=self._rollout.diverged))

    async def _advance(self, actions: npt.NDArray[np.float32]) -> Observation | None:
        """Execute the actions and return the next observation, None at the end of the episode."""
        if self._observer is None or not self._observer.every_step:
            return await self._simulate(partial(self._rollout.advance, actions))
        for number, action in enumerate(actions, 1):
            seen, over = await self._simulate(partial(self._show, action))
            if seen is not None and (over or number < len(actions)):
                self._observer.observe_unsent(seen)
            if over:
                return None
        return seen

    def _show(self, action: npt.NDArray[np.float32]) -> tuple[Observation | None, bool]:
        """Execute one action; return the observation (None if the simulation failed) and whether it is the end."""
        rollout = self._rollout
        rollout.execute(action[np.newaxis])
        return None if rollout.diverged else rollout.environment.observe(), rollout.over

    async def _introduce(self, task: TaskConfig) -> str | None:
        """Negotiate and reset, with one retry. Return the reason if the policy cannot be reached, otherwise None."""
        reason = None
        for _ in range(RESET_TRIES):
            began = self._context.clock()
            try:
                await negotiate(self._policy)
                await self._policy.reset(task)
                return None
            except PolicyError as error:
                reason, self._detail = error.reason, str(error)
            finally:
                self._talking_s += self._context.clock() - began
        return reason

    async def _ask(
        self, episode_id: str, observation: Observation
    ) -> tuple[npt.NDArray[np.float32] | None, str | None]:
        """Return the policy's actions and None, or None and the reason why the step is forfeited."""
        began = self._context.clock()
        try:
            actions = await self._policy.act(episode_id, self._rollout.steps, observation)
        except PolicyError as error:
            self._forfeits.add()
            self._detail = str(error)
            return None, error.reason
        finally:
            spent = self._context.clock() - began
            self._calls_s.append(spent)
            self._talking_s += spent
        self._forfeits.end_row()
        return actions, None

    async def _attribute_fault(self, reason: str) -> EpisodeResult:
        """Return the result of an episode that the policy's answers ended: the policy's fault, or ours."""
        return self.build_result(*classify_fault(reason, canary_ok=await self._context.canary()))

    async def _simulate(self, work: Callable[[], T]) -> T:
        def timed() -> T:
            began = self._context.clock()
            try:
                return work()
            finally:
                self._simulating_s += self._context.clock() - began

        return await self._context.simulator.run(timed)

    def build_result(self, outcome: Outcome, reason: str | None = None) -> EpisodeResult:
        """Return what is known so far as the episode's result."""
        rollout = self._rollout
        waiting_s = self._context.clock() - self._begun - self._talking_s - self._simulating_s
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
            trace=None if outcome is Outcome.EVALUATOR_FAULT else rollout.make_trace(self._context.fingerprint),
            detail=self._detail,
        )


async def negotiate(policy: Policy) -> None:
    """Ask the server what it can do; a server without /health counts as the least capable one. Raises PolicyError.

    A server that answers /health must answer as the protocol says. Otherwise a server that declares its chunks with a
    wrong type would have every chunk refused, and its miner would not learn why.
    """
    try:
        await policy.health()
    except PolicyMisbehaved as error:
        if error.reason != Reason.HTTP_STATUS:
            raise
