"""MetaWorld's own classes, less what they spend on the way to the same result."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import metaworld
import mujoco

from kinitro.environments.metaworld.models import fresh_model

SIMULATION_STEPS = 5
"""Per control step: 5 x 2.5 ms = 12.5 ms, 80 Hz."""
HAND_QUATERNION = (1.0, 0.0, 1.0, 0.0)
"""The hand points down; MuJoCo normalises."""
OPENING = (-1.0, 1.0)
"""The control that opens the gripper."""


class Lean:
    """Methods that take the place of MetaWorld's; the results are equal to the bit."""

    model: mujoco.MjModel
    data: mujoco.MjData

    def _reset_hand(self: Any, steps: int = 50) -> None:
        """Move the open hand to where the task begins. MetaWorld sets the same target and control before each step."""
        self.data.mocap_pos[0], self.data.mocap_quat[0] = self.hand_init_pos, HAND_QUATERNION
        self.data.ctrl[:] = OPENING
        mujoco.mj_step(self.model, self.data, nstep=steps * SIMULATION_STEPS)
        self.init_tcp = self.tcp_center


@functools.cache
def stock_class(name: str) -> Any:
    """MetaWorld's class of a task, lean, whose second and further objects get copies of one compiled model."""
    made = itertools.count()

    def initialize(stock: Any) -> tuple[mujoco.MjModel, mujoco.MjData]:
        model = fresh_model(stock.fullpath, copied=next(made) > 0)
        return model, mujoco.MjData(model)

    original = metaworld.ALL_V3_ENVIRONMENTS[f"{name}-v3"]
    return type(original.__name__, (Lean, original), {"_initialize_simulation": initialize})
