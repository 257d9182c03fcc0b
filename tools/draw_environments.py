"""Draws the pictures of docs/environments.md and docs/rungs.md: `python tools/draw_environments.py`."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import numpy.typing as npt

from kinitro import environments
from kinitro.environments.randomization import LEVELS
from kinitro.environments.sets import EXAM, select_environments
from kinitro.environments.spec import RUNG_MARK

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
TASKS = ("metaworld/drawer-open-v3", "metaworld/pick-place-v3")
SEEDS = range(4)
RUNGS = ("cameras", "choices", "distractors", "lights", "occluders", "sizes", "textures", EXAM)
"""Those that can be seen in a first image."""
RUNG_TASK = "metaworld/pick-place-v3"


def frame(env_id: str, seed: int, level: str, cameras: tuple[str, ...], size_px: int) -> npt.NDArray[np.uint8]:
    """The first images of an episode, side by side."""
    environment = environments.make(env_id, cameras=cameras, image_size_px=size_px, randomization=level)
    environment.reset(seed)
    pictures = list(environment.observe().pixels.values())
    environment.close()
    return np.concatenate(pictures, axis=1)


def put_on_rung(env_id: str, rung: str) -> str:
    """The id on a rung, or as in the exam."""
    if rung == EXAM:
        return next(spec.id for spec in select_environments([EXAM]) if spec.base_id == env_id)
    return f"{env_id}{RUNG_MARK}{rung}"


def draw_rungs() -> npt.NDArray[np.uint8]:
    """A row for each rung, a column for each seed."""
    rows = [
        np.concatenate(
            [frame(put_on_rung(RUNG_TASK, rung), seed, "standard", ("corner4",), 128) for seed in SEEDS], axis=1
        )
        for rung in RUNGS
    ]
    half = len(rows) // 2
    return np.concatenate([np.concatenate(rows[:half]), np.concatenate(rows[half:])], axis=1)


def draw_compositions() -> npt.NDArray[np.uint8]:
    """A row for each composition: both fixed cameras in two episodes."""
    ids = [spec.id for spec in environments.all_specs() if spec.category == "composition"]
    return np.concatenate(
        [np.concatenate([draw_composition(env_id, seed) for seed in (1, 2)], axis=1) for env_id in ids]
    )


def draw_composition(env_id: str, seed: int) -> npt.NDArray[np.uint8]:
    return frame(env_id, seed, "standard", ("corner", "corner4"), 128)


def main() -> None:
    imageio.imwrite(PICTURES / "compositions.png", draw_compositions())
    for level in LEVELS:
        rows = [
            np.concatenate([frame(task, seed, level, ("corner4",), 168) for seed in SEEDS], axis=1) for task in TASKS
        ]
        imageio.imwrite(PICTURES / f"randomization-{level}.png", np.concatenate(rows))
    imageio.imwrite(PICTURES / "rungs.png", draw_rungs())
    cameras = environments.scored_specs()[0].camera_names
    scored = [frame(spec.id, 3, "standard", cameras, 84) for spec in environments.scored_specs()]
    columns = [np.concatenate(scored[:4]), np.concatenate(scored[4:])]
    imageio.imwrite(PICTURES / "scored-environments.png", np.concatenate(columns, axis=1))


if __name__ == "__main__":
    main()
