"""Environments with Gymnasium's interface and LeRobot's names of observations."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from kinitro.environments.interface import Observation, read_instruction
from kinitro.environments.packs.directory import SealedPack
from kinitro.environments.registry import get_spec, list_cameras, make
from kinitro.environments.seeds import SEED_BITS
from kinitro.environments.spec import RUNG_MARK, list_bounds
from kinitro.errors import ConfigurationError

GymObservation = dict[str, Any]


class GymEnvironment(gymnasium.Env[GymObservation, npt.NDArray[np.float32]]):
    """Observes `{"agent_pos": (p,), "pixels": {camera: (height, width, 3)}}`; options are those of `environments.make`.

    The bounds of both spaces are those of the environment's spec. Without cameras there are no `pixels`, and `render`
    shows the first camera of the spec.
    `reset(seed=n)` begins the same episode as seed n does in the evaluation. Without a seed, a fresh one is drawn.
    An episode terminates at its first success and is truncated at its horizon; `info["is_success"]` says which.
    `gymnasium.make` truncates episodes with Gymnasium's TimeLimit, so that its `max_episode_steps` takes the place of
    the horizon. Otherwise this class truncates them itself, unless `truncates` is False.
    `rungs` are names of rungs, because Gymnasium allows no `@` in an id; a horizon that a rung shortens stays so.
    `pack` is what the rung `sealed` draws from.
    Copies and unpickled environments are in the same state as the original, see MetaWorldEnvironment.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 (Gymnasium declares it so)
        "render_modes": ["rgb_array"],
    }

    def __init__(
        self,
        env_id: str,
        *,
        rungs: Iterable[str] = (),
        cameras: Iterable[str] | None = None,
        image_size_px: int | None = None,
        randomization: str = "standard",
        renderer: str = "software",
        render_mode: str | None = None,
        truncates: bool = True,
        pack: SealedPack | None = None,
    ) -> None:
        """Make the environment. Raises UnknownEnvironment, ConfigurationError."""
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigurationError(f"The render mode cannot be {render_mode!r}: choose 'rgb_array' or none.")
        env_id = RUNG_MARK.join((env_id, *((rungs,) if isinstance(rungs, str) else rungs)))
        known = get_spec(env_id)
        hurried = known.max_steps < get_spec(known.base_id).max_steps
        self._seen = seen_cameras = known.camera_names if cameras is None else list_cameras(cameras)
        self.environment = make(
            env_id,
            cameras=seen_cameras or (known.camera_names[:1] if render_mode else ()),
            image_size_px=image_size_px,
            randomization=randomization,
            renderer=renderer,
            max_steps=None if truncates or hurried else sys.maxsize,
            pack=pack,
        )
        spec = self.environment.spec
        self.task = spec.task_name
        self.task_description = spec.instruction
        self.metadata = {**self.metadata, "render_fps": round(spec.control_hz)}
        self.render_mode = render_mode
        seen: dict[str, spaces.Space[Any]] = {"agent_pos": spaces.Box(*list_bounds(spec.proprioception))}
        if seen_cameras:
            shapes = {camera.name: (camera.height_px, camera.width_px, 3) for camera in spec.cameras}
            seen["pixels"] = spaces.Dict({name: spaces.Box(0, 255, shape, np.uint8) for name, shape in shapes.items()})
        self.observation_space = spaces.Dict(seen)
        self.action_space = spaces.Box(*list_bounds(spec.action))
        self._observation: Observation | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[GymObservation, dict[str, Any]]:
        """Begin the episode of `seed`, or of a seed that is drawn from `np_random`. Raises InvalidSeed."""
        super().reset(seed=seed, options=options)
        drawn = int.from_bytes(self.np_random.bytes(SEED_BITS // 8), "big") if seed is None else seed
        self.environment.reset(drawn)
        self.task_description = read_instruction(self.environment)
        return self._observe(), {"is_success": False}

    def step(self, action: npt.NDArray[np.float32]) -> tuple[GymObservation, float, bool, bool, dict[str, Any]]:
        """Do one control step. Raises InvalidAction, EpisodeNotRunning, SimulationFailed."""
        done = self.environment.step(action)
        return self._observe(), done.reward, done.terminated, done.truncated, {"is_success": done.success}

    def render(self) -> npt.NDArray[np.uint8] | None:
        """Return the first camera's image of the present state; None before a reset or without a render mode."""
        if self.render_mode is None or self._observation is None:
            return None
        return next(iter(self._observation.pixels.values()), None)

    def close(self) -> None:
        """Free what the environment holds. Further calls do nothing."""
        self.environment.close()

    def _observe(self) -> GymObservation:
        self._observation = self.environment.observe()
        seen: GymObservation = {"agent_pos": self._observation.agent_pos}
        if self._seen:
            seen["pixels"] = {camera: self._observation.pixels[camera] for camera in self._seen}
        return seen
