"""What rungs do in an episode besides changing the model: to actions, to what is observed, to the instruction.

They are of no family: they know the spec only. An effect belongs to one environment. What it draws comes from a
generator of its own, which depends on the episode's seed and on the rung, never on other rungs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.randomization.variation import Variation, draw_offsets
from kinitro.environments.spec import EnvironmentSpec, list_bounds

Command = tuple[float, ...]
"""An action as numbers within their bounds."""
Pixels = Mapping[str, npt.NDArray[np.uint8]]
Places = list[npt.NDArray[np.float64]]
"""Points (3,) of the world frame, in metres."""


class Effect:
    """An effect that changes nothing; subclasses override what they change."""

    def begin(self, random: np.random.Generator) -> None:
        """Draw for a new episode. The generator is the effect's until the next episode."""

    def change_model(self, model: Any) -> None:
        """Draw and change values of the model (a mujoco.MjModel), which are nominal but for the level's."""

    def arrange(self, model: Any, data: Any, taken: Places) -> None:
        """Put what the rung adds to the scene in its place, where hand, object and goal (`taken`) are in theirs."""

    def advance(self) -> None:
        """Take note that a control step was made."""

    def change_action(self, command: Command) -> Command:
        """Return what is executed of an action; called once for each control step."""
        return command

    def change_agent_pos(self, numbers: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return what is observed of the proprioceptive numbers, float32 (p,), in the present state."""
        return numbers

    def change_pixels(self, pixels: Pixels) -> Pixels:
        """Return what is observed of the images in the present state."""
        return pixels

    def change_instruction(self, instruction: str) -> str:
        """Return what the policy is asked in this episode."""
        return instruction

    def describe(self) -> dict[str, Factor]:
        """Return what was drawn for this episode, by name."""
        return {}


class Varied(Effect):
    """Changes the model by variations, on top of those of the level of randomization."""

    def __init__(self, *variations: Variation) -> None:
        self._variations = variations
        self._random = _no_episode()
        self._described: dict[str, Factor] = {}

    def begin(self, random: np.random.Generator) -> None:
        """Keep the generator."""
        self._random = random

    def change_model(self, model: Any) -> None:
        """Draw all variations and apply them."""
        self._described = {}
        for variation in self._variations:
            drawn = variation.draw(model, self._random)
            variation.apply(model, drawn)
            self._described |= variation.describe(model, drawn)

    def describe(self) -> dict[str, Factor]:
        """Return what the variations drew."""
        return self._described


class Delay(Effect):
    """Executes every action some control steps late, a number of steps drawn from `steps`; neutral ones until then."""

    def __init__(self, spec: EnvironmentSpec, steps: tuple[int, ...]) -> None:
        self._choices = steps
        self._neutral = tuple(number.neutral for number in spec.action)
        self._waiting: deque[Command] = deque()
        self._steps = 0

    def begin(self, random: np.random.Generator) -> None:
        """Draw the delay."""
        self._steps = self._choices[int(random.random() * len(self._choices))]
        self._waiting = deque([self._neutral] * self._steps)

    def change_action(self, command: Command) -> Command:
        """Return the action of some steps ago."""
        self._waiting.append(command)
        return self._waiting.popleft()

    def describe(self) -> dict[str, Factor]:
        """Return the delay in control steps."""
        return {"delay in steps": float(self._steps)}


class Gain(Effect):
    """Multiplies every number of an action that is not held by one factor, uniform in [low, high]."""

    def __init__(self, spec: EnvironmentSpec, low: float, high: float) -> None:
        self._low, self._high = low, high
        self._numbers = spec.action
        self._factor = 1.0

    def begin(self, random: np.random.Generator) -> None:
        """Draw the factor."""
        self._factor = self._low + (self._high - self._low) * random.random()

    def change_action(self, command: Command) -> Command:
        """Return the action times the factor, within its bounds."""
        return tuple(
            value if number.held else min(max(value * self._factor, number.low), number.high)
            for value, number in zip(command, self._numbers, strict=True)
        )

    def describe(self) -> dict[str, Factor]:
        """Return the factor."""
        return {"gain of actions": self._factor}


class Noise(Effect):
    """Adds to each proprioceptive number a bias, the same in all steps of an episode, and noise, new in every step.

    bias, noise: (p,), in the units of the numbers. Both are uniform between minus and plus these. Results are clipped
    to the bounds of the spec.
    """

    def __init__(self, spec: EnvironmentSpec, bias: tuple[float, ...], noise: tuple[float, ...]) -> None:
        self._bounds = list_bounds(spec.proprioception)
        self._bias_bound, self._noise_bound = np.array(bias), np.array(noise)
        self._bias = self._noise = np.zeros(len(bias))
        self._random = _no_episode()

    def begin(self, random: np.random.Generator) -> None:
        """Draw the bias, and the noise of the first observation."""
        self._bias = self._bias_bound * draw_offsets(random, 1.0, len(self._bias_bound))
        self._random = random
        self.advance()

    def advance(self) -> None:
        """Draw the noise of the next observation."""
        self._noise = self._noise_bound * draw_offsets(self._random, 1.0, len(self._noise_bound))

    def change_agent_pos(self, numbers: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the numbers with bias and noise."""
        return np.clip((numbers + self._bias + self._noise).astype(np.float32), *self._bounds)

    def describe(self) -> dict[str, Factor]:
        """Return the bias."""
        return {"bias of proprioception": self._bias.tolist()}


class Blackout(Effect):
    """In each period of `period` steps one camera shows nothing, all black, for a while.

    Which camera, from which step (uniform from `first` on) and for how many steps (uniform in [shortest, longest]) is
    drawn anew for every period. A while ends with its period.
    """

    PERIOD: Final = 100
    FIRST: Final = 10
    SHORTEST: Final = 20
    LONGEST: Final = 60

    def __init__(self, spec: EnvironmentSpec) -> None:
        self._cameras = spec.camera_names
        self._random = _no_episode()
        self._step = 0
        self._dark = range(0)
        self._camera = 0.0
        self._first: tuple[float, int, int] = (0.0, 0, 0)

    def begin(self, random: np.random.Generator) -> None:
        """Draw for the first period."""
        self._random, self._step = random, 0
        self._draw()
        self._first = (self._camera, self._dark.start, len(self._dark))

    def advance(self) -> None:
        """Draw for the next period when one ends."""
        self._step += 1
        if self._step % self.PERIOD == 0:
            self._draw()

    def change_pixels(self, pixels: Pixels) -> Pixels:
        """Return the images with the one that is missing black."""
        if not pixels or self._step % self.PERIOD not in self._dark:
            return pixels
        missing = list(pixels)[int(self._camera * len(pixels))]
        return {name: np.zeros_like(image) if name == missing else image for name, image in pixels.items()}

    def describe(self) -> dict[str, Factor]:
        """Return what is missing in the first period."""
        camera, start, steps = self._first
        name = self._cameras[int(camera * len(self._cameras))] if self._cameras else "none"
        return {"first camera without a picture": name, "from step": float(start), "for steps": float(steps)}

    def _draw(self) -> None:
        camera, start, length = self._random.random(3).tolist()
        self._camera = camera
        steps = self.SHORTEST + int(length * (self.LONGEST - self.SHORTEST + 1))
        first = self.FIRST + int(start * (self.PERIOD - self.FIRST - self.SHORTEST))
        self._dark = range(first, min(first + steps, self.PERIOD))


class Wordings(Effect):
    """Says the instruction in other words: one of `wordings` if there are some, within one of `frames`.

    A frame contains `{}` where the instruction stands. An instruction that another rung has changed is framed only.
    """

    def __init__(self, spec: EnvironmentSpec, wordings: tuple[str, ...], frames: tuple[str, ...]) -> None:
        self._plain, self._wordings, self._frames = spec.instruction, wordings or (spec.instruction,), frames
        self._wording, self._frame = 0.0, 0.0

    def begin(self, random: np.random.Generator) -> None:
        """Draw wording and frame."""
        self._wording, self._frame = random.random(2).tolist()

    def change_instruction(self, instruction: str) -> str:
        """Return the instruction in this episode's words."""
        wordings = self._wordings if instruction == self._plain else (instruction,)
        frame = self._frames[int(self._frame * len(self._frames))]
        return frame.format(wordings[int(self._wording * len(wordings))])


def _no_episode() -> np.random.Generator:
    """Return a generator that stands in until the first episode begins."""
    return np.random.Generator(np.random.Philox(key=0))
