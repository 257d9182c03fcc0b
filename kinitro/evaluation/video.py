"""Episodes as mp4 files: all cameras side by side."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation
from kinitro.files import publish_file
from kinitro.policies.messages import TaskConfig

ENLARGED = 4
"""Pixels of the video per pixel of an image, each way; 84 pixels are small."""
EVERY = 2
"""Of so many control steps one is shown: 40 frames per second at a control rate of 80 Hz."""
LINGER_FRAMES = 20
"""The last frame stays for half a second."""


class VideoWitness:
    """Writes an episode to `path`, which appears when the episode is over. `control_hz` is known at `begin` at last."""

    every_step = True

    def __init__(self, path: Path, control_hz: float = 0.0) -> None:
        self._path = path
        self._unfinished = path.with_suffix(f".unfinished{path.suffix}")
        self._writer: Generator[None, npt.NDArray[np.uint8] | None, None] | None = None
        self._rate_hz = control_hz / EVERY
        self._shown = 0
        self._last: Observation | None = None

    def begin(self, task: TaskConfig) -> None:
        """The control rate gives the frame rate."""
        self._rate_hz = task.control_hz / EVERY

    def exchange(self, _step: int, observation: Observation, _answer: npt.NDArray[np.float32] | None, /) -> None:
        """Show what the policy was shown."""
        self.unasked(observation)

    def unasked(self, observation: Observation) -> None:
        """Show every second state."""
        if self._shown % EVERY == 0:
            self._write(observation)
        self._shown += 1
        self._last = observation

    def end(self) -> None:
        """Finish the file."""
        if self._last is not None:
            for _ in range(LINGER_FRAMES):
                self._write(self._last)
        if self._writer is not None:
            self._writer.close()
            with suppress(FileNotFoundError):
                publish_file(self._unfinished, self._path)

    def _write(self, observation: Observation) -> None:
        frame = side_by_side(observation)
        if self._writer is None:
            import imageio_ffmpeg

            height, width = frame.shape[:2]
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = imageio_ffmpeg.write_frames(
                str(self._unfinished), (width, height), fps=self._rate_hz, macro_block_size=2, ffmpeg_log_level="error"
            )
            self._writer.send(None)
        self._writer.send(frame)


def side_by_side(observation: Observation) -> npt.NDArray[np.uint8]:
    """All images next to each other, enlarged without smoothing: uint8 (height, width, 3), contiguous."""
    row = np.concatenate(list(observation.pixels.values()), axis=1)
    return np.ascontiguousarray(row.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1))
