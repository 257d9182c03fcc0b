"""The one table of environments: ids, instructions, horizons, chance levels. Loads no simulator."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.interface import Environment

CAMERAS = ("corner", "corner4", "gripper")
"""Cameras a policy sees, in this order; part of the environment version."""
IMAGE_SIZE_PX = 84


@dataclass(frozen=True, slots=True)
class EnvironmentSpec:
    """What is known about an environment without running it."""

    id: str
    task_name: str
    instruction: str
    category: str
    version: str
    """Anything that changes what a seed means changes this."""
    scored: bool
    expert_success: float
    """Success rate of MetaWorld's scripted expert under standard randomization."""
    random_success: float
    """Success rate of uniformly random actions: the floor a miner must beat."""
    max_steps: int = 500
    control_hz: float = 80.0

    @property
    def family(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]


_SCORED = (
    ("pick-place-v3", "pick-place", "pick up the puck and hold it at the goal", "manipulation", 0.0),
    ("push-v3", "push", "push the puck to the goal", "manipulation", 0.0),
    ("drawer-open-v3", "drawer-open", "open the drawer", "articulated", 0.0),
    ("peg-insert-v3", "peg-insert-side", "insert the peg into the hole in the box", "insertion", 0.0),
    ("reach-v3", "reach", "move the gripper to the goal", "reach", 0.0),
    ("door-open-v3", "door-open", "open the door", "articulated", 0.0),
    ("drawer-close-v3", "drawer-close", "close the drawer", "articulated", 0.36),
    ("button-press-v3", "button-press", "press the button", "press", 0.0),
)
_SPECS = {
    f"metaworld/{name}": EnvironmentSpec(
        id=f"metaworld/{name}",
        task_name=task,
        instruction=instruction,
        category=category,
        version="1",
        scored=True,
        expert_success=0.95,
        random_success=chance,
    )
    for name, task, instruction, category, chance in _SCORED
}


def all_specs() -> tuple[EnvironmentSpec, ...]:
    """Every registered environment, scored ones first."""
    return tuple(_SPECS.values())


def scored_specs() -> tuple[EnvironmentSpec, ...]:
    """The environments scored by default."""
    return tuple(spec for spec in _SPECS.values() if spec.scored)


def get_spec(env_id: str) -> EnvironmentSpec:
    """The environment with this id; raises UnknownEnvironment, which suggests the nearest ids."""
    try:
        return _SPECS[env_id]
    except KeyError:
        near = difflib.get_close_matches(env_id, _SPECS, n=3, cutoff=0.3) or sorted(_SPECS)[:3]
        raise UnknownEnvironment(
            f"There is no environment {env_id!r}; did you mean {', '.join(near)}? `kinitro list-envs` shows all."
        ) from None


def make(
    env_id: str,
    *,
    cameras: tuple[str, ...] = CAMERAS,
    image_size_px: int = IMAGE_SIZE_PX,
    randomization: str = "standard",
    renderer: str = "software",
) -> Environment:
    """An environment ready for `reset`. `randomization` is none, standard or hard; `renderer` software or gl."""
    spec = get_spec(env_id)
    from kinitro.environments.metaworld import MetaWorldEnvironment

    arguments: dict[str, Any] = {
        "cameras": cameras,
        "image_size_px": image_size_px,
        "randomization": randomization,
        "renderer": renderer,
    }
    environment: Environment = MetaWorldEnvironment(spec, **arguments)
    return environment
