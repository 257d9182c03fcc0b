"""The tests that every environment must pass, whoever wrote it. pytest and unittest can both run them.

Inherit from the mixin and say how an environment is made:

class TestMyEnvironment(EnvironmentConformance):
    def make_environment(self) -> Environment:
        return environments.make("my-family/my-task")
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import EpisodeNotRunning, InvalidAction, InvalidSeed
from kinitro.environments.interface import Environment, Observation, Transition
from kinitro.environments.seeds import SEED_BITS

STEPS = 20
"""Control steps of each test episode."""
SEEDS = (0, 7, 2**SEED_BITS - 1)
REFUSED_SEEDS = (-1, 2**SEED_BITS, 0.5, None, True)
REFUSED_ACTIONS = ([0.0] * 3, [[0.0] * 4], [0.0, 0.0, 0.0, float("nan")], [float("inf"), 0.0, 0.0, 0.0], "up", None)

SPEC = "The spec needs an id family/name, an instruction, a version, rates in [0, 1], a horizon and a rate above 0."
SAME_SEED = "The same seed must give the same states and observations: in any instance, after any history."
OTHER_SEED = "Other seeds must give other episodes."
PURE_OBSERVE = "observe() must not change the state, and must give equal arrays when called twice."
OWNED = "Observations belong to the caller: writing into one must change no later one."
AGENT_POS = "agent_pos must be finite float32 (4,) with a gripper opening in [0, 1]."
PIXELS = "Images must be uint8 (height, width, 3), under the same names in every step."
DIGEST = "digest() must be 16 bytes and tell states apart."
ENDS = "An episode ends, terminated at its first success, else truncated at max_steps, and at no other step."
NAMED_ERROR = "Bad input and calls out of turn must raise the errors of kinitro.environments.errors."
UNTOUCHED = "A refused action or seed must leave the episode as it was."
CLIPPED = "Actions beyond [-1, 1] must act as if clipped."


class EnvironmentConformance(ABC):
    """A mixin: give it `make_environment` and let pytest (or unittest) collect the `test_` methods."""

    @abstractmethod
    def make_environment(self) -> Environment:
        """Make a new environment at each call; the test closes it."""

    def make_action(self, random: np.random.Generator) -> npt.NDArray[np.float64]:
        """Draw an action (4,) to test with. Override it to reach more of the environment."""
        return random.uniform(-1.0, 1.0, 4)

    def test_spec(self) -> None:
        environment = self.make_environment()
        spec = environment.spec
        family, slash, name = spec.id.partition("/")
        rates = (spec.expert_success, spec.random_success)
        _require(bool(family and slash and name and spec.instruction and spec.version), SPEC)
        _require(all(0 <= rate <= 1 for rate in rates) and spec.max_steps > 0 and spec.control_hz > 0, SPEC)
        environment.close()

    def test_an_episode_is_a_function_of_its_seed(self) -> None:
        one, other = self.make_environment(), self.make_environment()
        forward = {seed: self._play_episode(one, seed) for seed in SEEDS}
        backward = {seed: self._play_episode(other, seed) for seed in reversed(SEEDS)}
        _require(all(_are_equal(forward[seed], backward[seed]) for seed in SEEDS), SAME_SEED)
        starts = {digests[0] for digests, _ in forward.values()}
        _require(len(starts) == len(SEEDS), OTHER_SEED)
        one.close()
        other.close()

    def test_interleaved_environments_do_not_disturb_each_other(self) -> None:
        alone, one, other = self.make_environment(), self.make_environment(), self.make_environment()
        expected, _ = self._play_episode(alone, SEEDS[1], observing=False)
        random, noise = np.random.default_rng(SEEDS[1]), np.random.default_rng(1)
        one.reset(SEEDS[1])
        other.reset(SEEDS[0])
        found = [one.digest()]
        while len(found) < len(expected):
            other_over = _is_over(other.step(self.make_action(noise)))
            one.step(self.make_action(random))
            found.append(one.digest())
            if other_over:
                other.reset(SEEDS[0])
        _require(found == expected, SAME_SEED)
        for environment in (alone, one, other):
            environment.close()

    def test_observations(self) -> None:
        environment = self.make_environment()
        environment.reset(SEEDS[0])
        random = np.random.default_rng(0)
        names = list(environment.observe().pixels)
        for _ in range(STEPS):
            before = environment.digest()
            first, second = environment.observe(), environment.observe()
            _require(environment.digest() == before and _equal_observations(first, second), PURE_OBSERVE)
            self._check_observation(first, names)
            seen = copy.deepcopy(first)
            for image in first.pixels.values():
                image[...] = 255 - image
            first.agent_pos[...] = 0
            _require(_equal_observations(environment.observe(), seen), OWNED)
            if _is_over(environment.step(self.make_action(random))):
                break
        environment.close()

    def test_the_episode_ends_once(self) -> None:
        environment = self.make_environment()
        environment.reset(SEEDS[0])
        random = np.random.default_rng(0)
        limit = environment.spec.max_steps
        for step in range(1, limit + 1):
            done = environment.step(self.make_action(random))
            _require(done.terminated == done.success, ENDS)
            _require(done.truncated == (step == limit and not done.success), ENDS)
            if _is_over(done):
                break
        environment.observe()
        _expect(EpisodeNotRunning, lambda: environment.step(np.zeros(4)))
        environment.reset(SEEDS[0])
        environment.step(np.zeros(4))
        environment.close()

    def test_calls_out_of_turn(self) -> None:
        environment = self.make_environment()
        _expect(EpisodeNotRunning, lambda: environment.step(np.zeros(4)))
        _expect(EpisodeNotRunning, environment.observe)
        environment.close()
        environment.close()

    def test_refused_input_changes_nothing(self) -> None:
        environment = self.make_environment()
        environment.reset(SEEDS[0])
        before = environment.digest()
        for action in REFUSED_ACTIONS:
            _expect(InvalidAction, lambda action=action: environment.step(action))  # type: ignore[misc]
        for seed in REFUSED_SEEDS:
            _expect(InvalidSeed, lambda seed=seed: environment.reset(seed))  # type: ignore[misc]
        _require(environment.digest() == before, UNTOUCHED)
        environment.step(np.zeros(4))
        environment.close()

    def test_actions_are_clipped(self) -> None:
        environment = self.make_environment()
        digests = set()
        for scale in (1.0, 1e300):
            environment.reset(SEEDS[0])
            environment.step(np.array([scale, -scale, scale, -scale]))
            digests.add(environment.digest())
        _require(len(digests) == 1, CLIPPED)
        environment.close()

    def _play_episode(
        self, environment: Environment, seed: int, *, observing: bool = True
    ) -> tuple[list[bytes], list[Observation]]:
        """Play the first STEPS steps of an episode, with actions that depend on the seed.

        Returns the digests of its states and, unless `observing` is False, its observations.
        """
        random = np.random.default_rng(seed)
        environment.reset(seed)
        digests = [environment.digest()]
        observations = [environment.observe()] if observing else []
        _require(len(digests[0]) == 16, DIGEST)
        for _ in range(STEPS):
            done = environment.step(self.make_action(random))
            digests.append(environment.digest())
            if observing:
                observations.append(environment.observe())
            if _is_over(done):
                break
        _require(len(set(digests)) > 1, DIGEST)
        return digests, observations

    def _check_observation(self, observation: Observation, names: list[str]) -> None:
        agent_pos = observation.agent_pos
        _require(agent_pos.shape == (4,) and agent_pos.dtype == np.float32, AGENT_POS)
        _require(bool(np.isfinite(agent_pos).all()) and 0 <= agent_pos[3] <= 1, AGENT_POS)
        _require(list(observation.pixels) == names, PIXELS)
        for image in observation.pixels.values():
            _require(image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3, PIXELS)


def _is_over(done: Transition) -> bool:
    return done.terminated or done.truncated


def _are_equal(one: tuple[list[bytes], list[Observation]], other: tuple[list[bytes], list[Observation]]) -> bool:
    return one[0] == other[0] and all(map(_equal_observations, one[1], other[1]))


def _equal_observations(one: Observation, other: Observation) -> bool:
    return np.array_equal(one.agent_pos, other.agent_pos) and all(
        np.array_equal(one.pixels[name], other.pixels[name]) for name in one.pixels.keys() | other.pixels.keys()
    )


def _expect(error: type[Exception], call: Callable[[], object]) -> None:
    try:
        call()
    except error:
        return
    raise AssertionError(f"{NAMED_ERROR} ({error.__name__} was not raised)")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise AssertionError(message)
