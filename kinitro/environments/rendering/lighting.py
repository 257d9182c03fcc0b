"""The lights of a scene, as the rasterizer needs them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering.exact import normalize
from kinitro.errors import ConfigurationError


class Lights(NamedTuple):
    """Directional lights.

    towards:   float64 (lights, 3), unit vectors in the world frame that point to the light. The headlight's is 0 here;
               `project` sets it for each camera.
    ambient:   float32 (lights, 3), RGB intensity; 1 lights a surface with its full colour.
    diffuse:   float32 (lights, 3), likewise, of the light that depends on the angle to the light.
    specular:  float32 (lights, 3), likewise, of highlights.
    headlight: whether the first light is the headlight, which shines along the line of sight of each camera.
    """

    towards: npt.NDArray[np.float64]
    ambient: npt.NDArray[np.float32]
    diffuse: npt.NDArray[np.float32]
    specular: npt.NDArray[np.float32]
    headlight: bool


def read_lights(model: mujoco.MjModel, data: mujoco.MjData) -> Lights:
    """Read the headlight and the active lights as model and data have them now.

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
    towards = np.concatenate([np.zeros((heads, 3)), -normalize(data.light_xdir[active])])

    def join_colours(head: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.concatenate([np.tile(head, (heads, 1)), others[active]]).astype(np.float32)

    return Lights(
        towards,
        join_colours(lamp.ambient, model.light_ambient),
        join_colours(lamp.diffuse, model.light_diffuse),
        join_colours(lamp.specular, model.light_specular),
        bool(heads),
    )
