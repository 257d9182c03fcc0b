"""Sets of environments that have a name of their own. It loads no simulator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.registry import get_spec, scored_specs
from kinitro.environments.spec import RUNG_MARK, EnvironmentSpec

MISSION: Final = "mission"
"""The eight environments of the mission as they are."""
EXAM: Final = "exam"
"""The same at rungs, and compositions of them, on which trained policies fail often, and the scripted expert seldom."""
SETS: Final = (MISSION, EXAM)
EXAM_RUNGS: Final = ("cameras", "delay", "distractors", "noise", "textures")
CHOOSING: Final = ("metaworld/pick-place-v3", "metaworld/push-v3", "metaworld/reach-v3")
"""Environments that are at the rung `choices` as well."""
COMPOSED: Final = (
    "metaworld/drawer-open-then-put-in-v1",
    "metaworld/push-then-button-press-v1",
    "metaworld/drawer-close-then-pick-place-v1",
    "metaworld/drawer-close-then-push-then-button-press-v1",
)
"""The compositions of the exam."""


def select_environments(names: Iterable[str]) -> tuple[EnvironmentSpec, ...]:
    """Return the specs of environments and of sets of them, in order, each once.

    names: ids, which may name rungs, or names of SETS.

    Raises UnknownEnvironment.
    """
    found: dict[str, EnvironmentSpec] = {}
    for name in names:
        for spec in _list_set(name) if name in SETS else (_get(name),):
            found.setdefault(spec.id, spec)
    return tuple(found.values())


def parse_environments(text: str | None) -> tuple[EnvironmentSpec, ...]:
    """Return the specs of ids and sets in a list with commas; those of MISSION if there is no text."""
    return select_environments(name.strip() for name in (text or MISSION).split(","))


def _list_set(name: str) -> tuple[EnvironmentSpec, ...]:
    mission = scored_specs()
    if name == MISSION:
        return mission
    return tuple(get_spec(_put_on_rungs(env_id)) for env_id in (*(spec.id for spec in mission), *COMPOSED))


def _put_on_rungs(env_id: str) -> str:
    rungs = (*EXAM_RUNGS, "choices") if env_id in CHOOSING else EXAM_RUNGS
    return RUNG_MARK.join((env_id, *sorted(rungs)))


def _get(name: str) -> EnvironmentSpec:
    try:
        return get_spec(name)
    except UnknownEnvironment as error:
        if "/" in name:
            raise
        raise UnknownEnvironment(f"{error} Sets of environments are {' and '.join(SETS)}.") from None
