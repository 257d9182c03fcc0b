"""A scripted expert that sees where everything is: it grasps the object from above and lets it go over the basket."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kinitro_libero.environment import LiberoEnvironment

Vector = npt.NDArray[np.float64]
ABOVE_M = 0.12
"""Height above an object from which the hand goes down to it."""
CARRY_M = 0.30
"""Height over the floor at which the object is carried: the basket is 15 cm high."""
ARRIVED_M = 0.015
GRASP_DEPTH_M = 0.015
"""The grip site goes so far below the top of an object, or down to LOWEST_M."""
LOWEST_M = 0.012
CLOSING_STEPS, OPENING_STEPS = 12, 15
GAIN = 12.0
"""Action per metre of distance; 1 is the largest."""
TURN_GAIN = 1.5


class ScriptedExpert:
    """Acts for the episode that an environment is in."""

    def __init__(self, environment: LiberoEnvironment) -> None:
        self._environment = environment
        self._name, self._basket = environment.goal_objects[0]
        self._phase, self._waited = "approach", 0
        self._yaw = self._grasp_height = self._start_height = 0.0
        self._prepare()

    def act(self) -> npt.NDArray[np.float32]:
        """Return the action (7,) for the present state."""
        hand = self._hand_position()
        target, grip = self._choose(hand)
        error = target - hand
        action = np.zeros(7)
        action[:3] = np.clip(GAIN * error, -1.0, 1.0)
        action[5] = np.clip(TURN_GAIN * self._turn_left() / 0.5, -1.0, 1.0)
        action[6] = grip
        return action.astype(np.float32)

    def _prepare(self) -> None:
        """Choose height and yaw of the grasp: across the object's shortest horizontal extent."""
        corners = self._environment.read_corners(self._name)
        top, bottom = float(corners[:, 2].max()), float(corners[:, 2].min())
        self._grasp_height = max(top - max(GRASP_DEPTH_M, 0.35 * (top - bottom)), LOWEST_M)
        flat = corners[:, :2] - (corners[:, :2].max(axis=0) + corners[:, :2].min(axis=0)) / 2
        angles = np.linspace(0, math.pi, 36, endpoint=False)
        widths = [np.ptp(flat @ (math.cos(angle), math.sin(angle))) for angle in angles]
        # prefer small turns of the hand, whose fingers are along y at first, among nearly equal widths
        away = np.abs(angles - math.pi / 2)
        self._yaw = float(angles[np.argmin(np.array(widths) + 0.004 * away)])

    def _choose(self, hand: Vector) -> tuple[Vector, float]:
        """Return where the hand shall go, and 1 to close or -1 to open."""
        corners = self._environment.read_corners(self._name)
        middle = (corners.max(axis=0) + corners.min(axis=0)) / 2
        basket, _ = self._environment.read_pose(self._basket)
        above = np.array([middle[0], middle[1], self._grasp_height + ABOVE_M])
        if self._phase == "approach":
            if np.linalg.norm(above - hand) < ARRIVED_M and abs(self._turn_left()) < 0.06:
                self._phase = "descend"
            return above, -1.0
        down = np.array([middle[0], middle[1], self._grasp_height])
        if self._phase == "descend":
            self._waited += 1
            if abs(hand[2] - down[2]) < 0.006 or self._waited > 30:
                self._phase, self._waited, self._held = "grasp", 0, hand.copy()
            return down, -1.0
        if self._phase == "grasp":
            self._waited += 1
            if self._waited > CLOSING_STEPS:
                self._phase = "lift"
            return self._held, 1.0
        if self._phase == "lift":
            self._held[2] = CARRY_M
            if hand[2] > CARRY_M - 0.03:
                self._phase, self._waited = "carry", 0
                if middle[2] < CARRY_M / 3:
                    self._phase = "approach"  # it slipped: try again
                    self._prepare()
            return self._held, 1.0
        over = np.array([basket[0], basket[1], CARRY_M]) + np.append(hand[:2] - middle[:2], 0.0)
        if self._phase == "carry":
            if np.linalg.norm(over - hand) < ARRIVED_M:
                self._phase, self._waited = "release", 0
            return over, 1.0
        self._waited += 1
        if self._waited > OPENING_STEPS:
            self._phase, self._waited = "approach", 0
            self._prepare()
        return hand, -1.0

    def _hand_position(self) -> Vector:
        position: Vector = self._environment.read_hand()[0]
        return position

    def _turn_left(self) -> float:
        """Return the angle, in radians about z, by which the line of the fingers has to turn."""
        _, rotation = self._environment.read_hand()
        now = math.atan2(rotation[1, 0], rotation[0, 0])
        return (self._yaw - now + math.pi / 2) % math.pi - math.pi / 2
