"""Asks a policy what another one was asked: the episode is simulated again along its trace, every image drawn anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from kinitro.environments.interface import Environment, Observation, read_instruction
from kinitro.errors import KinitroError
from kinitro.evaluation.episode import negotiate
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.recordings import Exchange, Recording, compute_checksum, iter_exchanges
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.simulator import Simulator
from kinitro.evaluation.traces import expect_bounds
from kinitro.policies.errors import PolicyError, PolicyUnreachable
from kinitro.policies.messages import Policy
from kinitro.verification.comparison import Answer

T = TypeVar("T")


class NotReproduced(KinitroError):
    """This machine does not reproduce what the policy was shown: other versions, other physics. It is our fault."""


class SimulationThread:
    """A Simulator in a thread of its own: a verifier has few episodes at once, and its heartbeats must not wait."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="simulation")

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work` in the thread. Once it has begun it is not interrupted, even if the caller is cancelled."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Drop work that has not begun. It may be called more than once."""
        self._thread.shutdown(wait=False, cancel_futures=True)


async def shadow(
    recording: Recording, trace: Trace, environment: Environment, policy: Policy, simulator: Simulator
) -> AsyncGenerator[tuple[Exchange, Answer], None]:
    """Yield what `policy` answers at every exchange of the episode. The policy is not closed.

    The policy is asked at forfeited steps, too, because it may have a memory. The next image is drawn while the policy
    thinks, which is possible because the executed actions are known.

    Raises PolicyError if the policy refuses /reset or does not answer, NotReproduced, SimulationFailed,
    InvalidRecording and InvalidTrace.
    """
    seen = iter_observations(recording, trace, environment)
    upcoming = asyncio.ensure_future(simulator.run(_make_next(seen)))
    try:
        await negotiate(policy)
        await policy.reset(recording.task)
        while (shown := await upcoming) is not None:
            exchange, observation = shown
            upcoming = asyncio.ensure_future(simulator.run(_make_next(seen)))
            yield exchange, await _ask(policy, recording.task.episode_id, exchange.step, observation)
    finally:
        # The environment must not be reused before this has ended. Its error, if any, has been raised already.
        await asyncio.gather(upcoming, return_exceptions=True)


def iter_observations(
    recording: Recording, trace: Trace, environment: Environment
) -> Iterator[tuple[Exchange, Observation]]:
    """Yield every observation that was sent, drawn again.

    Raises NotReproduced at the first that differs, and InvalidTrace if the trace is of another robot.
    """
    if trace.env_version != environment.spec.version:
        raise NotReproduced(
            f"The episode is of {trace.env_id} version {trace.env_version}; here it is {environment.spec.version}."
        )
    expect_bounds(trace, environment.spec.action)
    rollout = Rollout(environment, seed=int(trace.seed, 16), max_steps=trace.max_steps)
    rollout.reset()
    if recording.task.instruction != read_instruction(environment):
        raise NotReproduced("The policy was not asked what the episode's seed asks.")
    for exchange in iter_exchanges(recording, trace):
        if rollout.over:
            raise NotReproduced(f"On this machine the episode is over after {rollout.steps} steps.")
        observation = environment.observe()
        if compute_checksum(observation) != exchange.checksum:
            raise NotReproduced(f"What the policy was shown at step {exchange.step} looks different on this machine.")
        yield exchange, observation
        if exchange.complete:  # what follows the last answer was not shown to any policy
            rollout.execute(exchange.actions)


def _make_next(seen: Iterator[tuple[Exchange, Observation]]) -> Callable[[], tuple[Exchange, Observation] | None]:
    return lambda: next(seen, None)


async def _ask(policy: Policy, episode_id: str, step: int, observation: Observation) -> Answer:
    try:
        return await policy.act(episode_id, step, observation)
    except PolicyUnreachable:
        raise
    except PolicyError:
        return None
