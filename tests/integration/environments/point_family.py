"""A second family, as small as can be: a point that has to reach the origin of a line. Proves that families plug in."""

from __future__ import annotations

import struct
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from kinitro.environments import Environment, EnvironmentSpec, Observation, Transition
from kinitro.environments.errors import EpisodeNotRunning, InvalidAction
from kinitro.environments.seeds import check_seed, stream
from kinitro.errors import ConfigurationError

SPEC = EnvironmentSpec(
    id="point/origin-v0",
    task_name="origin",
    instruction="move the point to the origin",
    category="reach",
    version="0",
    scored=False,
    expert_success=1.0,
    random_success=0.0,
    max_steps=30,
    control_hz=10.0,
)


class PointEnvironment:
    """x moves by 0.1 of the action's first number."""

    def __init__(self, spec: EnvironmentSpec, cameras: tuple[str, ...], image_size_px: int) -> None:
        self.spec = spec
        self._cameras, self._size = cameras, image_size_px
        self._x, self._steps, self._running, self._has_begun = 0.0, 0, False, False

    def reset(self, seed: int) -> None:
        number = check_seed(seed)
        self._x = float(1.0 + stream(number, self.spec.id, self.spec.version, "placement").random())
        self._steps, self._running, self._has_begun = 0, True, True

    def observe(self) -> Observation:
        if not self._has_begun:
            raise EpisodeNotRunning("Call reset(seed) first.")
        image = np.zeros((self._size, self._size, 3), np.uint8)
        image[:, int(np.clip(self._x / 4 + 0.5, 0, 0.99) * self._size)] = 255
        return Observation(np.array([self._x, 0, 0, 1], np.float32), {camera: image.copy() for camera in self._cameras})

    def step(self, action: npt.ArrayLike) -> Transition:
        if not self._running:
            raise EpisodeNotRunning("Call reset(seed) first.")
        try:
            numbers = np.asarray(action, np.float64)
        except (TypeError, ValueError):
            raise InvalidAction("An action is 4 numbers.") from None
        if numbers.shape != (4,) or not np.isfinite(numbers).all():
            raise InvalidAction("An action is 4 finite numbers.")
        self._x += 0.1 * float(np.clip(numbers[0], -1, 1))
        self._steps += 1
        success = abs(self._x) < 0.05
        truncated = not success and self._steps == self.spec.max_steps
        self._running = not (success or truncated)
        return Transition(-abs(self._x), success, success, truncated)

    def digest(self) -> bytes:
        return blake2b(struct.pack("<d", self._x), digest_size=16).digest()

    def close(self) -> None:
        self._running = self._has_begun = False


def specs() -> tuple[EnvironmentSpec, ...]:
    return (SPEC,)


def make(
    spec: EnvironmentSpec,
    *,
    cameras: tuple[str, ...],
    image_size_px: int,
    randomization: str,
    renderer: str,
    rewards: bool,
) -> Environment:
    if randomization == "hard":
        raise ConfigurationError("The point has no hard randomization: choose none or standard.")
    return PointEnvironment(spec, cameras, image_size_px)
