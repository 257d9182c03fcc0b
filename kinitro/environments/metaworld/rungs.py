"""The rungs of MetaWorld's environments: their laws, and what makes them. It loads no simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kinitro.environments.metaworld.wordings import FRAMES, WORDINGS
from kinitro.environments.packs.format import Pack
from kinitro.environments.packs.versions import SEALED_RUNG
from kinitro.environments.randomization.effects import Blackout, Delay, Effect, Gain, Noise, Wordings
from kinitro.environments.rungs import Rung
from kinitro.environments.spec import EnvironmentSpec

DELAYS_STEPS: Final = (1, 2)
"""12.5 to 25 ms, as buses, drivers and controllers of arms take. With 3 the scripted expert presses buttons in 87 % only."""
GAINS: Final = (0.7, 1.3)
BIAS: Final = (0.015, 0.015, 0.015, 0.05)
"""Of x, y and z in metres, and of the gripper's opening."""
NOISE: Final = (0.005, 0.005, 0.005, 0.03)


_RUNGS: Final = (
    Rung("blackout", "seeing", "in every 100 steps one camera shows nothing for 20 to 60 steps, not in the first 10"),
    Rung("delay", "acting", "every action is executed 1 or 2 steps late, the same in a whole episode"),
    Rung("gain", "acting", "the hand moves by 0.7 to 1.3 of what an action says, one factor in an episode"),
    Rung(
        "noise",
        "acting",
        "the observed hand has a bias of up to 1.5 cm per axis and noise of up to 5 mm in every step, the gripper's "
        "opening 0.05 and 0.03",
    ),
    Rung(
        "sealed",
        "unseen",
        "floor, table and walls have textures of a sealed pack, four of its meshes lie on the table, a puck has one of "
        "its shapes, and the instruction is one of its wordings",
    ),
    Rung("wordings", "saying", "the instruction is said in one of many ways"),
)
_EFFECTS: Final[dict[str, Callable[[EnvironmentSpec], Effect]]] = {
    "blackout": Blackout,
    "delay": lambda spec: Delay(spec, DELAYS_STEPS),
    "gain": lambda spec: Gain(spec, *GAINS),
    "noise": lambda spec: Noise(spec, BIAS, NOISE),
    "wordings": lambda spec: Wordings(WORDINGS.get(spec.task_name, ()), FRAMES),
}


def rungs(spec: EnvironmentSpec) -> tuple[Rung, ...]:
    """Return the rungs that an environment has."""
    return _RUNGS


def make_effects(spec: EnvironmentSpec, pack: Pack | None = None) -> dict[str, Effect]:
    """Make the effects of the rungs that an environment is on, by name; `pack` is for the rung `sealed`."""
    effects = {name: _EFFECTS[name](spec) for name in spec.rungs if name in _EFFECTS}
    if pack is not None:
        effects[SEALED_RUNG] = Wordings(pack.wordings.get(spec.task_name, ()), ("{}",))
    return effects
