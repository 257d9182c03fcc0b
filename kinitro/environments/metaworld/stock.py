"""MetaWorld's own classes, less what they spend on the way to the same result."""

from __future__ import annotations

import functools
import itertools
from typing import Any

from kinitro.environments.mujoco_import import mujoco

# isort: split

import metaworld
import numpy as np
import numpy.typing as npt

from kinitro.environments.metaworld.models import fresh_model
from kinitro.environments.metaworld.rewards import reward_methods

SIMULATION_STEPS = 5
"""Per control step: 5 x 2.5 ms = 12.5 ms, 80 Hz."""
HAND_QUATERNION = (1.0, 0.0, 1.0, 0.0)
"""The hand points down; MuJoCo normalises."""
OPENING = (-1.0, 1.0)
"""The control that opens the gripper."""

Position = npt.NDArray[np.float64]


class Lean:
    """Methods that take the place of MetaWorld's; the results are equal to the bit."""

    model: mujoco.MjModel
    data: mujoco.MjData
    body_positions: dict[str, Position]
    site_positions: dict[str, Position]
    """Views into `data`, (3,) each; MetaWorld looks names up whenever it needs a position."""

    def look_up(self) -> None:
        """Find all bodies and sites by name, once."""
        model, data = self.model, self.data
        self.body_positions = {model.body(body).name: data.xpos[body] for body in range(model.nbody)}
        self.site_positions = {model.site(site).name: data.site_xpos[site] for site in range(model.nsite)}

    def get_body_com(self, body_name: str) -> Position:
        return self.body_positions[body_name]

    def _get_site_pos(self, site_name: str) -> Position:
        return self.site_positions[site_name].copy()

    @property
    def tcp_center(self) -> Position:
        """The point between the fingers (3,)."""
        between: Position = (self.site_positions["rightEndEffector"] + self.site_positions["leftEndEffector"]) / 2.0
        return between

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
        stock.model = fresh_model(stock.fullpath, copied=next(made) > 0)
        stock.data = mujoco.MjData(stock.model)
        stock.look_up()
        return stock.model, stock.data

    original = metaworld.ALL_V3_ENVIRONMENTS[f"{name}-v3"]
    lean = {"_initialize_simulation": initialize, **reward_methods(original)}
    return type(original.__name__, (Lean, original), lean)
