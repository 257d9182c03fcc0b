"""The arm in a scene of MetaWorld's: control steps, proprioception, MuJoCo's warnings."""

from __future__ import annotations

import math
from array import array

import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import SimulationFailed
from kinitro.environments.metaworld.stock import SIMULATION_STEPS
from kinitro.environments.metaworld.success import view_floats
from kinitro.environments.mujoco_import import mujoco

OPEN_GRIPPER_M = 0.1
"""Distance between the origins of the fingers' bodies that counts as fully open."""
Action = tuple[float, ...]
"""What `ACTION` describes: four numbers in [-1, 1] that fit into float32."""
VELOCITY_STAGE = int(mujoco.mjtStage.mjSTAGE_VEL)
"""The stage of `mj_forward` after which everything that depends on positions and velocities is computed."""


def _ignore_warning(_message: str) -> None:
    """Ignore a warning of MuJoCo's.

    Its default handler prints warnings and appends them to MUJOCO_LOG.TXT. We read the counters in MjData instead.
    """


mujoco.set_mju_user_warning(_ignore_warning)


class Arm:
    """The arm of a model of MetaWorld's, which its gripper and the motion of its hand control.

    step_m: how far the hand's target moves for an action of 1, in metres.
    """

    hand_limits: tuple[list[float], list[float]]
    """The lowest and the highest place (3,) of the hand's target, in metres in the world frame."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, step_m: float) -> None:
        self.model, self.data = model, data
        self._hand, self._right, self._left = (data.body(body).xpos for body in ("hand", "rightclaw", "leftclaw"))
        self._target, self._target_body = view_floats(data.mocap_pos[0]), view_floats(data.body("mocap").xpos)
        self._control = view_floats(data.ctrl)
        self.step_m = float(np.float32(step_m))
        self._warnings, self._warning_counts = data.warning, data.warning.number

    def advance(self, action: Action) -> None:
        """Simulate one control step: SIMULATION_STEPS of MuJoCo's, bit for bit what MetaWorld's step computes.

        The `mj_forward` at the end brings positions up to date. It also leaves the warm start of the solver for the
        next step, without which trajectories would differ. Raises SimulationFailed if MuJoCo warns.
        """
        x, y, z, grip = action
        target, body, step_m = self._target, self._target_body, self.step_m
        dx, dy, dz = array("f", (x * step_m, y * step_m, z * step_m))  # float32, as MetaWorld computes
        (low_x, low_y, low_z), (high_x, high_y, high_z) = self.hand_limits
        # the hand is welded to a mocap body, its target; the body's position is what `mj_kinematics` would make of it
        target[0] = body[0] = min(max(target[0] + dx, low_x), high_x)
        target[1] = body[1] = min(max(target[1] + dy, low_y), high_y)
        target[2] = body[2] = min(max(target[2] + dz, low_z), high_z)
        self._control[0], self._control[1] = grip, -grip
        self._simulate_first_step()
        mujoco.mj_step(self.model, self.data, nstep=SIMULATION_STEPS - 1)
        mujoco.mj_forward(self.model, self.data)
        self.check_warnings()

    def _simulate_first_step(self) -> None:
        """Do the first `mj_step` of a control step, computing only what is not known from the last `mj_forward`.

        Since then only the hand's target and the control have changed. The target is a body without joints and without
        geoms that collide. So kinematics (`advance` has done the target's), inertia, contacts and velocities are still
        valid. What is new follows from the weld between hand and target, and from the control: the constraints, and
        what comes after the velocity stage.
        """
        model, data = self.model, self.data
        mujoco.mj_makeConstraint(model, data)
        mujoco.mj_referenceConstraint(model, data)
        mujoco.mj_forwardSkip(model, data, VELOCITY_STAGE, 1)
        mujoco.mj_Euler(model, data)

    def read_agent_pos(self) -> npt.NDArray[np.float32]:
        """Return `Observation.agent_pos` in the present state: what `PROPRIOCEPTION` describes."""
        return np.array([*self._hand, self._compute_opening()], dtype=np.float32)

    def _compute_opening(self) -> float:
        """Compute the gripper's opening as MetaWorld does: 1 is open, about 0.3 is closed (see `PROPRIOCEPTION`)."""
        between = self._right - self._left
        return min(math.sqrt(between.dot(between)) / OPEN_GRIPPER_M, 1.0)

    def check_warnings(self) -> None:
        """Raise SimulationFailed if MuJoCo has warned since the episode began."""
        counts = self._warning_counts.tolist()
        if any(counts):
            kind = counts.index(max(counts))
            text = mujoco.mju_warningText(kind, self._warnings[kind].lastinfo)
            raise SimulationFailed(f"MuJoCo warned: {text} The episode has no result.")
