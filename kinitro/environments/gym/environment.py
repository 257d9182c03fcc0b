"""An environment with Gymnasium's interface and LeRobot's names."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from kinitro.environments.interface import Observation
from kinitro.environments.registry import CAMERAS, IMAGE_SIZE_PX, make
from kinitro.environments.seeds import SEED_BITS

REACH_M = 2.0
"""No hand gets farther from the origin."""
GymObservation = dict[str, Any]


class GymEnvironment(gymnasium.Env[GymObservation, npt.NDArray[np.float32]]):
    """Observes `{"agent_pos": (4,), "pixels": {camera: (height, width, 3)}}`; options are those of `environments.make`.

    Without cameras there are no `pixels`.
    `reset(seed=n)` begins the very episode that the evaluation means by seed n; without a seed, a fresh one is drawn.
    The episode terminates at its first success and truncates at its horizon; `info["is_success"]` tells which.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 (Gymnasium declares it so)
        "render_modes": ["rgb_array"],
        "render_fps": 80,
    }

    def __init__(
        self,
        env_id: str,
        *,
        cameras: tuple[str, ...] = CAMERAS,
        image_size_px: int = IMAGE_SIZE_PX,
        randomization: str = "standard",
        renderer: str = "software",
        render_mode: str | None = None,
    ) -> None:
        self.environment = make(
            env_id, cameras=cameras, image_size_px=image_size_px, randomization=randomization, renderer=renderer
        )
        self.task = self.environment.spec.task_name
        self.task_description = self.environment.spec.instruction
        self.render_mode = render_mode
        low, high = [-REACH_M] * 3 + [0.0], [REACH_M] * 3 + [1.0]
        image = (image_size_px, image_size_px, 3)
        seen: dict[str, spaces.Space[Any]] = {
            "agent_pos": spaces.Box(np.array(low, np.float32), np.array(high, np.float32))
        }
        if cameras:
            seen["pixels"] = spaces.Dict({camera: spaces.Box(0, 255, image, np.uint8) for camera in cameras})
        self.observation_space = spaces.Dict(seen)
        self.action_space = spaces.Box(-1.0, 1.0, (4,), np.float32)
        self._observation: Observation | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[GymObservation, dict[str, Any]]:
        """Begin an episode; raises InvalidSeed."""
        super().reset(seed=seed, options=options)
        drawn = int.from_bytes(self.np_random.bytes(SEED_BITS // 8), "big") if seed is None else seed
        self.environment.reset(drawn)
        return self._observe(), {"is_success": False}

    def step(self, action: npt.NDArray[np.float32]) -> tuple[GymObservation, float, bool, bool, dict[str, Any]]:
        """One control step; raises InvalidAction, EpisodeNotRunning, SimulationFailed."""
        done = self.environment.step(action)
        return self._observe(), done.reward, done.terminated, done.truncated, {"is_success": done.success}

    def render(self) -> npt.NDArray[np.uint8] | None:
        """The first camera's image of the present state, in the mode `rgb_array`."""
        if self.render_mode is None or self._observation is None:
            return None
        return next(iter(self._observation.pixels.values()), None)

    def close(self) -> None:
        """Free the environment."""
        self.environment.close()

    def _observe(self) -> GymObservation:
        self._observation = self.environment.observe()
        seen: GymObservation = {"agent_pos": self._observation.agent_pos}
        if self._observation.pixels:
            seen["pixels"] = dict(self._observation.pixels)
        return seen
