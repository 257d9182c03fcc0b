"""MetaWorld's Sawyer arm: what its numbers mean, and its cameras. Part of the version of MetaWorld's environments.

Until specs described their robots there was only this one, so files and messages that describe none are of it.
"""

from __future__ import annotations

from typing import Final

from kinitro.environments.spec import ActionNumber, CameraSpec, StateNumber

ROBOT: Final = "sawyer"
REACH_M: Final = 2.0
"""The arm does not reach farther from the origin along any axis."""
PROPRIOCEPTION: Final = (
    StateNumber("x", "m", -REACH_M, REACH_M),
    StateNumber("y", "m", -REACH_M, REACH_M),
    StateNumber("z", "m", -REACH_M, REACH_M),
    StateNumber("gripper", "1", 0.0, 1.0),
)
"""The hand's position in the world frame and the gripper's opening.

The opening is the distance between the origins of the fingers over 10 cm: 1 when open and about 0.30 (0.28 to 0.30)
when closed on nothing, not 0, because the origins do not meet. With an object between the fingers it is larger.
"""
ACTION: Final = (
    ActionNumber("dx", "motion of the hand along x, 1 = 1 cm per step", -1.0, 1.0),
    ActionNumber("dy", "motion of the hand along y, 1 = 1 cm per step", -1.0, 1.0),
    ActionNumber("dz", "motion of the hand along z, 1 = 1 cm per step", -1.0, 1.0),
    ActionNumber("gripper", "+1 closes the gripper, -1 opens it", -1.0, 1.0, neutral=-1.0, held=True),
)
"""Episodes begin with an open gripper, which a forfeited first step leaves open."""
CAMERAS: Final = (CameraSpec("corner", 84, 84), CameraSpec("corner4", 84, 84), CameraSpec("gripper", 84, 84))
