"""MetaWorld's rewards, faster and equal to the bit.

MetaWorld's function `tolerance` computes with arrays of one element, which takes most of the time of a reward. The one
here computes with Python's numbers. `copy_reward_methods` makes MetaWorld's methods use it.
"""

from __future__ import annotations

from types import FunctionType, SimpleNamespace
from typing import Any

import kinitro.environments.mujoco_import  # noqa: F401

# isort: split

from metaworld.utils import reward_utils

VALUE_AT_MARGIN = 0.1
"""MetaWorld's default: the result at a distance of `margin` from the bounds."""
LONG_TAIL_SCALE = 3.0
"""sqrt(1 / VALUE_AT_MARGIN - 1), which is the scale of MetaWorld's sigmoid "long_tail"."""


def tolerance(
    x: Any,
    bounds: tuple[float, float] = (0.0, 0.0),
    margin: Any = 0.0,
    sigmoid: str = "gaussian",
    value_at_margin: float = VALUE_AT_MARGIN,
) -> Any:
    """Return 1 if x is within the bounds, and less the farther it is outside: bit for bit what MetaWorld returns.

    The usual arguments are computed here; all others, and errors, are left to MetaWorld's function.
    """
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
"""MetaWorld's module `reward_utils` with our `tolerance`."""


def copy_reward_methods(original: type) -> dict[str, FunctionType]:
    """Copy those methods of a class of MetaWorld's that use `reward_utils`; the copies, by name, use REWARD_UTILS."""
    copies: dict[str, FunctionType] = {}
    for owner in reversed(original.__mro__):
        for name, member in vars(owner).items():
            copies.pop(name, None)
            if isinstance(member, FunctionType) and "reward_utils" in member.__code__.co_names:
                names = {**member.__globals__, "reward_utils": REWARD_UTILS}
                copies[name] = FunctionType(member.__code__, names, name, member.__defaults__, member.__closure__)
    return copies
