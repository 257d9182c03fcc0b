"""Checks of actions that every family needs: `step` may get anything, and the simulator must not."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from kinitro.environments.errors import InvalidAction
from kinitro.environments.spec import ActionNumber, Bounds, list_bounds


def check_action(action: npt.ArrayLike, commands: tuple[ActionNumber, ...]) -> npt.NDArray[np.float32]:
    """Return an action as float32 (m,), clipped to its bounds; `commands` is the spec's `action`.

    Raises InvalidAction, which names what was received and what is allowed.
    """
    size = len(commands)
    try:
        numbers = np.asarray(action, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidAction(f"An action is {size} finite numbers, not {str(action)[:80]!r}.") from None
    if numbers.shape != (size,):
        raise InvalidAction(f"An action has shape ({size},), not {numbers.shape}.")
    if not np.isfinite(numbers).all():
        raise InvalidAction(f"An action is finite, not {numbers.tolist()}.")
    low, high = _cache_bounds(commands)
    return np.clip(numbers, low, high).astype(np.float32)


@cache
def _cache_bounds(commands: tuple[ActionNumber, ...]) -> Bounds:
    return list_bounds(commands)
