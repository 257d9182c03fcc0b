"""MetaWorld's own object for a task, made reproducible and cheap to step."""

from __future__ import annotations

import copy
import math
from array import array
from typing import Any

import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import SimulationFailed
from kinitro.environments.metaworld.markers import GoalMarkers
from kinitro.environments.metaworld.stock import HAND_QUATERNION, SIMULATION_STEPS, stock_class
from kinitro.environments.metaworld.success import SUCCESS_CONDITIONS, numbers_of
from kinitro.environments.mujoco_import import mujoco

FRAME_SIZE = 18
"""Numbers that MetaWorld's state holds per frame; two frames and the goal make 39."""
OPEN_GRIPPER_M = 0.1
"""Distance between the fingers that counts as fully open."""
Action = tuple[float, float, float, float]
"""float32 numbers in [-1, 1]: hand dx, dy, dz and gripper."""
VELOCITY_STAGE = int(mujoco.mjtStage.mjSTAGE_VEL)
LIVE_ATTRIBUTES = ("model", "data", "body_positions", "site_positions", "mujoco_renderer", "_np_random")


def _ignore_warning(_message: str) -> None:
    """MuJoCo's default handler prints and appends to MUJOCO_LOG.TXT; we read the counters in MjData instead."""


mujoco.set_mju_user_warning(_ignore_warning)


class MetaWorldTask:
    """One MetaWorld task with its model and data.

    MetaWorld's environment object draws the placement and knows reward and success. These read attributes that earlier
    episodes leave behind; `place` puts them back to what they were when the object was made.
    """

    def __init__(self, name: str) -> None:
        stock = stock_class(name)()
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
        self._target, self._target_body = numbers_of(data.mocap_pos[0]), numbers_of(data.body("mocap").xpos)
        self._control = numbers_of(data.ctrl)
        self._step_m = float(np.float32(stock.action_scale))
        self._warnings, self._warning_counts = data.warning, data.warning.number
        condition = SUCCESS_CONDITIONS.get(name)
        self._reached = condition.bind(data) if condition else None
        self._markers = GoalMarkers(name, stock)

    def place(self, random: np.random.Generator) -> None:
        """Draw a placement (MetaWorld rejects those that are too close) and put hand, objects and goal there.

        MetaWorld's reset runs `reset_model` twice, and in seven tasks the second run starts from what the first one
        moved; nothing depends on the first run's motion of the hand, so it is left out, and so are the states that
        `reset_model` returns.
        """
        stock = self._stock
        for name in stock.__dict__.keys() - self._attributes.keys() - set(LIVE_ATTRIBUTES):
            delattr(stock, name)
        stock.__dict__.update(_kept(self._attributes))
        stock.np_random = random
        stock._reset_hand, stock._get_obs = self._leave_hand, _unobserved
        mujoco.mj_resetData(self.model, self.data)
        mujoco.mj_forward(self.model, self.data)
        stock.reset_model()
        del stock._reset_hand
        stock._freeze_rand_vec = True
        mujoco.mj_resetData(self.model, self.data)
        stock.reset_model()
        del stock._get_obs
        # nothing moves these during an episode
        self.data.mocap_quat[0] = HAND_QUATERNION
        mujoco.mj_forward(self.model, self.data)
        self._markers.place()
        self._reach = stock.mocap_low.tolist(), stock.mocap_high.tolist()
        stock._prev_obs = stock._get_obs()[:FRAME_SIZE]
        self._check()

    def _leave_hand(self, steps: int = 0) -> None:  # noqa: ARG002
        self._stock.init_tcp = self._stock.tcp_center

    def advance(self, action: Action) -> None:
        """Simulate one control step; bit for bit what MetaWorld's step does.

        Its trailing `mj_forward` matters beyond fresh positions: it leaves the warm start of the next step's solver.
        Raises SimulationFailed.
        """
        x, y, z, grip = action
        target, body, step_m = self._target, self._target_body, self._step_m
        dx, dy, dz = array("f", (x * step_m, y * step_m, z * step_m))  # float32, as MetaWorld computes
        (low_x, low_y, low_z), (high_x, high_y, high_z) = self._reach
        target[0] = body[0] = min(max(target[0] + dx, low_x), high_x)
        target[1] = body[1] = min(max(target[1] + dy, low_y), high_y)
        target[2] = body[2] = min(max(target[2] + dz, low_z), high_z)
        self._control[0], self._control[1] = grip, -grip
        self._first_step()
        mujoco.mj_step(self.model, self.data, nstep=SIMULATION_STEPS - 1)
        mujoco.mj_forward(self.model, self.data)
        self._check()

    def _first_step(self) -> None:
        """What `mj_step` does after an `mj_forward` since which only the hand's target and the control have changed.

        The target is a body without joints and colliding geoms, to which the hand is welded: kinematics (its own are
        done), inertia, contacts and velocities are those of the `mj_forward`; only what follows from the weld and the
        control is new.
        """
        model, data = self.model, self.data
        mujoco.mj_makeConstraint(model, data)
        mujoco.mj_referenceConstraint(model, data)
        mujoco.mj_forwardSkip(model, data, VELOCITY_STAGE, 1)
        mujoco.mj_Euler(model, data)

    def agent_pos(self) -> npt.NDArray[np.float32]:
        """Hand position and gripper opening, float32 (4,)."""
        return np.array([*self._hand, self._opening()], dtype=np.float32)

    def evaluate(self, action: Action, rewards: bool) -> tuple[float, bool]:
        """MetaWorld's reward and success after `action`; the reward is 0 unless it is asked for."""
        if self._reached is None:
            reward, info = self._stock.evaluate_state(self.state(), np.array(action, np.float32))
            return float(reward) if rewards else 0.0, bool(info["success"])
        success = self._reached(self._stock._target_pos)
        return self._reward(action) if rewards else 0.0, success

    def state(self) -> npt.NDArray[np.float64]:
        """MetaWorld's observation (39,): this frame, the frame when it was last asked for, and the goal."""
        space = self._stock.sawyer_observation_space
        state: npt.NDArray[np.float64] = np.clip(self._stock._get_obs(), space.low, space.high)
        return state

    def _reward(self, action: Action) -> float:
        """MetaWorld's reward of a task with a success condition: of its state it reads hand, opening and position."""
        space = self._stock._HAND_SPACE
        state = np.zeros(FRAME_SIZE)
        state[:3] = np.minimum(np.maximum(self._hand, space.low), space.high)
        state[3] = self._opening()
        state[4:7] = self._stock._get_pos_objects()
        return float(self._stock.compute_reward(np.array(action, np.float32), state)[0])

    def _opening(self) -> float:
        """Of the gripper: 1 open; the fingers touch at .28 to .30."""
        between = self._right - self._left
        return min(math.sqrt(between.dot(between)) / OPEN_GRIPPER_M, 1.0)

    def _check(self) -> None:
        counts = self._warning_counts.tolist()
        if any(counts):
            kind = counts.index(max(counts))
            text = mujoco.mju_warningText(kind, self._warnings[kind].lastinfo)
            raise SimulationFailed(f"MuJoCo warned: {text} The episode has no result.")


def _unobserved() -> None:
    """MetaWorld's state as nobody asks for it."""


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
