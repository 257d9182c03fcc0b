"""MetaWorld's own environment classes with faster methods: each returns the same bits as the method it overrides.

They are called *stock* objects here, in contrast to our `MetaWorldEnvironment`.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

from kinitro.environments.mujoco_import import mujoco

# isort: split

import metaworld
import numpy as np
import numpy.typing as npt

from kinitro.environments.metaworld.models import Extension, make_model
from kinitro.environments.metaworld.rewards import copy_reward_methods

SIMULATION_STEPS = 5
"""Simulation steps per control step: 5 x 2.5 ms = 12.5 ms, which is 80 Hz."""
HAND_QUATERNION = (1.0, 0.0, 1.0, 0.0)
"""Orientation (w, x, y, z) of the hand's target: it points down. MuJoCo normalises it."""
OPEN_GRIPPER_CONTROL = (-1.0, 1.0)
"""The control of both fingers that opens the gripper."""

Position = npt.NDArray[np.float64]


class FastMethods:
    """A mixin that overrides methods of MetaWorld's classes with faster ones. The results are equal to the bit."""

    model: mujoco.MjModel
    data: mujoco.MjData
    body_positions: dict[str, Position]
    site_positions: dict[str, Position]
    """Both map a name to a view into `data`, (3,). MetaWorld looks a name up whenever it needs a position."""

    def index_positions(self) -> None:
        """Look all bodies and sites up by name, once."""
        model, data = self.model, self.data
        self.body_positions = {model.body(body).name: data.xpos[body] for body in range(model.nbody)}
        self.site_positions = {model.site(site).name: data.site_xpos[site] for site in range(model.nsite)}

    def get_body_com(self, body_name: str) -> Position:
        return self.body_positions[body_name]

    def _get_site_pos(self, site_name: str) -> Position:
        return self.site_positions[site_name].copy()

    @property
    def tcp_center(self) -> Position:
        """The point between the fingers (3,), in metres in the world frame."""
        between: Position = (self.site_positions["rightEndEffector"] + self.site_positions["leftEndEffector"]) / 2.0
        return between

    def _reset_hand(self: Any, steps: int = 50) -> None:
        """Move the hand with its gripper open to where the task begins.

        MetaWorld sets the same target and control before each step; here they are set once.
        """
        self.data.mocap_pos[0], self.data.mocap_quat[0] = self.hand_init_pos, HAND_QUATERNION
        self.data.ctrl[:] = OPEN_GRIPPER_CONTROL
        mujoco.mj_step(self.model, self.data, nstep=steps * SIMULATION_STEPS)
        self.init_tcp = self.tcp_center


@functools.lru_cache(maxsize=256)
def make_stock_class(name: str, extension: Extension | None = None) -> Any:
    """Make MetaWorld's class of a task with FastMethods and faster rewards, once per task and extension of its scene.

    Its first object compiles the model; all further ones share one compiled model, of which they get copies.
    """
    objects = itertools.count()

    def initialize(stock: Any) -> tuple[mujoco.MjModel, mujoco.MjData]:
        stock.model = make_model(stock.fullpath, copied=next(objects) > 0, extension=extension)
        stock.data = mujoco.MjData(stock.model)
        stock.index_positions()
        return stock.model, stock.data

    original = metaworld.ALL_V3_ENVIRONMENTS[f"{name}-v3"]
    members = {"_initialize_simulation": initialize, **copy_reward_methods(original)}
    return type(original.__name__, (FastMethods, original), members)
