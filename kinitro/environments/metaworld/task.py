"""MetaWorld's own object for a task, made reproducible: what it keeps between episodes is restored before each."""

from __future__ import annotations

import copy
from typing import Any

import metaworld
import mujoco
import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import SimulationFailed

FRAME_SIZE = 18
"""Numbers that MetaWorld's state observation holds per frame; two frames and the goal make 39."""
LIVE_ATTRIBUTES = ("model", "data", "mujoco_renderer", "_np_random")


def _ignore_warning(_message: str) -> None:
    """MuJoCo's default handler prints and appends to MUJOCO_LOG.TXT; we read the counters in MjData instead."""


mujoco.set_mju_user_warning(_ignore_warning)


class Task:
    """One MetaWorld task with its model and data.

    `stock` is MetaWorld's environment object. Its rewards and successes read attributes that earlier episodes leave
    behind; `place` puts them back to what they were when the object was made.
    """

    def __init__(self, name: str) -> None:
        self.stock = metaworld.ALL_V3_ENVIRONMENTS[f"{name}-v3"]()
        self.stock._set_task_called = True
        self.stock._freeze_rand_vec = False
        self.stock.seeded_rand_vec = True
        self.stock._partially_observable = False
        self.stock.__dict__.pop("sawyer_observation_space", None)
        self.model = self.stock.model
        self.data = self.stock.data
        self._attributes = _kept(self.stock.__dict__)

    def place(self, random: np.random.Generator) -> None:
        """Draw a placement (MetaWorld rejects those that are too close) and put hand, objects and goal there."""
        stock = self.stock
        for name in stock.__dict__.keys() - self._attributes.keys() - set(LIVE_ATTRIBUTES):
            delattr(stock, name)
        stock.__dict__.update(_kept(self._attributes))
        mujoco.mj_resetData(self.model, self.data)
        stock.np_random = random
        stock.reset_model()
        mujoco.mj_forward(self.model, self.data)
        stock._prev_obs = stock._get_obs()[:FRAME_SIZE]
        self.check()

    def state(self) -> npt.NDArray[np.float64]:
        """MetaWorld's observation (39,): this frame, the frame before, and the goal. Scripted experts read it."""
        space = self.stock.sawyer_observation_space
        state: npt.NDArray[np.float64] = np.clip(self.stock._get_obs(), space.low, space.high)
        return state

    def evaluate(self, action: npt.NDArray[np.float32]) -> tuple[float, bool]:
        """MetaWorld's reward and success after `action` (4,)."""
        reward, info = self.stock.evaluate_state(self.state(), action)
        return float(reward), bool(info["success"])

    def check(self) -> None:
        """Raise SimulationFailed if MuJoCo warned since the episode began."""
        counts = [warning.number for warning in self.data.warning]
        if any(counts):
            number = next(kind for kind, count in enumerate(counts) if count)
            text = mujoco.mju_warningText(number, self.data.warning[number].lastinfo)
            raise SimulationFailed(f"MuJoCo warned at {self.data.time:.4f} s: {text}; the episode has no result.")


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
