"""A MetaWorld task as an Environment."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from kinitro.environments.actions import check_action
from kinitro.environments.errors import EpisodeNotRunning, SimulationFailed
from kinitro.environments.interface import Factor, Factors, Observation, Transition
from kinitro.environments.metaworld.arm import Action
from kinitro.environments.metaworld.composite import CompositeTask
from kinitro.environments.metaworld.compositions import COMPOSITIONS
from kinitro.environments.metaworld.models import release_textures
from kinitro.environments.metaworld.robot import ACTION
from kinitro.environments.metaworld.scenes import extend_scene, make_effects
from kinitro.environments.metaworld.task import MetaWorldTask
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.randomization import NominalModel, Variation, get_level
from kinitro.environments.seeds import check_seed, stream
from kinitro.environments.spec import CameraSpec, EnvironmentSpec
from kinitro.errors import ConfigurationError

if TYPE_CHECKING:
    from kinitro.environments.packs.directory import SealedPack
    from kinitro.environments.randomization.variation import Drawn
    from kinitro.environments.rendering import Renderer

MUJOCO_CAMERAS = {
    "corner": "corner",
    "corner2": "corner2",
    "corner3": "corner3",
    "corner4": "corner4",
    "topview": "topview",
    "behind_gripper": "behindGripper",
    "gripper": "gripperPOV",
}
"""Names of cameras for policies -> in MetaWorld's models. Those named corner... are mounted upside down."""
RENDERERS = ("software", "gl")
IMAGE_SIZES_PX = range(16, 2049)
FACTOR_DIGITS = 4
"""Significant digits of what `privileged_factors` returns: all factors of an episode take less than 2 KB."""


class MetaWorldEnvironment:
    """One MetaWorld task; `kinitro.environments.Environment` describes the interface.

    spec:          its cameras have names from MUJOCO_CAMERAS, and square images of one size, 16 to 2048 pixels wide.
                   Without any, `observe` is cheap and its `pixels` are empty.
    randomization: "none", "standard" or "hard", or one group of a level, such as "standard:lights".
    renderer:      "software" or "gl". It is made at the first `observe`, so that a replay never needs one.
    rewards:       whether transitions carry MetaWorld's reward, or 0.
    pack:          what the rung `sealed` draws from; None without that rung.

    Raises ConfigurationError for options that are not allowed.

    Environments can be copied and pickled, though MuJoCo's own objects cannot: an episode follows from its seed and
    actions, so the copy runs the same actions again and arrives at the same state, to the bit.
    """

    def __init__(
        self,
        spec: EnvironmentSpec,
        *,
        randomization: str = "standard",
        renderer: str = "software",
        rewards: bool = True,
        pack: SealedPack | None = None,
    ) -> None:
        self.spec = spec
        self._cameras = _check_cameras(spec.camera_names)
        self._image_size_px = _check_sizes(spec.cameras)
        if renderer not in RENDERERS:
            raise ConfigurationError(f"The renderer cannot be {renderer!r}: choose {' or '.join(RENDERERS)}.")
        self._renderer_kind = renderer
        self._randomization = randomization
        self._level = get_level(randomization)
        self._pack = pack
        make_task = CompositeTask if spec.task_name in COMPOSITIONS else MetaWorldTask
        self._task = make_task(spec.task_name, extend_scene(spec, pack))
        self._effects = make_effects(spec, self._task, pack)
        self._nominal = NominalModel(self._task.model)
        self._rewards = rewards
        self._renderer: Renderer | None = None
        self._scene_is_new = True
        self._steps = 0
        self._state = "new"
        self._applied: list[tuple[Variation, Drawn]] = []
        self._placement: dict[str, Factor] = {}
        self._seed = 0
        self._commands: list[Action] = []

    def __getstate__(self) -> dict[str, Any]:
        """Return what the environment was made with, and the seed and actions of its episode."""
        options = {
            "randomization": self._randomization,
            "renderer": self._renderer_kind,
            "rewards": self._rewards,
            "pack": self._pack,
        }
        done = {"state": self._state, "seed": self._seed, "commands": self._commands}
        return {"spec": self.spec, "options": options, **done}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """Make the environment anew and run the same actions again."""
        MetaWorldEnvironment.__init__(self, kept["spec"], **kept["options"])
        if kept["state"] in ("running", "over"):
            self.reset(kept["seed"])
            for command in kept["commands"]:
                self.step(command)
        self._state = kept["state"]

    def reset(self, seed: SupportsIndex) -> None:
        """Begin the episode of this seed.

        Raises InvalidSeed, SimulationFailed if MuJoCo warns, and EpisodeNotRunning if the environment is closed.
        """
        if self._state == "closed":
            raise EpisodeNotRunning(f"{self.spec.id} is closed: make a new environment.")
        number = check_seed(seed)
        self._state = "new"
        # on rungs, too: a seed has the placement and the level's draws that it has without them
        streams = partial(stream, number, self.spec.base_id, self.spec.base_version)
        placement, physics, appearance = (streams(name) for name in ("placement", "physics", "appearance"))
        model = self._task.model
        self._nominal.restore()
        self._applied = self._level.apply(model, physics, appearance)
        for name, effect in self._effects.items():
            effect.begin(streams(f"rung {name}"))
            effect.change_model(model)
        mujoco.mj_setConst(model, self._task.data)
        self._task.place(placement)
        self._placement = self._task.read_placement()
        if self._effects:
            self._arrange()
        self._steps = 0
        self._seed, self._commands = number, []
        self._scene_is_new = True
        self._state = "running"

    def observe(self) -> Observation:
        """Return the present observation, also after the episode's end. Raises EpisodeNotRunning before a reset."""
        if self._state not in ("running", "over"):
            raise EpisodeNotRunning(f"{self.spec.id} has nothing to observe: call reset(seed) first.")
        agent_pos, pixels = self._task.read_agent_pos(), self._render_images()
        for effect in self._effects.values():
            agent_pos, pixels = effect.change_agent_pos(agent_pos), effect.change_pixels(pixels)
        return Observation(agent_pos, pixels)

    def step(self, action: npt.ArrayLike) -> Transition:
        """Do one control step. Raises InvalidAction, EpisodeNotRunning, or SimulationFailed, which ends the episode."""
        if self._state != "running":
            reason = {"over": "its episode is over", "closed": "it is closed"}.get(self._state, "it was never reset")
            raise EpisodeNotRunning(f"{self.spec.id} cannot step because {reason}: call reset(seed) first.")
        command = executed = _read_action(action)
        for effect in self._effects.values():
            executed = effect.change_action(executed)
        try:
            self._task.advance(executed)
        except SimulationFailed:
            self._state = "over"
            raise
        self._steps += 1
        self._commands.append(command)
        for effect in self._effects.values():
            effect.advance()
        reward, success = self._task.evaluate(executed, self._rewards)
        truncated = not success and self._steps >= self.spec.max_steps
        if success or truncated:
            self._state = "over"
        return Transition(reward, success, terminated=success, truncated=truncated)

    def digest(self) -> bytes:
        """Return 16 bytes that identify the physical state, see `Environment`."""
        data = self._task.data
        return blake2b(data.qpos.astype("<f8").tobytes() + data.qvel.astype("<f8").tobytes(), digest_size=16).digest()

    def privileged_state(self) -> npt.NDArray[np.float64]:
        """Return MetaWorld's state, float64 (39,): for experts and as labels of training, never for policies.

        Positions are in metres in the world frame (x right, y away from the robot, z up):

        0:3    the hand, and 3 the opening of the gripper, as in `Observation.agent_pos`
        4:7    the task's object, for example the puck, the drawer's handle or the peg; 7:11 its orientation, a
               quaternion (MetaWorld's experts read it in a few tasks; in others it is zero)
        11:18  the same of a second object, in tasks that have one; otherwise zeros
        18:36  the first eighteen numbers as they were one control step before
        36:39  the goal

        Of a composition it is the state of the next part (`privileged_part`), in MetaWorld's coordinates of that part.
        """
        return self._task.read_state()

    @property
    def privileged_part(self) -> int:
        """How many parts of a composition are done, which is the number of the next one, from 0; else 0."""
        return self._task.done if isinstance(self._task, CompositeTask) else 0

    def privileged_factors(self) -> Factors:
        """Return what was drawn for the present episode, see `kinitro.environments.interface.RandomizedEnvironment`."""
        found: Factors = {}
        if self._state in ("running", "over"):
            found["placement"] = {name: _round(place) for name, place in self._placement.items()}
            for variation, drawn in self._applied:
                described = variation.describe(self._task.model, drawn)
                found.setdefault(variation.group, {}).update({name: _round(value) for name, value in described.items()})
            self._leave_out_unseen_cameras(found)
            for name, effect in self._effects.items():
                if described := effect.describe():
                    found[f"rung {name}"] = {what: _round(value) for what, value in described.items()}
        return found

    def read_instruction(self) -> str:
        """Return what the policy is asked in the present episode; on most rungs it is the spec's instruction."""
        instruction = self.spec.instruction
        if self._state != "new":
            for effect in self._effects.values():
                instruction = effect.change_instruction(instruction)
        return instruction

    def privileged_pixels(self, points: npt.ArrayLike) -> dict[str, npt.NDArray[np.float64]]:
        """Where points (k, 3) of the world frame, in metres, are in each camera's image: labels, never for a policy.

        Camera name -> (k, 3): x from -1 (left edge) to 1 (right edge), y from -1 (top edge) to 1 (bottom edge), and the
        depth along the camera's axis in metres, negative behind it.
        """
        from kinitro.environments.rendering.camera import read_camera_pose

        model, data = self._task.model, self._task.data
        world = np.asarray(points, dtype=np.float64)
        found = {}
        for name in self._cameras:
            camera = model.camera(MUJOCO_CAMERAS[name]).id
            position, axes = read_camera_pose(data, camera, rotate_180=name.startswith("corner"))
            right, up, depth = axes @ (world - position).T
            focal = 1 / np.tan(np.deg2rad(model.cam_fovy[camera]) / 2)
            ahead = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
            found[name] = np.stack([focal * right / ahead, -focal * up / ahead, depth], axis=1)
        return found

    def close(self) -> None:
        """Free the renderer. Further calls do nothing."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
        self._state = "closed"

    def _arrange(self) -> None:
        """Let the rungs put what they add in its place; where nothing moves by itself, this changes no physics."""
        taken = [np.asarray(place) for place in self._placement.values()]
        for effect in self._effects.values():
            effect.arrange(self._task.model, self._task.data, taken)
        mujoco.mj_kinematics(self._task.model, self._task.data)

    def _leave_out_unseen_cameras(self, factors: Factors) -> None:
        """Keep of the cameras those that `observe` renders, under the names that policies know."""
        known = {MUJOCO_CAMERAS[name]: name for name in self._cameras}
        parts = {name: name.rpartition(" of ") for name in factors.get("cameras", {})}
        if parts:
            factors["cameras"] = {
                f"{what}{of}{known[camera]}": factors["cameras"][name]
                for name, (what, of, camera) in parts.items()
                if camera in known
            }

    def _render_images(self) -> Mapping[str, npt.NDArray[np.uint8]]:
        """Render the images of all cameras, by name; the renderer is made at the first call."""
        if not self._cameras:
            return {}
        if self._renderer is None:
            from kinitro.environments.rendering import CameraView, make_renderer

            views = [
                CameraView(name, MUJOCO_CAMERAS[name], rotate_180=name.startswith("corner")) for name in self._cameras
            ]
            self._renderer = make_renderer(self._renderer_kind, self._task.model, views, self._image_size_px)
            if self._renderer_kind == "software":
                release_textures(self._task.model)
        if self._scene_is_new:
            self._renderer.begin(self._task.data)
            self._scene_is_new = False
        return self._renderer.render(self._task.data)


def _read_action(action: npt.ArrayLike) -> Action:
    """Return an action as numbers that fit into float32, clipped to their bounds, [-1, 1]. Raises InvalidAction.

    They are Python's numbers, because with these a step takes a fraction of the time that small arrays take.
    """
    if isinstance(action, np.ndarray) and action.dtype == np.float32 and action.shape == (len(ACTION),):
        x, y, z, grip = action.tolist()
        # the usual case, and NaN is not in it: comparisons with NaN are false
        if -1 <= x <= 1 and -1 <= y <= 1 and -1 <= z <= 1 and -1 <= grip <= 1:
            return x, y, z, grip
    x, y, z, grip = check_action(action, ACTION).tolist()
    return x, y, z, grip


def _round(value: Factor) -> Factor:
    """Round to FACTOR_DIGITS significant digits."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [float(f"{number:.{FACTOR_DIGITS}g}") for number in value]
    return float(f"{value:.{FACTOR_DIGITS}g}")


def _check_cameras(cameras: tuple[str, ...]) -> tuple[str, ...]:
    """Return the cameras. Raises ConfigurationError if one is unknown or there twice."""
    if len(set(cameras)) != len(cameras) or not set(cameras) <= MUJOCO_CAMERAS.keys():
        shown, allowed = ", ".join(map(repr, cameras)), ", ".join(MUJOCO_CAMERAS)
        raise ConfigurationError(f"The cameras cannot be {shown}: choose different ones of {allowed}.")
    return cameras


def _check_sizes(cameras: tuple[CameraSpec, ...]) -> int:
    """Return the height and width of all images. Raises ConfigurationError unless they are square and of one size."""
    sizes = {size for camera in cameras for size in (camera.height_px, camera.width_px)} or {IMAGE_SIZES_PX[0]}
    first, last = IMAGE_SIZES_PX[0], IMAGE_SIZES_PX[-1]
    if len(sizes) > 1:
        shown = ", ".join(f"{camera.name} {camera.height_px} x {camera.width_px}" for camera in cameras)
        raise ConfigurationError(f"The images cannot be {shown}: choose one size, as high as wide.")
    size = sizes.pop()
    if size not in IMAGE_SIZES_PX:
        raise ConfigurationError(f"An image cannot be {size!r} pixels wide: choose {first} to {last}.")
    return size
