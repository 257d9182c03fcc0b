"""The tests that every environment must pass, whoever wrote it. pytest and unittest can both run them.

Inherit from the mixin and say how an environment is made:

class TestMyEnvironment(EnvironmentConformance):
    def make_environment(self) -> Environment:
        return environments.make("my-family/my-task")
"""

from __future__ import annotations

import copy
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import EpisodeNotRunning, InvalidAction, InvalidSeed
from kinitro.environments.interface import Environment, Observation, Transition
from kinitro.environments.seeds import SEED_BITS
from kinitro.environments.spec import MAX_NUMBERS, ActionNumber, Bounds, EnvironmentSpec, StateNumber, list_bounds

STEPS = 20
"""Control steps of each test episode."""
SEEDS = (0, 7, 2**SEED_BITS - 1)
REFUSED_SEEDS = (-1, 2**SEED_BITS, 0.5, None, True)
MAX_NAME_CHARS = 64
MAX_IMAGE_PX = 1024
MAX_MEANING_CHARS = 200

SPEC = "The spec needs an id family/name, an instruction, a version, rates in [0, 1], a horizon and a rate above 0."
SAME_SEED = "The same seed must give the same states and observations: in any instance, after any history."
OTHER_SEED = "Other seeds must give other episodes."
PURE_OBSERVE = "observe() must not change the state, and must give equal arrays when called twice."
OWNED = "Observations belong to the caller: writing into one must change no later one."
NUMBERS = "The spec's proprioception and action need 1 to 64 numbers with different names and bounds low < high."
AGENT_POS = "agent_pos must be float32, finite, with the numbers of the spec's proprioception within their bounds."
PIXELS = "Images must be uint8 (height, width, 3), of the spec's cameras in their order and their sizes."
DIGEST = "digest() must be 16 bytes and tell states apart."
ENDS = "An episode ends, terminated at its first success, else truncated at max_steps, and at no other step."
NAMED_ERROR = "Bad input and calls out of turn must raise the errors of kinitro.environments.errors."
UNTOUCHED = "A refused action or seed must leave the episode as it was."
CLIPPED = "Actions beyond the bounds of the spec must act as if clipped to them."


class EnvironmentConformance(ABC):
    """A mixin: give it `make_environment` and let pytest (or unittest) collect the `test_` methods."""

    @abstractmethod
    def make_environment(self) -> Environment:
        """Make a new environment at each call; the test closes it."""

    def make_action(self, random: np.random.Generator) -> npt.NDArray[np.float64]:
        """Draw an action (m,) within its bounds. Override it to reach more of the environment."""
        return random.uniform(*self._bounds)

    @functools.cached_property
    def _bounds(self) -> Bounds:
        environment = self.make_environment()
        environment.close()
        return list_bounds(environment.spec.action)

    @functools.cached_property
    def _still(self) -> npt.NDArray[np.float32]:
        """The action of a forfeited first step."""
        environment = self.make_environment()
        environment.close()
        return np.array([command.neutral for command in environment.spec.action], np.float32)

    def test_spec(self) -> None:
        environment = self.make_environment()
        spec = environment.spec
        family, slash, name = spec.id.partition("/")
        rates = (spec.expert_success, spec.random_success)
        _require(bool(family and slash and name and spec.instruction and spec.version), SPEC)
        _require(all(0 <= rate <= 1 for rate in rates) and spec.max_steps > 0 and spec.control_hz > 0, SPEC)
        _require(
            0 < len(spec.robot) <= MAX_NAME_CHARS, f"{SPEC} It also needs a robot, of {MAX_NAME_CHARS} characters."
        )
        _check_numbers("proprioception", spec.proprioception)
        _check_numbers("action", spec.action)
        for command in spec.action:
            meant = 0 < len(command.meaning) <= MAX_MEANING_CHARS
            _require(meant, f"The action {command.name} needs a meaning of 1 to {MAX_MEANING_CHARS} characters.")
            _require(
                command.low <= command.neutral <= command.high,
                f"The action {command.name} has the neutral value {command.neutral:g}, outside its bounds "
                f"{command.low:g} to {command.high:g}.",
            )
        for camera in spec.cameras:
            sizes = (camera.height_px, camera.width_px)
            _require(
                0 < len(camera.name) <= MAX_NAME_CHARS and all(0 < size <= MAX_IMAGE_PX for size in sizes),
                f"The camera {camera.name!r} is {sizes[0]} x {sizes[1]}; it needs a name, and 1 to {MAX_IMAGE_PX} px.",
            )
        _require(len(set(spec.camera_names)) == len(spec.cameras), "Two cameras of the spec have the same name.")
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
        for _ in range(STEPS):
            before = environment.digest()
            first, second = environment.observe(), environment.observe()
            _require(environment.digest() == before and _equal_observations(first, second), PURE_OBSERVE)
            _check_observation(first, environment.spec)
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
        _expect(EpisodeNotRunning, lambda: environment.step(self._still))
        environment.reset(SEEDS[0])
        environment.step(self._still)
        environment.close()

    def test_calls_out_of_turn(self) -> None:
        environment = self.make_environment()
        _expect(EpisodeNotRunning, lambda: environment.step(self._still))
        _expect(EpisodeNotRunning, environment.observe)
        environment.close()
        environment.close()

    def test_refused_input_changes_nothing(self) -> None:
        environment = self.make_environment()
        environment.reset(SEEDS[0])
        before = environment.digest()
        for action in self._list_refused_actions():
            _expect(InvalidAction, lambda action=action: environment.step(action))  # type: ignore[misc]
        for seed in REFUSED_SEEDS:
            _expect(InvalidSeed, lambda seed=seed: environment.reset(seed))  # type: ignore[misc]
        _require(environment.digest() == before, UNTOUCHED)
        environment.step(self._still)
        environment.close()

    def test_actions_are_clipped(self) -> None:
        environment = self.make_environment()
        low, high = self._bounds
        odd = np.arange(len(low)) % 2 == 1
        for flip in (odd, ~odd):
            digests = set()
            for action in (np.where(flip, low, high), np.where(flip, -1e300, 1e300)):
                environment.reset(SEEDS[0])
                environment.step(action)
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

    def _list_refused_actions(self) -> list[object]:
        """List what is no action: too few and too many numbers, another shape, not finite, no numbers."""
        still = self._still.tolist()
        broken = [[*still[:-1], float("nan")], [float("inf"), *still[1:]]]
        return [still[:-1], [*still, 0.0], [still], *broken, "up", None]


def _check_numbers(what: str, numbers: Sequence[StateNumber | ActionNumber]) -> None:
    _require(1 <= len(numbers) <= MAX_NUMBERS, f"{NUMBERS} The {what} has {len(numbers)} numbers.")
    names = [number.name for number in numbers]
    _require(len(set(names)) == len(names), f"{NUMBERS} The {what} has the names {', '.join(names)}.")
    for number in numbers:
        bounds = np.array([number.low, number.high], np.float32)
        _require(
            bool(0 < len(number.name) <= MAX_NAME_CHARS and np.isfinite(bounds).all() and bounds[0] < bounds[1]),
            f"{NUMBERS} The {what} {number.name!r} is from {number.low:g} to {number.high:g}.",
        )


def _check_observation(observation: Observation, spec: EnvironmentSpec) -> None:
    """Compare an observation with the spec, and name the number or the camera that does not fit."""
    agent_pos = observation.agent_pos
    size = len(spec.proprioception)
    _require(
        agent_pos.shape == (size,) and agent_pos.dtype == np.float32,
        f"{AGENT_POS} It is {agent_pos.dtype} {agent_pos.shape}, and the spec has {size} numbers.",
    )
    for number, value in zip(spec.proprioception, agent_pos.tolist(), strict=True):
        within = np.float32(number.low) <= value <= np.float32(number.high)
        _require(
            bool(within),
            f"{AGENT_POS} {number.name} is {value:g} {number.unit}, outside {number.low:g} to {number.high:g}.",
        )
    names = tuple(observation.pixels)
    _require(names == spec.camera_names, f"{PIXELS} There are {names}, and the spec has {spec.camera_names}.")
    for camera in spec.cameras:
        image, shape = observation.pixels[camera.name], (camera.height_px, camera.width_px, 3)
        _require(
            image.dtype == np.uint8 and image.shape == shape,
            f"{PIXELS} The image of {camera.name} is {image.dtype} {image.shape}, and the spec says uint8 {shape}.",
        )


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
