"""MetaWorld's rewards without arrays of one element, which take most of their time."""

from __future__ import annotations

from types import FunctionType, SimpleNamespace
from typing import Any

import kinitro.environments.mujoco_import  # noqa: F401

# isort: split

from metaworld.utils import reward_utils

VALUE_AT_MARGIN = 0.1
LONG_TAIL_SCALE = 3.0
"""sqrt(1 / VALUE_AT_MARGIN - 1)"""


def tolerance(
    x: Any,
    bounds: tuple[float, float] = (0.0, 0.0),
    margin: Any = 0.0,
    sigmoid: str = "gaussian",
    value_at_margin: float = VALUE_AT_MARGIN,
) -> Any:
    """1 within the bounds, less outside: bit for bit MetaWorld's function, with a short way for the usual arguments."""
    lower, upper = bounds
    usual = sigmoid == "long_tail" and value_at_margin == VALUE_AT_MARGIN and lower <= upper and margin > 0
    if not (usual and isinstance(x, float)):
        return reward_utils.tolerance(x, bounds, margin, sigmoid, value_at_margin)
    number = float(x)
    if lower <= number <= upper:
        return 1.0
    distance = (lower - number if number < lower else number - upper) / float(margin)
    return 1 / ((distance * LONG_TAIL_SCALE) ** 2 + 1)


REWARD_UTILS = SimpleNamespace(**{**vars(reward_utils), "tolerance": tolerance})


def reward_methods(original: type) -> dict[str, FunctionType]:
    """Copies of the methods of a class of MetaWorld's that compute with `reward_utils`, computing with ours."""
    copies: dict[str, FunctionType] = {}
    for owner in reversed(original.__mro__):
        for name, member in vars(owner).items():
            copies.pop(name, None)
            if isinstance(member, FunctionType) and "reward_utils" in member.__code__.co_names:
                names = {**member.__globals__, "reward_utils": REWARD_UTILS}
                copies[name] = FunctionType(member.__code__, names, name, member.__defaults__, member.__closure__)
    return copies
