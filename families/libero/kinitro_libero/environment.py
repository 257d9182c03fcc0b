"""A LIBERO task as an Environment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from kinitro.environments import EnvironmentSpec, Observation, Transition
from kinitro.environments.actions import check_action
from kinitro.environments.errors import EpisodeNotRunning, SimulationFailed
from kinitro.environments.interface import Factor, Factors
from kinitro.environments.metaworld.models import drop_mesh_hierarchies, release_textures
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.randomization import NominalModel, Variation
from kinitro.environments.seeds import check_seed, stream
from kinitro.errors import ConfigurationError
from kinitro_libero.assets import read_task
from kinitro_libero.bddl import parse
from kinitro_libero.controller import ARM, FINGERS, FINGERS_START, START, PoseController
from kinitro_libero.levels import adapt_level
from kinitro_libero.placement import Sampler
from kinitro_libero.scene import make_model

if TYPE_CHECKING:
    from kinitro.environments.randomization.variation import Drawn
    from kinitro.environments.rendering import Renderer

MUJOCO_CAMERAS = {"agentview": "agentview", "eye_in_hand": "robot0_eye_in_hand"}
"""Names of cameras for policies -> in the model."""
RENDERERS = ("software", "gl")
IMAGE_SIZES_PX = range(16, 2049)
VIEWING_DISTANCE_M = 0.7
"""Nearer than this, cameras rarely see objects: meshes keep the details that are larger than a pixel from there."""
SIMULATION_STEPS = 25
"""Simulation steps of 2 ms in a control step, at 20 Hz."""
SETTLING_STEPS = 10
"""Control steps without motion in which objects come to rest before an episode, as in published evaluations."""
SETTLING = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0])
LOWER_EDGE_M = 0.01
"""By so much LIBERO extends the region `in` which an object counts downwards."""
VELOCITY_STAGE = int(mujoco.mjtStage.mjSTAGE_VEL)
NO_STAGE = int(mujoco.mjtStage.mjSTAGE_NONE)


def _ignore_warning(_message: str) -> None:
    """Ignore a warning of MuJoCo's, which would be printed and written to a file: we read the counters instead."""


mujoco.set_mju_user_warning(_ignore_warning)


class LiberoEnvironment:
    """One LIBERO task; `kinitro.environments.Environment` describes the interface.

    spec:          its cameras have names from MUJOCO_CAMERAS, and square images of one size, 16 to 2048 pixels wide.
    randomization: "none", "standard" or "hard", or one group of a level, such as "standard:lights".
    renderer:      "software" or "gl". It is made at the first `observe`.
    rewards:       whether transitions carry LIBERO's reward, 1 for a success and 0 otherwise, or always 0.

    Raises ConfigurationError for options that are not allowed, and UnavailableError if assets are missing. Copies and
    pickles hold the seed and the actions of the episode and run them again.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        *,
        randomization: str = "standard",
        renderer: str = "software",
        rewards: bool = True,
    ) -> None:
        if renderer not in RENDERERS:
            raise ConfigurationError(f"The renderer cannot be {renderer!r}: choose {' or '.join(RENDERERS)}.")
        self.spec = spec
        self._size_px = _check_cameras(spec)
        self._options: dict[str, Any] = {"randomization": randomization, "renderer": renderer, "rewards": rewards}
        self._level = adapt_level(randomization)
        self._problem = parse(read_task(spec.task_name))
        self._sampler = Sampler(self._problem)
        self.model = make_model(self._problem)
        self._nominal = NominalModel(self.model)
        self.data = mujoco.MjData(self.model)
        drop_mesh_hierarchies(self.model)
        self._controller = PoseController(self.model, self.data)
        self._goals = [_ContainGoal(self.model, self.data, *names) for _, *names in self._problem.goal]
        self._hand, self._site = self.model.body("robot0_right_hand").id, self.model.site("gripper0_grip_site").id
        self._joints = {name: self.model.joint(f"{name}_joint0").qposadr[0] for name in self._problem.objects}
        self._renderer: Renderer | None = None
        self._scene_is_new = True
        self._applied: list[tuple[Variation, Drawn]] = []
        self._placement: dict[str, Factor] = {}
        self._state = "new"
        self._steps = self._seed = 0
        self._commands: list[npt.NDArray[np.float32]] = []

    def __getstate__(self) -> dict[str, Any]:
        """Return what the environment was made with, and the seed and actions of its episode."""
        return {
            "spec": self.spec,
            "options": self._options,
            "state": self._state,
            "seed": self._seed,
            "commands": self._commands,
        }

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """Make the environment anew and run the same actions again."""
        LiberoEnvironment.__init__(self, kept["spec"], **kept["options"])
        if kept["state"] in ("running", "over"):
            self.reset(kept["seed"])
            for command in kept["commands"]:
                self.step(command)
        self._state = kept["state"]

    def reset(self, seed: SupportsIndex) -> None:
        """Begin the episode of this seed: draw, place, and let the objects come to rest.

        Raises InvalidSeed, SimulationFailed if MuJoCo warns, and EpisodeNotRunning if the environment is closed.
        """
        if self._state == "closed":
            raise EpisodeNotRunning(f"{self.spec.id} is closed: make a new environment.")
        number = check_seed(seed)
        self._state = "new"
        streams = partial(stream, number, self.spec.base_id, self.spec.base_version)
        self._nominal.restore()
        self._applied = self._level.apply(self.model, streams("physics"), streams("appearance"))
        mujoco.mj_setConst(self.model, self.data)
        poses = self._sampler.draw(streams("placement"))
        self._placement = {name: pose[:3].tolist() for name, pose in poses.items()}
        self.place(poses)
        for _ in range(SETTLING_STEPS):
            self._advance(SETTLING)
        mujoco.mj_forward(self.model, self.data)
        self._check_warnings()
        self._seed, self._steps, self._commands = number, 0, []
        self._scene_is_new = True
        self._state = "running"

    def place(self, poses: Mapping[str, npt.NDArray[np.float64]]) -> None:
        """Put the robot where episodes begin, and objects, by name, at poses (7,), all at rest."""
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:ARM], self.data.qpos[FINGERS] = START, FINGERS_START
        for name, pose in poses.items():
            self.data.qpos[self._joints[name] : self._joints[name] + 7] = pose
        mujoco.mj_forward(self.model, self.data)
        self._controller.begin()

    def observe(self) -> Observation:
        """Return the present observation, also after the episode's end. Raises EpisodeNotRunning before a reset."""
        if self._state not in ("running", "over"):
            raise EpisodeNotRunning(f"{self.spec.id} has nothing to observe: call reset(seed) first.")
        w, x, y, z = self.data.xquat[self._hand].tolist()
        sine = math.sqrt(max(1.0 - w * w, 0.0))
        scale = 2.0 * math.acos(min(max(w, -1.0), 1.0)) / sine if sine > 0 else 0.0
        numbers = [*self.data.site_xpos[self._site], x * scale, y * scale, z * scale, *self.data.qpos[FINGERS]]
        return Observation(np.array(numbers, np.float32), self._render_images())

    def step(self, action: npt.ArrayLike) -> Transition:
        """Do one control step. Raises InvalidAction, EpisodeNotRunning, or SimulationFailed, which ends the episode."""
        if self._state != "running":
            reason = {"over": "its episode is over", "closed": "it is closed"}.get(self._state, "it was never reset")
            raise EpisodeNotRunning(f"{self.spec.id} cannot step because {reason}: call reset(seed) first.")
        command = check_action(action, self.spec.action)
        self._advance(command.astype(np.float64))
        try:
            self._check_warnings()
        except SimulationFailed:
            self._state = "over"
            raise
        self._steps += 1
        self._commands.append(command)
        success = all(goal.is_reached() for goal in self._goals)
        truncated = not success and self._steps >= self.spec.max_steps
        if success or truncated:
            self._state = "over"
        return Transition(float(success and self._options["rewards"]), success, success, truncated)

    def digest(self) -> bytes:
        """Return 16 bytes that identify the physical state, see `Environment`."""
        data = self.data
        return blake2b(data.qpos.astype("<f8").tobytes() + data.qvel.astype("<f8").tobytes(), digest_size=16).digest()

    def privileged_factors(self) -> Factors:
        """Return what was drawn for the present episode, see `kinitro.environments.interface.RandomizedEnvironment`."""
        found: Factors = {}
        if self._state in ("running", "over"):
            found["placement"] = {name: _round(place) for name, place in self._placement.items()}
            for variation, drawn in self._applied:
                described = variation.describe(self.model, drawn)
                found.setdefault(variation.group, {}).update({name: _round(value) for name, value in described.items()})
        return found

    def read_pose(self, body: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return position (3,), in metres, and rotation matrix (3, 3) of an object: for experts, never for policies."""
        found = self.data.body(f"{body}_main")
        return found.xpos.copy(), found.xmat.reshape(3, 3).copy()

    def read_hand(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return position (3,) and rotation matrix (3, 3) of the grip site; the fingers move along its x axis."""
        return self.data.site_xpos[self._site].copy(), self.data.site_xmat[self._site].reshape(3, 3).copy()

    def read_corners(self, body: str) -> npt.NDArray[np.float64]:
        """Return the corners (k, 3) of the boxes for collisions that an object is made of: for experts."""
        number = self.model.body(f"{body}_main").id
        boxes = np.flatnonzero((self.model.geom_bodyid == number) & (self.model.geom_contype > 0))
        signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        corners = [
            self.data.geom_xpos[box] + (signs * self.model.geom_size[box]) @ self.data.geom_xmat[box].reshape(3, 3).T
            for box in boxes
        ]
        return np.concatenate(corners)

    @property
    def goal_objects(self) -> tuple[tuple[str, str], ...]:
        """What has to be brought, and into which object, by their names."""
        return tuple((name, region.removesuffix("_contain_region")) for _, name, region in self._problem.goal)

    def close(self) -> None:
        """Free the renderer. Further calls do nothing."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
        self._state = "closed"

    def _advance(self, command: npt.NDArray[np.float64]) -> None:
        """Simulate one control step: what robosuite does in `step`, to the bit.

        In each simulation step robosuite calls `mj_forward` twice and then `mj_step`. All three compute the same
        positions and velocities, so they are computed once; but each solves for the constraint forces again, beginning
        with the solution of the one before.
        """
        model, data, controller = self.model, self.data, self._controller
        gripper = float(command[6])
        for number in range(SIMULATION_STEPS):
            mujoco.mj_forwardSkip(model, data, NO_STAGE, 1)
            mujoco.mj_forwardSkip(model, data, VELOCITY_STAGE, 1)
            if number == 0:
                controller.aim(command)
            controller.control(gripper)
            mujoco.mj_forwardSkip(model, data, VELOCITY_STAGE, 1)
            mujoco.mj_Euler(model, data)

    def _check_warnings(self) -> None:
        """Raise SimulationFailed if MuJoCo warned or the state is not finite."""
        if self.data.warning.number.any() or not np.isfinite(self.data.qpos).all():
            raise SimulationFailed(f"{self.spec.id} diverged or ran out of memory at step {self._steps}.")

    def _render_images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """Render the images of all cameras, by name; the renderer is made at the first call."""
        if not self.spec.cameras:
            return {}
        if self._renderer is None:
            from kinitro.environments.rendering import CameraView, make_renderer

            views = [CameraView(name, MUJOCO_CAMERAS[name], rotate_180=False) for name in self.spec.camera_names]
            kind = self._options["renderer"]
            self._renderer = make_renderer(kind, self.model, views, self._size_px, VIEWING_DISTANCE_M)
            if kind == "software":
                release_textures(self.model)
        if self._scene_is_new:
            self._renderer.begin(self.data)
            self._scene_is_new = False
        return self._renderer.render(self.data)


class _ContainGoal:
    """LIBERO's predicate `In` for a region of an object: whether the other's origin is in the region's bounding box."""

    def __init__(self, model: Any, data: Any, name: str, region: str) -> None:
        site = model.site(region).id
        self._centre, self._rotation = data.site_xpos[site], data.site_xmat[site].reshape(3, 3)
        self._size = model.site_size[site].tolist()
        self._position = data.xpos[model.body(f"{name}_main").id]

    def is_reached(self) -> bool:
        for axis in range(3):
            row = self._rotation[axis].tolist()
            half = abs(sum(number * size for number, size in zip(row, self._size, strict=True)))
            offset = self._position[axis] - self._centre[axis]
            lower = -half - (LOWER_EDGE_M if axis == 2 else 0.0)
            if not lower < offset < half:
                return False
        return True


def _round(value: Factor) -> Factor:
    """Round to four significant digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [float(f"{number:.4g}") for number in value]
    return float(f"{value:.4g}")


def _check_cameras(spec: EnvironmentSpec) -> int:
    """Return the height and width of all images. Raises ConfigurationError if cameras or sizes are not allowed."""
    names = spec.camera_names
    if len(set(names)) != len(names) or not set(names) <= MUJOCO_CAMERAS.keys():
        shown, allowed = ", ".join(map(repr, names)), ", ".join(MUJOCO_CAMERAS)
        raise ConfigurationError(f"The cameras cannot be {shown}: choose different ones of {allowed}.")
    sizes = {size for camera in spec.cameras for size in (camera.height_px, camera.width_px)} or {IMAGE_SIZES_PX[0]}
    if len(sizes) > 1 or not sizes <= set(IMAGE_SIZES_PX):
        shown = ", ".join(f"{camera.name} {camera.height_px} x {camera.width_px}" for camera in spec.cameras)
        raise ConfigurationError(f"Images cannot be {shown}: choose square ones of one size, 16 to 2048 pixels.")
    return sizes.pop()
