"""The lights of a scene, as the rasterizer needs them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering.exact import normalize, tangent


class Lights(NamedTuple):
    """The headlight, directional lights and spotlights.

    towards:   float64 (lights, 3), unit vectors in the world frame against the light's direction. The headlight's is 0
               here; `project` sets it for each camera.
    ambient:   float32 (lights, 3), RGB intensity; 1 lights a surface with its full colour.
    diffuse:   float32 (lights, 3), likewise, of the light that depends on the angle to the light.
    specular:  float32 (lights, 3), likewise, of highlights.
    headlight: whether the first light is the headlight, which shines along the line of sight of each camera.
    spot:      bool (lights,), whether the light has a position, from which it shines into a cone.
    position:  float64 (lights, 3), of spotlights, metres in the world frame.
    cutoff:    float32 (lights,), cosine of the angle between the axis of a spotlight and the edge of its cone.
    exponent:  int32 (lights,): inside the cone, the intensity is the cosine of the angle to its axis to this power.
    fading:    float32 (lights, 3): the intensity is divided by a + b d + c d ** 2 at the distance d in metres.
    """

    towards: npt.NDArray[np.float64]
    ambient: npt.NDArray[np.float32]
    diffuse: npt.NDArray[np.float32]
    specular: npt.NDArray[np.float32]
    headlight: bool
    spot: npt.NDArray[np.bool_]
    position: npt.NDArray[np.float64]
    cutoff: npt.NDArray[np.float32]
    exponent: npt.NDArray[np.int32]
    fading: npt.NDArray[np.float32]


def read_lights(model: mujoco.MjModel, data: mujoco.MjData) -> Lights:
    """Read the headlight and the active lights as model and data have them now."""
    active = np.flatnonzero(model.light_active)
    lamp = model.vis.headlight
    heads = int(bool(lamp.active))
    towards = np.concatenate([np.zeros((heads, 3)), -normalize(data.light_xdir[active])])

    def join(head: float, others: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        return np.concatenate([np.full((heads, *others.shape[1:]), head), others[active]]).astype(np.float32)

    def join_colours(head: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.concatenate([np.tile(head, (heads, 1)), others[active]]).astype(np.float32)

    return Lights(
        towards,
        join_colours(lamp.ambient, model.light_ambient),
        join_colours(lamp.diffuse, model.light_diffuse),
        join_colours(lamp.specular, model.light_specular),
        bool(heads),
        np.concatenate([np.zeros(heads, np.bool_), model.light_directional[active] == 0]),
        np.concatenate([np.zeros((heads, 3)), data.light_xpos[active]]),
        join(0, np.array([_compute_cosine(angle) for angle in model.light_cutoff])),
        np.rint(join(0, model.light_exponent)).astype(np.int32),
        join(0, model.light_attenuation),
    )


def _compute_cosine(degrees: float) -> float:
    """Compute the cosine of an angle from 0 to 90 degrees; MuJoCo's 180 is for light in all directions."""
    if degrees >= 90:
        return 0.0 if degrees < 180 else -1.0
    along = tangent(float(np.deg2rad(degrees)))
    return float(1 / np.sqrt(1 + along * along))
