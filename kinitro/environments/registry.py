"""All environments by id, and the families that provide them. Loads no simulator."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol, cast

from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.interface import Environment
from kinitro.environments.spec import CAMERAS, IMAGE_SIZE_PX, EnvironmentSpec
from kinitro.errors import ConfigurationError

ENTRY_POINT_GROUP = "kinitro.environments"


class Family(Protocol):
    """A package's environments. A module with these two functions is a family.

    To plug one in, name it in the entry point group `kinitro.environments`; the entry point's name is the part of the
    ids before the slash. `kinitro.environments.conformance` has the tests that an environment must pass.
    """

    def specs(self) -> tuple[EnvironmentSpec, ...]:
        """What the family offers; cheap, loads no simulator."""

    def make(
        self,
        spec: EnvironmentSpec,
        *,
        cameras: tuple[str, ...],
        image_size_px: int,
        randomization: str,
        renderer: str,
        rewards: bool,
    ) -> Environment:
        """An environment; raises ConfigurationError for an option that the family does not support."""


def all_specs() -> tuple[EnvironmentSpec, ...]:
    """Every registered environment, scored ones first."""
    return tuple(spec for spec, _ in _registered().values())


def scored_specs() -> tuple[EnvironmentSpec, ...]:
    """The environments scored by default."""
    return tuple(spec for spec in all_specs() if spec.scored)


def get_spec(env_id: str) -> EnvironmentSpec:
    """The environment with this id; raises UnknownEnvironment, which suggests the nearest ids."""
    return _found(env_id)[0]


def make(
    env_id: str,
    *,
    cameras: Iterable[str] = CAMERAS,
    image_size_px: int = IMAGE_SIZE_PX,
    randomization: str = "standard",
    renderer: str = "software",
    rewards: bool = True,
    max_steps: int | None = None,
) -> Environment:
    """An environment ready for `reset`.

    cameras:       which images `observe` renders, or the name of the only one; none is fastest.
    image_size_px: height and width of the images.
    randomization: none, standard or hard; scores are of standard.
    renderer:      software, or gl where there is an OpenGL driver.
    rewards:       False saves most of a step's time; `Transition.reward` is then 0.
    max_steps:     another horizon than the environment's own, which scores are of.

    Raises UnknownEnvironment, ConfigurationError.
    """
    spec, family = _found(env_id)
    if max_steps is not None:
        if max_steps < 1:
            raise ConfigurationError(f"An episode cannot have {max_steps} steps: choose 1 or more.")
        spec = replace(spec, max_steps=max_steps)
    return family.make(
        spec,
        cameras=named_cameras(cameras),
        image_size_px=image_size_px,
        randomization=randomization,
        renderer=renderer,
        rewards=rewards,
    )


def named_cameras(cameras: Iterable[str]) -> tuple[str, ...]:
    """The names; a text is the name of one camera, not of one per letter."""
    return (cameras,) if isinstance(cameras, str) else tuple(cameras)


def prepare() -> None:
    """Do what takes long only once per machine: compile the renderer, about 10 s, and keep it for other processes."""
    environment = make(scored_specs()[0].id)
    environment.reset(0)
    environment.observe()
    environment.close()


def _found(env_id: str) -> tuple[EnvironmentSpec, Family]:
    known = _registered()
    try:
        return known[env_id]
    except (KeyError, TypeError):
        shown = repr(env_id)[:80]
        near = difflib.get_close_matches(str(env_id)[:80], known, n=3, cutoff=0.3) or sorted(known)[:3]
        raise UnknownEnvironment(
            f"There is no environment {shown}; did you mean {', '.join(near)}? `kinitro list-envs` shows all."
        ) from None


@cache
def _registered() -> dict[str, tuple[EnvironmentSpec, Family]]:
    """Read once per process: what is installed does not change while it runs."""
    from kinitro.environments import metaworld

    families: dict[str, Family] = {"metaworld": metaworld}
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        if entry.name in families:
            raise ConfigurationError(
                f"Two installed packages offer environments named {entry.name}/...; uninstall one."
            )
        try:
            families[entry.name] = cast(Family, entry.load())
        except Exception as error:
            raise ConfigurationError(
                f"The environments of {entry.value!r} cannot be loaded ({error!r}); repair or uninstall that package."
            ) from error
    specs = [(spec, family, name) for name, family in families.items() for spec in family.specs()]
    for spec, _, name in specs:
        if spec.family != name:
            raise ConfigurationError(f"The environment {spec.id!r} of the family {name!r} must be named {name}/....")
    specs.sort(key=lambda entry: not entry[0].scored)
    return {spec.id: (spec, family) for spec, family, _ in specs}
