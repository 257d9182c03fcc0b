"""MetaWorld's own object for a task, made reproducible and cheap to step."""

from __future__ import annotations

import copy
import ctypes
import functools
import itertools
import math
import mmap
from typing import Any

import metaworld
import mujoco
import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import SimulationFailed
from kinitro.environments.metaworld.markers import GoalMarkers
from kinitro.environments.metaworld.success import SUCCESS_CONDITIONS

FRAME_SIZE = 18
"""Numbers that MetaWorld's state holds per frame; two frames and the goal make 39."""
SIMULATION_STEPS = 5
"""Per control step: 5 x 2.5 ms = 12.5 ms, 80 Hz."""
HAND_QUATERNION = (1.0, 0.0, 1.0, 0.0)
"""The hand points down; MuJoCo normalises."""
OPEN_GRIPPER_M = 0.1
"""Distance between the fingers that counts as fully open."""
COMPILED_KEPT = 8
"""As many as there are scored environments; a compiled model takes 20 to 25 MiB."""
LIVE_ATTRIBUTES = ("model", "data", "mujoco_renderer", "_np_random")


def _ignore_warning(_message: str) -> None:
    """MuJoCo's default handler prints and appends to MUJOCO_LOG.TXT; we read the counters in MjData instead."""


mujoco.set_mju_user_warning(_ignore_warning)


class Task:
    """One MetaWorld task with its model and data.

    MetaWorld's environment object draws the placement and knows reward and success. These read attributes that earlier
    episodes leave behind; `place` puts them back to what they were when the object was made.
    """

    def __init__(self, name: str) -> None:
        stock = _stock_class(name)()
        stock._set_task_called = True
        stock._freeze_rand_vec = False
        stock.seeded_rand_vec = True
        stock._partially_observable = False
        stock.__dict__.pop("sawyer_observation_space", None)
        self._stock = stock
        self.model = stock.model
        self.data = data = stock.data
        self._attributes = _kept(stock.__dict__)
        self._hand, self._right, self._left = (data.body(body).xpos for body in ("hand", "rightclaw", "leftclaw"))
        self._mocap_position, self._mocap_quaternion, self._control = data.mocap_pos[0], data.mocap_quat[0], data.ctrl
        self._step_m = np.float32(stock.action_scale)
        self._warnings, self._warning_counts = data.warning, data.warning.number
        condition = SUCCESS_CONDITIONS.get(name)
        self._reached = condition.bind(data) if condition else None
        self._markers = GoalMarkers(name, stock)

    def place(self, random: np.random.Generator) -> None:
        """Draw a placement (MetaWorld rejects those that are too close) and put hand, objects and goal there.

        MetaWorld's reset runs `reset_model` twice, and in seven tasks the second run starts from what the first one
        moved; nothing depends on the first run's motion of the hand, so it is left out.
        """
        stock = self._stock
        for name in stock.__dict__.keys() - self._attributes.keys() - set(LIVE_ATTRIBUTES):
            delattr(stock, name)
        stock.__dict__.update(_kept(self._attributes))
        stock.np_random = random
        stock._reset_hand = self._leave_hand
        mujoco.mj_resetData(self.model, self.data)
        mujoco.mj_forward(self.model, self.data)
        stock.reset_model()
        del stock._reset_hand
        stock._freeze_rand_vec = True
        mujoco.mj_resetData(self.model, self.data)
        stock.reset_model()
        mujoco.mj_forward(self.model, self.data)
        self._markers.place()
        # nothing moves these during an episode
        self._mocap_quaternion[:] = HAND_QUATERNION
        self._mocap_low, self._mocap_high = stock.mocap_low, stock.mocap_high
        stock._prev_obs = stock._get_obs()[:FRAME_SIZE]
        self._check()

    def _leave_hand(self, steps: int = 0) -> None:  # noqa: ARG002
        self._stock.init_tcp = self._stock.tcp_center

    def advance(self, action: npt.NDArray[np.float32]) -> None:
        """Simulate one control step with `action` (4,), finite and clipped; bit for bit what MetaWorld's step does.

        Its trailing `mj_forward` matters beyond fresh positions: it leaves the warm start of the next step's solver.
        Raises SimulationFailed.
        """
        hand = self._mocap_position + action[:3] * self._step_m
        np.maximum(hand, self._mocap_low, out=hand)
        np.minimum(hand, self._mocap_high, out=self._mocap_position)
        self._control[0] = action[3]
        self._control[1] = -action[3]
        mujoco.mj_step(self.model, self.data, nstep=SIMULATION_STEPS)
        mujoco.mj_forward(self.model, self.data)
        self._check()

    def agent_pos(self) -> npt.NDArray[np.float32]:
        """Hand position and gripper opening, float32 (4,)."""
        return np.array([*self._hand, self._opening()], dtype=np.float32)

    def evaluate(self, action: npt.NDArray[np.float32], rewards: bool) -> tuple[float, bool]:
        """MetaWorld's reward and success after `action` (4,); the reward is 0 unless it is asked for."""
        if self._reached is None:
            reward, info = self._stock.evaluate_state(self.state(), action)
            return float(reward) if rewards else 0.0, bool(info["success"])
        success = self._reached(self._stock._target_pos)
        return self._reward(action) if rewards else 0.0, success

    def release_textures(self) -> None:
        """Give the memory of the model's textures back, 6 MB: from now on they are black.

        For a renderer that has copies of them. Nothing else reads them, and the file that they came from stays.
        """
        pixels = self.model.tex_data
        pixels[:] = 0
        first, end = pixels.ctypes.data, pixels.ctypes.data + pixels.nbytes
        first, end = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE, end // mmap.PAGESIZE * mmap.PAGESIZE
        advise = getattr(ctypes.CDLL(None), "madvise", None)
        if advise is not None and first < end:
            # anonymous pages that are not needed read as zeros when they are touched again
            advise(ctypes.c_void_p(first), ctypes.c_size_t(end - first), mmap.MADV_DONTNEED)
        _release_memory()

    def state(self) -> npt.NDArray[np.float64]:
        """MetaWorld's observation (39,): this frame, the frame when it was last asked for, and the goal."""
        space = self._stock.sawyer_observation_space
        state: npt.NDArray[np.float64] = np.clip(self._stock._get_obs(), space.low, space.high)
        return state

    def _reward(self, action: npt.NDArray[np.float32]) -> float:
        """MetaWorld's reward of a task with a success condition: of its state it reads hand, opening and position."""
        space = self._stock._HAND_SPACE
        state = np.zeros(FRAME_SIZE)
        state[:3] = np.minimum(np.maximum(self._hand, space.low), space.high)
        state[3] = self._opening()
        state[4:7] = self._stock._get_pos_objects()
        return float(self._stock.compute_reward(action, state)[0])

    def _opening(self) -> float:
        """Of the gripper: 0 closed, 1 open."""
        between = self._right - self._left
        return min(math.sqrt(between.dot(between)) / OPEN_GRIPPER_M, 1.0)

    def _check(self) -> None:
        counts = self._warning_counts.tolist()
        if any(counts):
            kind = counts.index(max(counts))
            text = mujoco.mju_warningText(kind, self._warnings[kind].lastinfo)
            raise SimulationFailed(f"MuJoCo warned: {text} The episode has no result.")


@functools.cache
def _stock_class(name: str) -> Any:
    """MetaWorld's class of a task, whose second and further objects get copies of one compiled model.

    A copy takes 20 ms, compiling 200 to 300. Who needs one object of each task does not pay memory for originals.
    """
    made = itertools.count()

    def initialize(stock: Any) -> tuple[mujoco.MjModel, mujoco.MjData]:
        model = copy.copy(_original(stock.fullpath)) if next(made) else _compiled(stock.fullpath)
        return model, mujoco.MjData(model)

    original = metaworld.ALL_V3_ENVIRONMENTS[f"{name}-v3"]
    return type(original.__name__, (original,), {"_initialize_simulation": initialize})


@functools.lru_cache(maxsize=COMPILED_KEPT)
def _original(path: str) -> mujoco.MjModel:
    """The model in an XML file, to be copied and never changed."""
    return _compiled(path)


def _compiled(path: str) -> mujoco.MjModel:
    """The model in an XML file."""
    model = mujoco.MjModel.from_xml_path(path)
    _release_memory()
    return model


def _release_memory() -> None:
    """Return to the system what was freed: MuJoCo's compiler used 5 MiB per model, which glibc would keep."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _kept(attributes: dict[str, Any]) -> dict[str, Any]:
    """Copies of plain values and of arrays that own their memory; views into MjData stay the live views they are."""
    return {
        name: copy.deepcopy(value) if _is_plain(value) else value
        for name, value in attributes.items()
        if name not in LIVE_ATTRIBUTES
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return bool(value.flags.owndata)
    return isinstance(value, list | dict)
