"""The registry: all environments by id, and the families that provide them. It loads no simulator."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, cast

from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.interface import Environment, Expert
from kinitro.environments.packs.versions import SEALED_RUNG, bind_version
from kinitro.environments.rungs import Rung, add_rungs
from kinitro.environments.spec import RUNG_MARK, CameraSpec, EnvironmentSpec
from kinitro.errors import ConfigurationError

if TYPE_CHECKING:
    from kinitro.environments.packs.directory import SealedPack

ENTRY_POINT_GROUP = "kinitro.environments"


class Family(Protocol):
    """A family of environments: a module with these two functions.

    If it also has `make_expert(environment)`, which returns an `Expert`, then `kinitro demos` records demonstrations of
    its environments. If it has `rungs(spec)`, which returns the `kinitro.environments.rungs.Rung`s that an environment
    of it has, fast and without loading a simulator, then `make` gets specs with such `rungs`, too.

    To plug one in, name it in the entry point group `kinitro.environments`; the entry point's name is the part of the
    ids before the slash. `kinitro.environments.conformance` has the tests that an environment must pass.
    """

    def specs(self) -> tuple[EnvironmentSpec, ...]:
        """Return the specs of the family's environments, fast and without loading a simulator."""

    def make(
        self,
        spec: EnvironmentSpec,
        *,
        randomization: str,
        renderer: str,
        rewards: bool,
    ) -> Environment:
        """Make an environment whose observations have the images of `spec.cameras`, which may be none.

        If the family has a rung `sealed`, then it also gets `pack`, a SealedPack, for environments on that rung.

        These need not be the cameras that `specs` lists: users can choose others. Raises ConfigurationError for an
        option that the family does not support.
        """


def all_specs() -> tuple[EnvironmentSpec, ...]:
    """Return the specs of all registered environments, the scored ones first."""
    return tuple(spec for spec, _ in _load_environments().values())


def scored_specs() -> tuple[EnvironmentSpec, ...]:
    """Return the specs of the environments that are scored by default, without rungs; `sets` has those with them."""
    return tuple(spec for spec in all_specs() if spec.scored)


def get_spec(env_id: str) -> EnvironmentSpec:
    """Return the spec of the environment with this id, which may name rungs.

    Raises UnknownEnvironment, which suggests the nearest ids or rungs.
    """
    return _find(env_id)[0]


def list_rungs(spec: EnvironmentSpec) -> tuple[Rung, ...]:
    """Return the rungs that an environment has."""
    return _offer_rungs(spec, _find(spec.base_id)[1])


def make(
    env_id: str,
    *,
    cameras: Iterable[str] | None = None,
    image_size_px: int | None = None,
    randomization: str = "standard",
    renderer: str = "software",
    rewards: bool = True,
    max_steps: int | None = None,
    pack: SealedPack | None = None,
) -> Environment:
    """Make an environment; call its `reset` next.

    env_id:        such as `metaworld/push-v3`, or `metaworld/push-v3@delay` on a rung.
    cameras:       the cameras whose images `observe` renders, or the name of a single one; by default those of the
                   environment's spec. With `()` it is fastest.
    image_size_px: height and width of all images, if they shall have another size than the spec says.
    randomization: "none", "standard" or "hard", or one group of a level, such as "standard:lights"; scores are measured
                   with "standard".
    renderer:      "software", or "gl" if the machine has an OpenGL driver.
    rewards:       False sets `Transition.reward` to 0 and saves most of a step's time.
    max_steps:     another horizon than the environment's own; scores are measured with its own.
    pack:          what the rung `sealed` draws from (see `kinitro.environments.packs.directory.open_pack`); its digest
                   is in the version of the environment's spec. None without that rung.

    Raises UnknownEnvironment, and ConfigurationError for an option that is not allowed.
    """
    spec, family = _find(env_id)
    spec = bind_to_pack(spec, None if pack is None else pack.digest)
    if max_steps is not None:
        if max_steps < 1:
            raise ConfigurationError(f"An episode cannot have {max_steps} steps: choose 1 or more.")
        spec = replace(spec, max_steps=max_steps)
    chosen = spec.cameras if cameras is None else _choose_cameras(spec, list_cameras(cameras))
    if image_size_px is not None:
        chosen = tuple(CameraSpec(camera.name, image_size_px, image_size_px) for camera in chosen)
    spec = replace(spec, cameras=chosen)
    more: dict[str, Any] = {} if pack is None else {"pack": pack}
    return family.make(spec, randomization=randomization, renderer=renderer, rewards=rewards, **more)


def bind_all_to_pack(specs: Iterable[EnvironmentSpec], digest: str | None) -> list[EnvironmentSpec]:
    """Return the specs, those on the rung `sealed` bound to the pack with this digest.

    Raises ConfigurationError if one of them needs a pack and there is none, or if none needs the one there is.
    """
    found = list(specs)
    if digest is not None and not any(SEALED_RUNG in spec.rungs for spec in found):
        raise ConfigurationError(
            f"A pack was given, and no environment draws from one: name the rung {SEALED_RUNG}, or leave the pack out."
        )
    return [bind_to_pack(spec, digest if SEALED_RUNG in spec.rungs else None) for spec in found]


def bind_to_pack(spec: EnvironmentSpec, digest: str | None) -> EnvironmentSpec:
    """Return the spec with the digest of the pack that its episodes are drawn from in its version.

    Raises ConfigurationError if the environment is on the rung `sealed` and there is no pack, or the other way round.
    """
    if (SEALED_RUNG in spec.rungs) == (digest is None):
        raise ConfigurationError(
            f"{spec.id} draws from a sealed pack, and none was given: give the pack of its cycle, or a new one of "
            "`kinitro pack make`."
            if digest is None
            else f"{spec.id} draws from no pack, and one was given: name the rung {SEALED_RUNG}, or leave the pack out."
        )
    return spec if digest is None else replace(spec, version=bind_version(spec.version, digest))


def make_expert(environment: Environment) -> Expert:
    """Make the scripted expert for the episode that `environment` is in; raises ConfigurationError if there is none."""
    spec, family = _find(environment.spec.id)
    make_one = getattr(family, "make_expert", None)
    if make_one is None:
        raise ConfigurationError(f"{spec.id} has no scripted expert: the family {spec.family} has no make_expert.")
    expert: Expert = make_one(environment)
    return expert


def _choose_cameras(spec: EnvironmentSpec, names: tuple[str, ...]) -> tuple[CameraSpec, ...]:
    """Return the cameras with these names; one that the spec does not list has the size of the spec's first."""
    known = {camera.name: camera for camera in spec.cameras}
    if names and not known:
        raise ConfigurationError(f"{spec.id} has no cameras, so it cannot have {', '.join(map(repr, names))}.")
    return tuple(known.get(name) or replace(spec.cameras[0], name=name) for name in names)


def list_cameras(cameras: Iterable[str]) -> tuple[str, ...]:
    """Return the names of cameras as a tuple. A string is the name of one camera, not one camera per letter."""
    return (cameras,) if isinstance(cameras, str) else tuple(cameras)


def prepare() -> None:
    """Compile the renderer and keep its machine code for other processes: about 10 s, once per machine."""
    environment = make(scored_specs()[0].id)
    environment.reset(0)
    environment.observe()
    environment.close()


def _offer_rungs(spec: EnvironmentSpec, family: Family) -> tuple[Rung, ...]:
    """Return the rungs that a family has for an environment of its own."""
    offered: tuple[Rung, ...] = getattr(family, "rungs", lambda _spec: ())(spec)
    return offered


def _find(env_id: str) -> tuple[EnvironmentSpec, Family]:
    """Return the spec and the family of an id. Raises UnknownEnvironment."""
    base_id, *rungs = env_id.split(RUNG_MARK) if isinstance(env_id, str) else (env_id,)
    spec, family = _find_base(base_id)
    return (add_rungs(spec, tuple(rungs), _offer_rungs(spec, family)) if rungs else spec), family


def _find_base(env_id: str) -> tuple[EnvironmentSpec, Family]:
    """Return the spec and the family of an id without rungs. Raises UnknownEnvironment."""
    known = _load_environments()
    try:
        return known[env_id]
    except (KeyError, TypeError):
        shown = repr(env_id)[:80]
        near = difflib.get_close_matches(str(env_id)[:80], known, n=3, cutoff=0.3) or sorted(known)[:3]
        raise UnknownEnvironment(
            f"There is no environment {shown}; did you mean {', '.join(near)}? `kinitro list-envs` shows all."
        ) from None


@cache
def _load_environments() -> dict[str, tuple[EnvironmentSpec, Family]]:
    """Load all families, by environment id. Once per process: what is installed does not change while it runs."""
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
        if RUNG_MARK in spec.id:
            raise ConfigurationError(
                f"The environment {spec.id!r} cannot have {RUNG_MARK} in its id: rungs begin with it."
            )
        if spec.family != name:
            raise ConfigurationError(f"The environment {spec.id!r} of the family {name!r} must be named {name}/....")
    specs.sort(key=lambda entry: not entry[0].scored)
    return {spec.id: (spec, family) for spec, family, _ in specs}
