"""MetaWorld's own object for a task, made reproducible and cheap to step.

`MetaWorldTask` wraps a *stock* object, that is, an instance of MetaWorld's environment class (see `stock`). The stock
object draws placements and computes rewards; we do the simulation and the evaluation of success ourselves, faster and
with the same bits, and let nothing of one episode reach the next.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.metaworld.arm import Action, Arm
from kinitro.environments.metaworld.markers import GoalMarkers
from kinitro.environments.metaworld.models import Extension
from kinitro.environments.metaworld.stock import HAND_QUATERNION, make_stock_class
from kinitro.environments.metaworld.success import SUCCESS_CONDITIONS
from kinitro.environments.mujoco_import import mujoco

FRAME_SIZE = 18
"""Numbers of a frame in MetaWorld's state (39,): this frame, the frame before, and the goal (3,)."""
LIVE_ATTRIBUTES = ("model", "data", "body_positions", "site_positions", "mujoco_renderer", "_np_random")
"""Attributes of the stock object that live as long as it: `place` neither restores nor deletes them."""


class MetaWorldTask(Arm):
    """One MetaWorld task, by MetaWorld's name such as `pick-place`, with its model and data.

    extension: what is added to MetaWorld's scene before it is compiled; None adds nothing.

    Rewards and success of the stock object depend on attributes that are set during an episode. `place` sets them back
    to what they were when the object was made, so that an episode does not depend on those before it.
    """

    def __init__(self, name: str, extension: Extension | None = None) -> None:
        stock = make_stock_class(name, extension)()
        # What MetaWorld's benchmarks set: placements are drawn by each reset from `np_random`, and the state contains
        # the goal. The observation space was cached without the goal.
        stock._set_task_called = True
        stock._freeze_rand_vec = False
        stock.seeded_rand_vec = True
        stock._partially_observable = False
        stock.__dict__.pop("sawyer_observation_space", None)
        self._stock = stock
        self.scene_path: str = stock.fullpath
        """The XML file of MetaWorld's scene."""
        super().__init__(stock.model, stock.data, stock.action_scale)
        self._attributes = _copy_values(stock.__dict__)
        condition = SUCCESS_CONDITIONS.get(name)
        self._is_reached = condition.bind(self.data) if condition else None
        self._markers = GoalMarkers(name, stock)

    def place(self, random: np.random.Generator) -> None:
        """Draw a placement and put hand, objects and goal there. Raises SimulationFailed.

        This arrives at the state at which MetaWorld's reset arrives from the same draw. MetaWorld runs `reset_model`
        twice, and in seven tasks the second run starts from what the first one moved, so both are needed. Nothing
        depends on how the first run moves the hand, nor on the states that `reset_model` returns: these are skipped.
        MetaWorld itself draws again if objects are too close to each other.
        """
        stock = self._stock
        # forget earlier episodes
        for name in stock.__dict__.keys() - self._attributes.keys() - set(LIVE_ATTRIBUTES):
            delattr(stock, name)
        stock.__dict__.update(_copy_values(self._attributes))
        stock.np_random = random
        # the first run draws the placement; instance attributes hide the methods of the class for a while
        stock._reset_hand, stock._get_obs = self._skip_hand_motion, _skip_observation
        mujoco.mj_resetData(self.model, self.data)
        mujoco.mj_forward(self.model, self.data)
        stock.reset_model()
        del stock._reset_hand
        # the second run keeps the placement that was drawn
        stock._freeze_rand_vec = True
        mujoco.mj_resetData(self.model, self.data)
        stock.reset_model()
        del stock._get_obs
        # what MetaWorld sets in every step but never changes during an episode
        self.data.mocap_quat[0] = HAND_QUATERNION
        mujoco.mj_forward(self.model, self.data)
        self._markers.place()
        self.hand_limits = stock.mocap_low.tolist(), stock.mocap_high.tolist()
        stock._prev_obs = stock._get_obs()[:FRAME_SIZE]
        self.check_warnings()

    def _skip_hand_motion(self, steps: int = 0) -> None:  # noqa: ARG002
        """Stand in for the stock object's `_reset_hand` where the hand need not move."""
        self._stock.init_tcp = self._stock.tcp_center

    def draw_goal(self, random: np.random.Generator) -> npt.NDArray[np.float64]:
        """Draw a place (3,) for the goal from where MetaWorld draws it, in tasks that draw one independently."""
        space = self._stock._random_reset_space
        low, high = (np.asarray(bound[-3:], np.float64) for bound in (space.low, space.high))
        return low + (high - low) * random.random(3)

    def draw_object(self, random: np.random.Generator) -> npt.NDArray[np.float64]:
        """Draw a place (3,) for the object from where MetaWorld draws it, at the height at which the object lies."""
        space = self._stock._random_reset_space
        low, high = (np.asarray(bound[:3], np.float64) for bound in (space.low, space.high))
        place: npt.NDArray[np.float64] = low + (high - low) * random.random(3)
        place[2] = self._stock.obj_init_pos[2]
        return place

    def read_goal(self) -> npt.NDArray[np.float64]:
        """Return where the goal is (3,), in metres in the world frame."""
        goal: npt.NDArray[np.float64] = np.array(self._stock._target_pos, np.float64)
        return goal

    def aim(self, goal: npt.NDArray[np.float64]) -> None:
        """Say where the goal is (3,), without a marker."""
        self._stock._target_pos = goal

    def move_goal(self, goal: npt.NDArray[np.float64]) -> None:
        """Put the goal and its marker elsewhere (3,), in the middle of an episode."""
        stock = self._stock
        stock._target_pos = goal.copy()
        self._markers.place()

    def evaluate(self, action: Action, rewards: bool) -> tuple[float, bool]:
        """Return MetaWorld's reward and success in the present state, after `action`.

        The reward is 0 if `rewards` is False, which saves most of the time for tasks with a condition in
        SUCCESS_CONDITIONS. For the others MetaWorld computes both together.
        """
        if self._is_reached is None:
            reward, info = self._stock.evaluate_state(self.read_state(), np.array(action, np.float32))
            return float(reward) if rewards else 0.0, bool(info["success"])
        success = self._is_reached(self._stock._target_pos)
        return self._compute_reward(action) if rewards else 0.0, success

    def read_placement(self) -> dict[str, Factor]:
        """Return where hand, object and goal are in the present state, in metres; call it after `place`.

        The object's place is MetaWorld's own, which is not the body's centre in every task. Some tasks have none.
        """
        found: dict[str, Factor] = {"hand": self._hand.tolist(), "goal": self._stock._target_pos.tolist()}
        if isinstance(place := getattr(self._stock, "obj_init_pos", None), np.ndarray):
            found["object"] = place.tolist()
        return found

    def read_state(self) -> npt.NDArray[np.float64]:
        """Return MetaWorld's state, float64 (39,): this frame, the frame at the last call, and the goal."""
        space = self._stock.sawyer_observation_space
        state: npt.NDArray[np.float64] = np.clip(self._stock._get_obs(), space.low, space.high)
        return state

    def _compute_reward(self, action: Action) -> float:
        """Compute MetaWorld's reward of a task in SUCCESS_CONDITIONS.

        Of the state, the rewards of these tasks read the hand's position, the opening and the object's position only:
        the rest is left 0.
        """
        space = self._stock._HAND_SPACE
        state = np.zeros(FRAME_SIZE)
        state[:3] = np.minimum(np.maximum(self._hand, space.low), space.high)
        state[3] = self._compute_opening()
        state[4:7] = self._stock._get_pos_objects()
        return float(self._stock.compute_reward(np.array(action, np.float32), state)[0])


def _skip_observation() -> None:
    """Stand in for the stock object's `_get_obs` where its result is not used."""


def _copy_values(attributes: dict[str, Any]) -> dict[str, Any]:
    """Copy attributes of the stock object except LIVE_ATTRIBUTES.

    Lists, dictionaries and arrays that own their memory are copied, since they may be changed in place. Arrays that are
    views into MjData must stay these views, and other values never change.
    """
    return {
        name: copy.deepcopy(value) if _owns_memory(value) else value
        for name, value in attributes.items()
        if name not in LIVE_ATTRIBUTES
    }


def _owns_memory(value: Any) -> bool:
    """Whether a value holds memory of its own that may be changed in place."""
    if isinstance(value, np.ndarray):
        return bool(value.flags.owndata)
    return isinstance(value, list | dict)
