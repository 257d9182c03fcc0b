"""A family of environments in one file: an arm that has to bring its gripper to the origin. Copy it and change it."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from kinitro import environments
from kinitro.environments import ActionNumber, CameraSpec, EnvironmentSpec, Observation, StateNumber, Transition
from kinitro.environments.actions import check_action
from kinitro.environments.errors import EpisodeNotRunning
from kinitro.environments.seeds import check_seed, stream
from kinitro.errors import ConfigurationError

OPEN_M = 0.08  # the distance between the open fingers
AXES = ("x", "y", "z", "roll", "pitch", "yaw")
SPEC = EnvironmentSpec(
    id="arm/origin-v0",
    task_name="origin",
    instruction="move the gripper to the origin",
    category="reach",
    version="0",
    scored=False,
    expert_success=1.0,
    random_success=0.0,
    robot="example-arm",
    proprioception=(
        *(StateNumber(name, "m", -1.0, 1.0) for name in AXES[:3]),
        *(StateNumber(name, "rad", -3.0, 3.0) for name in AXES[3:]),
        StateNumber("left_finger", "m", 0.0, OPEN_M / 2),
        StateNumber("right_finger", "m", 0.0, OPEN_M / 2),
        StateNumber("grip_force", "N", 0.0, 20.0),
    ),
    action=(
        *(ActionNumber(f"d{name}", f"motion along {name} in metres per step", -0.05, 0.05) for name in AXES[:3]),
        *(ActionNumber(f"d{name}", f"turn ({name}) in radians per step", -0.2, 0.2) for name in AXES[3:]),
        ActionNumber("gripper", "distance between the fingers in metres", 0.0, OPEN_M, neutral=OPEN_M, held=True),
    ),
    cameras=(CameraSpec("front", height_px=48, width_px=64), CameraSpec("wrist", height_px=128, width_px=128)),
    max_steps=30,
    control_hz=20.0,
)


class ArmEnvironment:
    """The pose changes by what the action says; the fingers are where they are told to be."""

    def __init__(self, spec: EnvironmentSpec) -> None:
        self.spec = spec
        self._pose, self._gap, self._steps = np.zeros(6), OPEN_M, 0
        self._running = self._has_begun = False

    def reset(self, seed: int) -> None:
        random = stream(check_seed(seed), self.spec.id, self.spec.version, "placement")
        self._pose, self._gap, self._steps = random.uniform(-0.5, 0.5, 6), OPEN_M, 0
        self._running = self._has_begun = True

    def observe(self) -> Observation:
        if not self._has_begun:
            raise EpisodeNotRunning("Call reset(seed) first.")
        numbers = np.array([*self._pose, self._gap / 2, self._gap / 2, 250 * (OPEN_M - self._gap)], np.float32)
        return Observation(numbers, {camera.name: self._draw(camera) for camera in self.spec.cameras})

    def step(self, action: npt.ArrayLike) -> Transition:
        if not self._running:
            raise EpisodeNotRunning("Call reset(seed) first.")
        command = check_action(action, self.spec.action).astype(np.float64)
        self._pose = np.clip(self._pose + command[:6], -1.0, 1.0)
        self._gap = min(float(command[6]), OPEN_M)  # float32 may be above it
        self._steps += 1
        distance = float(np.abs(self._pose[:3]).max())
        success = distance < 0.05
        truncated = not success and self._steps >= self.spec.max_steps
        self._running = not (success or truncated)
        return Transition(-distance, success, success, truncated)

    def digest(self) -> bytes:
        return blake2b(np.append(self._pose, self._gap).astype("<f8").tobytes(), digest_size=16).digest()

    def close(self) -> None:
        self._running = self._has_begun = False

    def _draw(self, camera: CameraSpec) -> npt.NDArray[np.uint8]:
        """Draw a cross where the gripper is, seen from the front, on a background that tells the distance."""
        image = np.full((camera.height_px, camera.width_px, 3), int(127 * (1 + self._pose[1])), np.uint8)
        image[int((1 - self._pose[2]) / 2 * (camera.height_px - 1))] = 255
        image[:, int((1 + self._pose[0]) / 2 * (camera.width_px - 1))] = 255
        return image


class ArmExpert:
    """Goes straight to the origin; with it, `kinitro demos` can record demonstrations."""

    def __init__(self, environment: environments.Environment) -> None:
        self._environment = environment

    def act(self) -> npt.NDArray[np.float32]:
        position = self._environment.observe().agent_pos[:3]
        return check_action([*-position, 0.0, 0.0, 0.0, OPEN_M], self._environment.spec.action)


def specs() -> tuple[EnvironmentSpec, ...]:
    return (SPEC,)


def make(spec: EnvironmentSpec, *, randomization: str, renderer: str, rewards: bool) -> environments.Environment:
    if randomization == "hard":
        raise ConfigurationError("The arm has no hard randomization: choose none or standard.")
    return ArmEnvironment(spec)


def make_expert(environment: environments.Environment) -> environments.Expert:
    return ArmExpert(environment)
