"""Writes episodes as mp4 files, the images of all cameras side by side."""

from __future__ import annotations

import math
import subprocess
from contextlib import suppress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation
from kinitro.evaluation.errors import VideoFailed
from kinitro.files import publish_file
from kinitro.policies.messages import TaskConfig

ENLARGED = 4
"""Pixels of the video per pixel of an image, in both directions; 84 pixels are small."""
LARGEST_RATE_HZ = 40.0
"""Where control steps are more frequent, every second, third, ... of them is shown."""
LINGER_S = 0.5
"""How long the last frame is shown."""
FINISH_LIMIT_S = 60.0
"""Seconds that the encoder may take after the last frame."""


class VideoObserver:
    """An EpisodeObserver that writes an episode to `path`. The file appears when it is complete.

    `control_hz` is only needed where `begin` is not called, which sets it. Raises VideoFailed wherever a frame is
    shown, and in `end`.
    """

    every_step = True

    def __init__(self, path: Path, control_hz: float = 0.0) -> None:
        self._path = path
        self._unfinished = path.with_suffix(f".unfinished{path.suffix}")
        self._encoder: _Encoder | None = None
        self._set_rate(control_hz)
        self._shown = 0
        self._last: Observation | None = None

    def begin(self, task: TaskConfig) -> None:
        """Take the frame rate from the control rate."""
        self._set_rate(task.control_hz)

    def _set_rate(self, control_hz: float) -> None:
        self._every = max(math.ceil(control_hz / LARGEST_RATE_HZ), 1)
        self._rate_hz = control_hz / self._every

    def exchange(self, _step: int, observation: Observation, _answer: npt.NDArray[np.float32] | None, /) -> None:
        """Write what the policy was shown as a frame."""
        self.observe_unsent(observation)

    def observe_unsent(self, observation: Observation) -> None:
        """Write the observation as a frame, if it is one of those that are shown."""
        if self._shown % self._every == 0:
            self._write(observation)
        self._shown += 1
        self._last = observation

    def end(self) -> None:
        """Finish the file."""
        for _ in range(round(LINGER_S * self._rate_hz) if self._last is not None else 0):
            self._write(self._last)
        if self._encoder is not None:
            try:
                self._encoder.finish()
                publish_file(self._unfinished, self._path)
            except OSError as error:
                raise self._make_error(error) from None

    def abandon(self) -> None:
        """Remove the unfinished file of an episode that was given up."""
        if self._encoder is not None:
            self._encoder.kill()
            self._encoder = None
        with suppress(OSError):
            self._unfinished.unlink()

    def _write(self, observation: Observation | None) -> None:
        if observation is None:
            return
        frame = join_images(observation)
        try:
            if self._encoder is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._encoder = _Encoder(self._unfinished, frame, self._rate_hz)
            self._encoder.write(frame)
        except OSError as error:
            raise self._make_error(error) from None

    def _make_error(self, error: OSError) -> VideoFailed:
        self.abandon()
        return VideoFailed(f"The video {self._path} cannot be written: {str(error.strerror or error).rstrip('.')}.")


class _Encoder:
    """A process that writes frames of equal size as an mp4 file. Raises OSError with its message when it failed."""

    def __init__(self, path: Path, frame: npt.NDArray[np.uint8], rate_hz: float) -> None:
        import imageio_ffmpeg

        height, width = frame.shape[:2]
        pixels = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{rate_hz:.2f}", "-i", "-"]
        mp4 = ["-an", "-vcodec", "libx264", "-pix_fmt", "yuv420p", "-crf", "25", "-f", "mp4"]
        self._process = subprocess.Popen(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", *pixels, *mp4, str(path.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def write(self, frame: npt.NDArray[np.uint8]) -> None:
        """Append a frame, uint8 (height, width, 3), contiguous."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.write(frame.data)
            except OSError:  # it has ended; `finish` raises with its message
                self.finish()
                raise

    def finish(self) -> None:
        """Return when the file is complete; raises OSError if the encoder failed."""
        try:
            _, said = self._process.communicate(timeout=FINISH_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise OSError(f"the encoder did not finish within {FINISH_LIMIT_S:g} s") from None
        lines = said.decode(errors="replace").strip().splitlines()
        if self._process.returncode != 0 or lines:
            # ffmpeg's messages begin with the component that writes them: [out#0/mp4 @ 0x5646c8175480]
            raise OSError(
                lines[-1].rpartition("] ")[2] if lines else f"the encoder ended with code {self._process.returncode}"
            )

    def kill(self) -> None:
        """End the process, whatever it has written."""
        self._process.kill()
        self._process.communicate()


def join_images(observation: Observation) -> npt.NDArray[np.uint8]:
    """Return all images next to each other, enlarged without smoothing: uint8 (height, width, 3), contiguous.

    Below images that are lower than the others it is black.
    """
    images = list(observation.pixels.values())
    height = max(len(image) for image in images)
    row = np.concatenate([np.pad(image, ((0, height - len(image)), (0, 0), (0, 0))) for image in images], axis=1)
    return np.ascontiguousarray(row.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1))
