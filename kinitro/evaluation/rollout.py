"""The simulator's side of an episode: it executes actions, keeps score and writes the trace. No policy, no clock."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import SimulationFailed
from kinitro.environments.interface import Environment, Observation
from kinitro.environments.spec import list_bounds
from kinitro.evaluation.outcomes import DIGEST_EVERY, Trace
from kinitro.evaluation.traces import TRACE_VERSION


class Rollout:
    """One episode of `environment` from `seed`, at most `max_steps` (and the environment's horizon) long.

    rollout = Rollout(environment, seed=7)
    observation = rollout.begin()
    while observation is not None:
        observation = rollout.advance(policy(observation))
    """

    def __init__(self, environment: Environment, *, seed: int, max_steps: int | None = None) -> None:
        spec = environment.spec
        horizon = spec.max_steps
        self.environment = environment
        self.seed = seed
        self.max_steps = horizon if max_steps is None else min(max_steps, horizon)
        self.steps = 0
        self.success_step: int | None = None
        """Control steps taken when the goal was reached: 1 for the first step; None if it was not."""
        self.total_reward = 0.0
        self.over = False
        self.diverged = False
        """Whether the last action made the simulation fail. The same actions do so again, so that ends the episode."""
        self._low, self._high = list_bounds(spec.action)
        self._neutral = np.array([command.neutral for command in spec.action], np.float32)
        self._held = np.array([command.held for command in spec.action])
        self._last = self._neutral
        self._actions: list[npt.NDArray[np.float32]] = []
        self._digests: list[bytes] = []
        self._digested_step: int | None = None

    def reset(self) -> None:
        """Put the environment into the episode's first state. Raises SimulationFailed, which no policy can cause."""
        self.environment.reset(self.seed)
        self._digest()

    def begin(self) -> Observation:
        """Reset the environment and return the first observation."""
        self.reset()
        return self.environment.observe()

    def advance(self, actions: npt.NDArray[np.float32]) -> Observation | None:
        """Execute actions (k, m) open loop until they or the episode end.

        Returns the next observation, None at the end of the episode.
        """
        self.execute(actions)
        return None if self.over else self.environment.observe()

    def execute(self, actions: npt.NDArray[np.float32]) -> None:
        """Execute finite actions (k, m), clipped to their bounds, until they or the episode end; render nothing."""
        for action in np.clip(np.asarray(actions, np.float32), self._low, self._high):
            if self.over:
                return
            self._step(action)

    def hold(self) -> npt.NDArray[np.float32]:
        """Return the action (1, m) of a forfeited step: neutral, but for what is held as it was last executed."""
        return np.where(self._held, self._last, self._neutral)[np.newaxis]

    def make_trace(self, fingerprint: str) -> Trace:
        """Return what a replay needs to run this episode again, as far as it went, without its policy."""
        spec = self.environment.spec
        if self._digested_step != self.steps:
            self._digest()
        return Trace(
            version=TRACE_VERSION,
            env_id=spec.id,
            env_version=spec.version,
            seed=f"{self.seed:032x}",
            max_steps=self.max_steps,
            actions=np.array(self._actions, "<f4").tobytes(),
            digests=b"".join(self._digests),
            success_step=self.success_step,
            total_reward=self.total_reward,
            fingerprint=fingerprint,
            diverged=self.diverged,
            action_low=tuple(self._low.tolist()),
            action_high=tuple(self._high.tolist()),
        )

    def _step(self, action: npt.NDArray[np.float32]) -> None:
        self.steps += 1
        self._last = action
        self._actions.append(action)
        try:
            transition = self.environment.step(action)
        except SimulationFailed:
            self._diverge()
            return
        if not math.isfinite(transition.reward):
            self._diverge()
            return
        self.total_reward += transition.reward
        if transition.success and self.success_step is None:
            self.success_step = self.steps
        self.over = transition.terminated or transition.truncated or self.steps >= self.max_steps
        if self.over or self.steps % DIGEST_EVERY == 0:
            self._digest()

    def _diverge(self) -> None:
        self.over = self.diverged = True
        self._digest()

    def _digest(self) -> None:
        self._digests.append(self.environment.digest())
        self._digested_step = self.steps
