"""The lights of a scene."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering.exact import normalized
from kinitro.errors import ConfigurationError


class Lights(NamedTuple):
    """Directional lights; the first is the headlight if `headlight` is set.

    towards: float64 (lights, 3), unit vectors to the light in the world frame; the headlight's is set per camera.
    ambient, diffuse, specular: float32 (lights, 3), RGB.
    """

    towards: npt.NDArray[np.float64]
    ambient: npt.NDArray[np.float32]
    diffuse: npt.NDArray[np.float32]
    specular: npt.NDArray[np.float32]
    headlight: bool


def scene_lights(model: mujoco.MjModel, data: mujoco.MjData) -> Lights:
    """The headlight and the active lights, as model and data have them now.

    Raises ConfigurationError for a light that is not directional.
    """
    active = np.flatnonzero(model.light_active)
    for light in active:
        if not model.light_directional[light]:
            raise ConfigurationError(
                f"Light {int(light)} of the model is not directional: the software renderer needs directional lights."
            )
    lamp = model.vis.headlight
    heads = int(bool(lamp.active))
    towards = np.concatenate([np.zeros((heads, 3)), -normalized(data.light_xdir[active])])

    def colours(head: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.concatenate([np.tile(head, (heads, 1)), others[active]]).astype(np.float32)

    return Lights(
        towards,
        colours(lamp.ambient, model.light_ambient),
        colours(lamp.diffuse, model.light_diffuse),
        colours(lamp.specular, model.light_specular),
        bool(heads),
    )
