"""What is known about LIBERO's tasks without loading a simulator."""

from __future__ import annotations

import math

from kinitro.environments import ActionNumber, CameraSpec, EnvironmentSpec, StateNumber

VERSION = "1"
MAX_STEPS = 280
"""The horizon of libero_object in published evaluations, such as OpenVLA's and LeRobot's."""
CONTROL_HZ = 20.0
IMAGE_SIZE_PX = 128
CAMERAS = ("agentview", "eye_in_hand")
OBJECTS = {
    "alphabet_soup": 1.0,
    "bbq_sauce": 1.0,
    "butter": 1.0,
    "chocolate_pudding": 1.0,
    "cream_cheese": 1.0,
    "ketchup": 1.0,
    "milk": 1.0,
    "orange_juice": 1.0,
    "salad_dressing": 1.0,
    "tomato_sauce": 1.0,
}
"""The object of each task of libero_object -> the measured success rate of the scripted expert."""
PROPRIOCEPTION = (
    *(StateNumber(f"eef_pos_{axis}", "m", -2.0, 2.0) for axis in "xyz"),
    *(StateNumber(f"eef_axis_angle_{axis}", "rad", -math.pi * 2, math.pi * 2) for axis in "xyz"),
    StateNumber("gripper_qpos_0", "m", -0.01, 0.05),
    StateNumber("gripper_qpos_1", "m", -0.05, 0.01),
)
"""LeRobot's `observation.state` of LIBERO: position of the grip site, orientation of the hand as axis times angle, and
the positions of the two finger joints."""
ACTION = (
    *(ActionNumber(f"d{axis}", f"motion along {axis}; 1 aims 5 cm further", -1.0, 1.0) for axis in "xyz"),
    *(ActionNumber(f"d{axis}", f"turn about {axis}; 1 aims 0.5 rad further", -1.0, 1.0) for axis in ("rx", "ry", "rz")),
    ActionNumber("gripper", "above 0 closes, below 0 opens", -1.0, 1.0, neutral=-1.0, held=True),
)
"""The action of robosuite's operational-space controller of poses: deltas in the world frame, and the gripper."""


def specs() -> tuple[EnvironmentSpec, ...]:
    """Return the specs of all tasks."""
    return tuple(_make_spec(name, success) for name, success in OBJECTS.items())


def _make_spec(name: str, expert_success: float) -> EnvironmentSpec:
    phrase = name.replace("_", " ")
    return EnvironmentSpec(
        id=f"libero/object-{name.replace('_', '-')}",
        task_name=f"pick_up_the_{name}_and_place_it_in_the_basket",
        instruction=f"pick up the {phrase} and place it in the basket",
        category="pick and place",
        version=VERSION,
        scored=False,
        expert_success=expert_success,
        random_success=0.0,
        robot="panda",
        proprioception=PROPRIOCEPTION,
        action=ACTION,
        cameras=tuple(CameraSpec(camera, IMAGE_SIZE_PX, IMAGE_SIZE_PX) for camera in CAMERAS),
        max_steps=MAX_STEPS,
        control_hz=CONTROL_HZ,
    )
