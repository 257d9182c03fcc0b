"""Which episodes must be recorded: some of every miner whose commitment was never found to match before."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt


def choose_first_checks(
    uids: Sequence[int],
    proven: Collection[int],
    environments: int,
    episodes: int,
    checks: int,
    choose: random.Random,
) -> npt.NDArray[np.bool_]:
    """Draw `checks` episodes of each miner that is not proven; returns bool (episodes, environments, miners).

    The draws of different miners are independent and cover all environments, so that knowing which episodes of one
    miner are recorded says nothing about another's.
    """
    marked = np.zeros((episodes, environments, len(uids)), dtype=np.bool_)
    cells = range(episodes * environments)
    for column, uid in enumerate(uids):
        if uid not in proven:
            for cell in choose.sample(cells, min(checks, len(cells))):
                marked[*divmod(cell, environments), column] = True
    return marked
