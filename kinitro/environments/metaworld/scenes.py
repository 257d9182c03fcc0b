"""What the rungs of MetaWorld's environments add to its scenes, and what they do in an episode."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from kinitro.environments.metaworld.choices import Choices, add_choices
from kinitro.environments.metaworld.composite import CompositeTask
from kinitro.environments.metaworld.models import Extension
from kinitro.environments.metaworld.moved import MovedGoal
from kinitro.environments.metaworld.rungs import BIAS, DELAYS_STEPS, GAINS, NOISE
from kinitro.environments.metaworld.sealed import add_pack, make_sealed
from kinitro.environments.metaworld.sizes import Sizes, add_sizes
from kinitro.environments.metaworld.task import MetaWorldTask
from kinitro.environments.metaworld.wordings import FRAMES, WORDINGS
from kinitro.environments.packs.directory import SealedPack
from kinitro.environments.packs.format import Pack, read_texture
from kinitro.environments.packs.making import PackSizes, make_pack
from kinitro.environments.packs.versions import SEALED_RUNG
from kinitro.environments.randomization.appearance import CameraPose, LightColour, LightDirection, LightIntensity
from kinitro.environments.randomization.effects import Blackout, Delay, Effect, Gain, Noise, Varied, Wordings
from kinitro.environments.randomization.looks import Looks, add_looks
from kinitro.environments.randomization.physics import Damping, Friction, Mass
from kinitro.environments.randomization.scattering import Distractors, Occluders, Table, add_thing
from kinitro.environments.spec import EnvironmentSpec

PUBLIC_SEED: Final = b"Anybody may train on this pack. "
PUBLIC_SIZES: Final = PackSizes(textures=24, distractors=6, shapes=0, wordings=0)
TABLE: Final = Table(low_m=(-0.42, 0.42), high_m=(0.42, 0.92))
"""The part of the table that the arm reaches, and some more."""
CAMERAS: Final = ("corner", "corner4")
"""The fixed cameras of the environments' specs."""
_PRIMITIVES: Final = (
    ("@distractor disc 0", "cylinder", (0.02, 0.02)),
    ("@distractor disc 1", "cylinder", (0.02, 0.02)),
    ("@distractor disc 2", "cylinder", (0.025, 0.01)),
    ("@distractor box 0", "box", (0.02, 0.02, 0.02)),
    ("@distractor box 1", "box", (0.03, 0.015, 0.01)),
    ("@distractor box 2", "box", (0.015, 0.015, 0.035)),
    ("@distractor box 3", "box", (0.04, 0.025, 0.015)),
    ("@distractor bar 0", "capsule", (0.012, 0.03)),
    ("@distractor bar 1", "capsule", (0.015, 0.02)),
    ("@distractor bar 2", "capsule", (0.01, 0.045)),
)
_ALIKE: Final = ("@distractor box 1", "@distractor box 2", "@distractor bar 0")
"""Those that have the puck's colour, and not its shape."""
_MESH_HALF_SIZE_M: Final = 0.035
_BARS: Final = tuple((f"@occluder {number}", half) for number, half in enumerate((0.008, 0.012, 0.016, 0.02)))


@functools.cache
def make_public_pack() -> Pack:
    """Make the textures and meshes that anybody can draw, and train on."""
    return make_pack(PUBLIC_SEED, {}, sizes=PUBLIC_SIZES)


def extend_scene(spec: EnvironmentSpec, pack: SealedPack | None = None) -> Extension | None:
    """Return what the rungs of an environment add to its scene, None if they add nothing.

    pack: what the rung `sealed` draws from; None without that rung.
    """
    adding = tuple(name for name in spec.rungs if name in _ADDITIONS)
    return _combine(adding, pack) if adding or pack is not None else None


@functools.lru_cache(maxsize=256)
def _combine(names: tuple[str, ...], pack: SealedPack | None) -> Extension:
    def extend(scene: Any) -> None:
        for name in names:
            _ADDITIONS[name](scene)
        if pack is not None:
            add_pack(scene, pack.content)

    return extend


def make_effects(
    spec: EnvironmentSpec, task: MetaWorldTask | CompositeTask, pack: SealedPack | None = None
) -> dict[str, Effect]:
    """Make the effects of the rungs that an environment is on, by name; `pack` is for the rung `sealed`."""
    effects = {name: _EFFECTS[name](spec, task) for name in spec.rungs if name in _EFFECTS}
    if pack is not None:
        effects[SEALED_RUNG] = make_sealed(spec, task.model, pack.content, TABLE, CAMERAS)
    return effects


def _add_distractors(scene: Any) -> None:
    for name, kind, size_m in _PRIMITIVES:
        add_thing(scene, name, kind, size_m)
    for number, mesh in enumerate(make_public_pack().distractors):
        add_thing(scene, f"@distractor body {number}", "mesh", (_MESH_HALF_SIZE_M,), mesh)


def _add_occluders(scene: Any) -> None:
    for name, half_m in _BARS:
        add_thing(scene, name, "box", (half_m, half_m, 0.2))


def _add_textures(scene: Any) -> None:
    pack = make_public_pack()
    add_looks(scene, [read_texture(pack, number) for number in range(len(pack.textures))])


def _make_distractors(_spec: EnvironmentSpec, _task: object) -> Effect:
    names = [name for name, _, _ in _PRIMITIVES]
    names += [f"@distractor body {number}" for number in range(PUBLIC_SIZES.distractors)]
    return Distractors(names, TABLE, (4, 10), CAMERAS, _ALIKE)


_ADDITIONS: Final[dict[str, Extension]] = {
    "choices": add_choices,
    "distractors": _add_distractors,
    "occluders": _add_occluders,
    "sizes": add_sizes,
    "textures": _add_textures,
}
_EFFECTS: Final[dict[str, Callable[[EnvironmentSpec, Any], Effect]]] = {
    "blackout": lambda spec, _: Blackout(spec),
    "cameras": lambda *_: Varied(CameraPose(fixed_m=0.15, hand_m=0.015, rotation_rad=0.15)),
    "choices": Choices,
    "delay": lambda spec, _: Delay(spec, DELAYS_STEPS),
    "distractors": _make_distractors,
    "gain": lambda spec, _: Gain(spec, *GAINS),
    "lights": lambda *_: Varied(LightDirection(1.0), LightIntensity(0.6), LightColour(0.4)),
    "loads": lambda *_: Varied(Friction(0.5), Damping(0.5), Mass(0.5)),
    "moved": lambda _, task: MovedGoal(task),
    "noise": lambda spec, _: Noise(spec, BIAS, NOISE),
    "occluders": lambda *_: Occluders([name for name, _ in _BARS], TABLE, CAMERAS),
    "sizes": lambda *_: Sizes(),
    "textures": lambda *_: Looks(PUBLIC_SIZES.textures),
    "wordings": lambda spec, _: Wordings(spec, WORDINGS.get(spec.task_name, ()), FRAMES),
}
