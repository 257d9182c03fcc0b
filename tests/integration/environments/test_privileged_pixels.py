"""Labels for perception: where a point of the world is in the images."""

from __future__ import annotations

import numpy as np
import pytest

from kinitro import environments
from kinitro.environments.metaworld.environment import MetaWorldEnvironment
from kinitro.environments.metaworld.robot import CAMERAS

GREEN_GOAL = "metaworld/push-v3"


@pytest.mark.parametrize("randomization", ["none", "hard"])
def test_the_goal_marker_is_where_the_label_says(randomization: str) -> None:
    """The marker is the only bright green thing in the scene; moved cameras and other fields of view are in `hard`."""
    environment = environments.make(GREEN_GOAL, randomization=randomization)
    assert isinstance(environment, MetaWorldEnvironment)
    seen = 0
    for seed in range(12):
        environment.reset(seed)
        pixels = environment.observe().pixels
        labels = environment.privileged_pixels([environment.privileged_state()[36:39]])
        assert set(labels) == set(pixels)
        for camera, image in pixels.items():
            red, green, blue = image.astype(int).transpose(2, 0, 1)
            rows, columns = np.nonzero((green > 120) & (green > 2 * red) & (green > 2 * blue))
            x, y, depth = labels[camera][0]
            if (
                len(rows) < 3
                or min(rows.min(), columns.min()) < 2
                or max(rows.max(), columns.max()) > CAMERAS[0].width_px - 3
            ):
                continue  # hidden, or cut off at the edge
            expected = (np.array([x, y]) + 1) / 2 * CAMERAS[0].width_px - 0.5
            assert np.abs(expected - (columns.mean(), rows.mean())).max() < 1.5, (seed, camera)
            assert depth > 0
            seen += 1
    assert seen >= 12
    environment.close()


def test_a_point_behind_the_camera_has_a_negative_depth() -> None:
    environment = environments.make(GREEN_GOAL, cameras=("corner",))
    assert isinstance(environment, MetaWorldEnvironment)
    environment.reset(1)
    assert environment.privileged_pixels([(0, 0.6, 0)])["corner"][0, 2] > 0
    assert environment.privileged_pixels([(-30, -30, 30), (30, 60, -30)])["corner"][:, 2].min() < 0
    environment.close()
