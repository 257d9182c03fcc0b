"""MetaWorld's scenes as the software renderer and MuJoCo's OpenGL renderer draw them."""

from __future__ import annotations

import os

from kinitro.environments.mujoco_import import mujoco

# isort: split

import metaworld
import numpy as np
import pytest

from kinitro.environments.rendering import CameraView, Image, make_renderer

CAMERAS = (
    CameraView("corner", "corner", rotate_180=True),
    CameraView("corner4", "corner4", rotate_180=True),
    CameraView("gripper", "gripperPOV", rotate_180=False),
)
SIZE_PX = 84
MOST_DIFFERENCE = 5.0
"""Largest mean absolute difference between the renderers, of 255. Measured: up to 3.9, most of it at edges."""
TASKS = tuple(metaworld.ALL_V3_ENVIRONMENTS)
needs_opengl = pytest.mark.skipif(
    os.environ.get("MUJOCO_GL") not in ("egl", "osmesa", "glfw"), reason="set MUJOCO_GL=egl to compare with OpenGL"
)


def scene(task: str) -> tuple[mujoco.MjModel, mujoco.MjData]:
    """The task after a few steps that bring the gripper over the table."""
    environment = metaworld.ALL_V3_ENVIRONMENTS[task]()
    environment._freeze_rand_vec = False
    environment._set_task_called = True
    environment.seeded_rand_vec = True
    environment.seed(3)
    environment.reset()
    for _ in range(3):
        environment.step(np.array([0.0, 0.0, -0.5, 0.0], np.float32))
    mujoco.mj_forward(environment.model, environment.data)
    return environment.model, environment.data


def pictures(kind: str, model: mujoco.MjModel, data: mujoco.MjData, **options: bool) -> dict[str, Image]:
    if kind == "gl":
        from kinitro.environments.rendering.gl import GlRenderer

        renderer: object = GlRenderer(model, CAMERAS, SIZE_PX, **options)
    else:
        renderer = make_renderer(kind, model, CAMERAS, SIZE_PX)
    renderer.begin(data)  # type: ignore[attr-defined]
    images: dict[str, Image] = renderer.render(data)  # type: ignore[attr-defined]
    renderer.close()  # type: ignore[attr-defined]
    return images


def test_the_hand_and_the_goal_are_seen() -> None:
    model, data = scene("push-v3")
    images = pictures("software", model, data)
    for name in ("corner", "corner4"):
        red, green, blue = np.moveaxis(images[name].astype(int), 2, 0)
        assert ((red > 2 * green) & (red > 60)).sum() > 300, "the robot is red"
        assert ((green > 1.5 * red) & (green > 1.5 * blue)).sum() >= 2, "the goal is green"
        # upright: the robot's base is below its elbow, the sky is above the table
        assert abs(red - blue)[:10].mean() < abs(red - blue)[40:].mean()
    assert [image.shape for image in images.values()] == [(SIZE_PX, SIZE_PX, 3)] * 3
    assert list(images) == ["corner", "corner4", "gripper"]


def test_renderers_of_one_model_agree_and_do_not_disturb_each_other() -> None:
    model, data = scene("drawer-open-v3")
    first = pictures("software", model, data)
    one, other = (make_renderer("software", model, cameras, SIZE_PX) for cameras in (CAMERAS, CAMERAS[::-1]))
    state = data.qpos.tobytes(), data.qvel.tobytes(), data.geom_xpos.tobytes()
    one.begin(data)
    other.begin(data)
    for _ in range(2):
        for renderer in (one, other):
            again = renderer.render(data)
            assert all(np.array_equal(again[name], first[name]) for name in first)
    assert state == (data.qpos.tobytes(), data.qvel.tobytes(), data.geom_xpos.tobytes())


def worst_block(one: Image, other: Image, side: int = 6) -> float:
    """Largest difference of mean colour between equal blocks of two pictures: a missing object shows here."""
    difference = one.astype(float) - other.astype(float)
    blocks = difference.reshape(SIZE_PX // side, side, SIZE_PX // side, side, 3).mean(axis=(1, 3))
    return float(np.abs(blocks).max())


@pytest.mark.gl
@needs_opengl
@pytest.mark.parametrize("task", TASKS)
def test_pictures_are_like_opengls(task: str) -> None:
    model, data = scene(task)
    ours, theirs = pictures("software", model, data), pictures("gl", model, data, shadows=False, reflections=False)
    for name in ours:
        difference = np.abs(ours[name].astype(int) - theirs[name]).mean()
        assert difference < MOST_DIFFERENCE, f"{task} {name}"
        assert worst_block(ours[name], theirs[name]) < 60, f"an object differs in {task} {name}"


@pytest.mark.gl
@needs_opengl
@pytest.mark.parametrize("task", TASKS)
def test_no_object_is_missing(task: str) -> None:
    """Every geom and site that changes OpenGL's picture when it is hidden changes ours, at about the same place."""
    model, data = scene(task)
    from kinitro.environments.rendering.gl import GlRenderer

    ours = make_renderer("software", model, CAMERAS, SIZE_PX)
    theirs = GlRenderer(model, CAMERAS, SIZE_PX, shadows=False, reflections=False)
    for renderer in (ours, theirs):
        renderer.begin(data)
    whole = ours.render(data), theirs.render(data)
    for rgba in (*model.geom_rgba, *model.site_rgba):
        if rgba[3] == 0:
            continue
        shown = rgba.copy()
        rgba[:] = 1, 1, 1, 0
        ours.begin(data)
        without = ours.render(data), theirs.render(data)
        rgba[:] = shown
        for name in whole[0]:
            ours_changed, theirs_changed = (
                np.abs(a[name].astype(int) - b[name]).sum() for a, b in zip(whole, without, strict=True)
            )
            if theirs_changed >= 600:  # about six pixels
                assert ours_changed >= theirs_changed / 3, f"{task} {name}: {shown} at {theirs_changed}"


@pytest.mark.gl
@needs_opengl
def test_opengl_renderers_share_a_context_and_stay_alive() -> None:
    scenes = [scene(task) for task in ("reach-v3", "door-open-v3")]
    kept = make_renderer("gl", scenes[0][0], CAMERAS, 120)
    kept.begin(scenes[0][1])
    before = kept.render(scenes[0][1])
    other = make_renderer("gl", scenes[1][0], CAMERAS, SIZE_PX)
    other.begin(scenes[1][1])
    other.render(scenes[1][1])
    other.close()
    after = kept.render(scenes[0][1])
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert before["corner"].shape == (120, 120, 3)
    assert np.unique(before["corner"].reshape(-1, 3), axis=0).shape[0] > 100
