"""Rungs: named ways to make an environment harder, which differ in kind. It loads no simulator.

An environment's id names its rungs behind `@`, in the order of the alphabet: `metaworld/push-v3@delay@noise`. Users may
name them in any order; the id of the spec has the right one, and that is what is stored. Without rungs it is the
environment as it always was. Rungs come on top of the level of randomization.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.spec import RUNG_MARK, EnvironmentSpec

Kind = Literal["seeing", "saying", "acting", "unseen"]


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to make environments harder."""

    name: str
    """What stands in ids: small letters only."""
    kind: Kind
    """What of a policy it asks more of."""
    law: str
    """What is drawn for an episode and from which distribution, as a sentence."""
    version: int = 1
    """Changes with anything that changes what a seed means on this rung."""
    without: tuple[str, ...] = ()
    """Names of rungs that it cannot be combined with."""
    change: Callable[[EnvironmentSpec], EnvironmentSpec] | None = None
    """What it changes in the spec, such as the horizon; never the id or the version."""


def add_rungs(spec: EnvironmentSpec, names: tuple[str, ...], offered: tuple[Rung, ...]) -> EnvironmentSpec:
    """Return the spec of an environment on these rungs; `offered` are those that it has.

    Its id names them in the order of the alphabet, whatever the order of `names`. Its version is that of the
    environment and of each rung, such as `2+1.1`. Raises UnknownEnvironment if a name is not among them or is there
    twice, and if two do not go together.
    """
    by_name = {rung.name: rung for rung in offered}
    for name in names:
        if name not in by_name:
            raise UnknownEnvironment(_explain_unknown(spec, name, list(by_name)))
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UnknownEnvironment(f"{spec.id} cannot be on the rung {twice!r} twice: name it once.")
    names = tuple(sorted(names))
    chosen = [by_name[name] for name in names]
    for rung in chosen:
        if clash := sorted(set(rung.without) & set(names)):
            raise UnknownEnvironment(
                f"{spec.id} cannot be on the rungs {rung.name} and {clash[0]} at once: choose one."
            )
    changed = spec
    for rung in chosen:
        changed = rung.change(changed) if rung.change else changed
    versions = ".".join(str(rung.version) for rung in chosen)
    return replace(
        changed, id=RUNG_MARK.join((spec.id, *names)), version=f"{spec.version}+{versions}", scored=False, rungs=names
    )


def _explain_unknown(spec: EnvironmentSpec, name: str, known: list[str]) -> str:
    """Say which rungs an environment has, the nearest first."""
    if not known:
        return f"{spec.id} has no rung {name[:40]!r}: it has none."
    near = difflib.get_close_matches(name[:40], known, n=3, cutoff=0.5)
    has = f"did you mean {', '.join(near)}?" if near else f"it has {', '.join(sorted(known))}."
    return f"{spec.id} has no rung {name[:40]!r}; {has} `kinitro list-envs --rungs` explains all."
