"""The software renderer draws the same picture every time, and sees what moves."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from kinitro.environments.rendering import CameraView, make_renderer
from kinitro.errors import ConfigurationError

SCENE = """
<mujoco>
  <worldbody>
    <light directional="true" dir="0 0 -1"/>
    <camera name="front" pos="0 -3 0" xyaxes="1 0 0 0 0 1" fovy="45"/>
    <geom type="plane" size="2 2 .1" pos="0 0 -1" rgba=".2 .4 .6 1"/>
    <body name="ball"><freejoint/><geom type="sphere" size=".3" rgba="1 0 0 1"/></body>
  </worldbody>
</mujoco>
"""
FRONT = CameraView("front", "front", rotate_180=False)


@pytest.fixture
def scene() -> tuple[mujoco.MjModel, mujoco.MjData]:
    model = mujoco.MjModel.from_xml_string(SCENE)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


def test_a_moving_body_is_drawn_where_it_is_now(scene: tuple[mujoco.MjModel, mujoco.MjData]) -> None:
    model, data = scene
    renderer = make_renderer("software", model, [FRONT], 64)
    renderer.begin(data)
    first = renderer.render(data)["front"]
    data.qpos[0] = 0.6
    mujoco.mj_forward(model, data)
    second = renderer.render(data)["front"]
    data.qpos[0] = 0.0
    mujoco.mj_forward(model, data)
    third = renderer.render(data)["front"]
    reddish = [
        np.argwhere(image[..., 0] > 2 * image[..., 2].astype(int) + 20)[:, 1].mean() for image in (first, second)
    ]
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    assert reddish[1] - reddish[0] == pytest.approx(0.6 / 3 * 32 / np.tan(np.pi / 8), abs=1.5)
    assert np.array_equal(first, third)


def test_unknown_renderers_and_cameras_are_refused(scene: tuple[mujoco.MjModel, mujoco.MjData]) -> None:
    model, _ = scene
    with pytest.raises(ConfigurationError, match=r"'raytraced'.*software.*gl"):
        make_renderer("raytraced", model, [FRONT], 64)
    with pytest.raises(ConfigurationError, match=r"no camera 'back'.*front"):
        make_renderer("software", model, [CameraView("back", "back", rotate_180=False)], 64)
