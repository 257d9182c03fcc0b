"""Operational-space control of the hand's pose (Khatib 1987), with robosuite 1.4.0's gains and order of operations.

The torques are those of robosuite's controller but for rounding: it inverts matrices with LAPACK, whose last bits
depend on the CPU; here they are solved by Cholesky's method, with sums, products and square roots in a fixed order.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco

Floats = npt.NDArray[np.float64]

ARM = 7
"""Number of the arm's joints, which are the first of the model."""
FINGERS = slice(7, 9)
START = (0.0, -1.61037389e-01, 0.0, -2.44459747, 0.0, 2.22675220, math.pi / 4)
"""Joint angles at which an episode begins, rad; the null space of the control pulls towards them."""
FINGERS_START = (0.020833, -0.020833)
POSITION_STEP_M, ROTATION_STEP_RAD = 0.05, 0.5
"""How far an action of 1 aims."""
GAIN, NULL_GAIN = 150.0, 10.0
TORQUE_LIMITS = (80.0, 80.0, 80.0, 80.0, 80.0, 12.0, 12.0)
GRIPPER_STEP = 0.01
"""How far the gripper's command moves per simulation step, in units of half of its range."""
OPEN_M = 0.04


class PoseController:
    """Computes the torques of the arm and the commands of the fingers for one model and its data."""

    def __init__(self, model: Any, data: Any) -> None:
        self._model, self._data = model, data
        self._site = model.site("gripper0_grip_site").id
        self._position, self._rotation = data.site_xpos[self._site], data.site_xmat[self._site]
        self._jacobian = np.zeros((6, model.nv))
        self._linear, self._angular = self._jacobian[:3], self._jacobian[3:]
        self._mass = np.zeros((model.nv, model.nv))
        self._start = np.array(START)
        self._limits = np.array(TORQUE_LIMITS)
        self._goal_position, self._goal_rotation = np.zeros(3), np.zeros(9)
        self._torques, self._scratch = np.zeros(ARM), np.zeros((4 * ARM + 16, ARM))
        self._qpos, self._qvel, self._bias = data.qpos[:ARM], data.qvel[:ARM], data.qfrc_bias[:ARM]
        self._control = data.ctrl
        self._grip = 0.0

    def begin(self) -> None:
        """Aim at where the hand is; call it after `mj_forward` at the episode's beginning."""
        self._goal_position[:], self._goal_rotation[:] = self._position, self._rotation
        self._grip = 0.0

    def aim(self, command: npt.NDArray[np.float64]) -> None:
        """Set the goal from the first six numbers of an action: relative to where the hand is."""
        for axis in range(3):
            self._goal_position[axis] = self._position[axis] + command[axis] * POSITION_STEP_M
        turn = command[3:6] * ROTATION_STEP_RAD
        if turn.any():
            self._goal_rotation[:] = (_rotate(turn) @ self._rotation.reshape(3, 3)).ravel()

    def control(self, gripper: float) -> None:
        """Write `ctrl` for the next simulation step; positions and velocities must be up to date (`mj_forward`)."""
        model, data = self._model, self._data
        mujoco.mj_jacSite(model, data, self._linear, self._angular, self._site)
        mujoco.mj_fullM(model, self._mass, data.qM)
        _compute_torques(
            self._jacobian,
            self._mass,
            self._position,
            self._rotation,
            self._goal_position,
            self._goal_rotation,
            self._qpos,
            self._qvel,
            self._start,
            self._bias,
            self._limits,
            self._control,
        )
        direction = (gripper > 0) - (gripper < 0)
        self._grip = min(max(self._grip - GRIPPER_STEP * direction, -1.0), 1.0)
        self._control[7] = OPEN_M / 2 + OPEN_M / 2 * self._grip
        self._control[8] = -OPEN_M / 2 - OPEN_M / 2 * self._grip


def _rotate(turn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the matrix (3, 3) of a rotation vector; its quaternion is rounded to float32, as in robosuite."""
    angle = math.sqrt(turn[0] * turn[0] + turn[1] * turn[1] + turn[2] * turn[2])
    sine = math.sin(angle / 2)
    exact = np.array([math.cos(angle / 2), *(part / angle * sine for part in turn)])
    q = exact.astype(np.float32)
    norm = float(np.float32(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]))
    q = (q.astype(np.float64) * math.sqrt(2.0 / norm)).astype(np.float32)
    p = np.outer(q, q)  # differences of two of its numbers are rounded to float32, those from 1 are not
    one = np.float64(1.0)
    return np.array(
        [
            [one - p[2, 2] - p[3, 3], p[1, 2] - p[3, 0], p[1, 3] + p[2, 0]],
            [p[1, 2] + p[3, 0], one - p[1, 1] - p[3, 3], p[2, 3] - p[1, 0]],
            [p[1, 3] - p[2, 0], p[2, 3] + p[1, 0], one - p[1, 1] - p[2, 2]],
        ]
    )


@numba.njit(cache=True, error_model="numpy")
def _factorize(matrix: Floats, size: int) -> None:
    """Replace the lower triangle of a symmetric positive definite matrix by its Cholesky factor."""
    for column in range(size):
        for row in range(column, size):
            total = matrix[row, column]
            for k in range(column):
                total -= matrix[row, k] * matrix[column, k]
            matrix[row, column] = math.sqrt(max(total, 1e-30)) if row == column else total / matrix[column, column]


@numba.njit(cache=True, error_model="numpy")
def _solve(factor: Floats, size: int, vector: Floats) -> None:
    """Replace `vector` by the solution of the system whose matrix has this Cholesky factor."""
    for row in range(size):
        for k in range(row):
            vector[row] -= factor[row, k] * vector[k]
        vector[row] /= factor[row, row]
    for row in range(size - 1, -1, -1):
        for k in range(row + 1, size):
            vector[row] -= factor[k, row] * vector[k]
        vector[row] /= factor[row, row]


@numba.njit(cache=True, error_model="numpy")
def _compute_torques(
    jacobian: Floats,
    full_mass: Floats,
    position: Floats,
    rotation: Floats,
    goal_position: Floats,
    goal_rotation: Floats,
    qpos: Floats,
    qvel: Floats,
    start: Floats,
    bias: Floats,
    limits: Floats,
    control: Floats,
) -> None:
    """Write the torques of the arm, in N m, to the first seven numbers of `control`.

    The wrench of a critically damped spring to the goal is decoupled by the task-space inertia, separately for forces
    and torques, plus gravity compensation, plus a spring to `start` in the null space of the task.
    """
    mass, factor = np.empty((ARM, ARM)), np.empty((ARM, ARM))
    for i in range(ARM):
        for j in range(ARM):
            mass[i, j] = factor[i, j] = full_mass[i, j]
    _factorize(factor, ARM)
    # the rows are M^-1 J^T of each row of J
    solved = np.empty((6, ARM))
    for row in range(6):
        for j in range(ARM):
            solved[row, j] = jacobian[row, j]
        _solve(factor, ARM, solved[row])
    inverse_inertia = np.zeros((6, 6))
    for i in range(6):
        for j in range(6):
            for k in range(ARM):
                inverse_inertia[i, j] += jacobian[i, k] * solved[j, k]
    linear, angular = inverse_inertia[:3, :3].copy(), inverse_inertia[3:, 3:].copy()
    _factorize(linear, 3)
    _factorize(angular, 3)
    _factorize(inverse_inertia, 6)

    damping = 2 * math.sqrt(GAIN)
    wrench = np.empty(6)
    for i in range(3):
        velocity = turning = 0.0
        for k in range(ARM):
            velocity += jacobian[i, k] * qvel[k]
            turning += jacobian[3 + i, k] * qvel[k]
        a, b = (i + 1) % 3, (i + 2) % 3
        error = 0.0
        for column in range(3):
            error += rotation[3 * a + column] * goal_rotation[3 * b + column]
            error -= rotation[3 * b + column] * goal_rotation[3 * a + column]
        wrench[i] = GAIN * (goal_position[i] - position[i]) - damping * velocity
        wrench[3 + i] = GAIN * 0.5 * error - damping * turning
    _solve(linear, 3, wrench[:3])
    _solve(angular, 3, wrench[3:])

    null_damping = 2 * math.sqrt(NULL_GAIN)
    pull = np.empty(ARM)
    for j in range(ARM):
        pull[j] = NULL_GAIN * (start[j] - qpos[j]) - null_damping * qvel[j]
    hindered = np.zeros(6)
    for i in range(6):
        for k in range(ARM):
            hindered[i] += jacobian[i, k] * pull[k]
    _solve(inverse_inertia, 6, hindered)
    for j in range(ARM):
        torque = bias[j]
        for i in range(6):
            torque += jacobian[i, j] * (wrench[i] - hindered[i])
        for k in range(ARM):
            torque += mass[j, k] * pull[k]
        control[j] = min(max(torque, -limits[j]), limits[j])
