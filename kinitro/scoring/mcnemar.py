"""The exact one-sided McNemar test of two miners on the same episodes.

Of the episodes that exactly one of two miners solved, let `wins` be the ones of the first and `losses` the ones
of the second: the discordant pairs. If both were equally good, each would be a fair coin toss, whatever the difficulty
of the others: p = P[Binomial(wins + losses, 1/2) >= wins]. Q. McNemar, Psychometrika 12 (1947), 153-157; exact
form: M. W. Fay, Exact McNemar's test (2011). All decisions are made with integers, so every machine decides alike.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import accumulate

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

_MAX_CACHED_PAIRS = 1000
"""Rows of tail probabilities are kept up to this many discordant pairs (8 MB); longer ones are summed when needed."""


@lru_cache(maxsize=16)
def critical_wins(max_discordant: int, level: Fraction) -> IntArray:
    """The fewest wins whose p-value is below `level`, for n = 0 ... max_discordant pairs; n + 1 where none is.

    Read-only int64 (max_discordant + 1,). One step per n: with A(n, w) = sum of C(n, j) over j >= w,
    A(n + 1, w) = 2 A(n, w) + C(n, w - 1), and the critical number grows by 0 or 1.
    """
    critical = np.empty(max_discordant + 1, dtype=np.int64)
    wins, tail, binomial = 1, 0, 1  # binomial = C(n, wins - 1)
    for n in range(max_discordant + 1):
        critical[n] = wins
        tail = 2 * tail + binomial
        if tail * level.denominator < level.numerator << (n + 1):
            binomial = binomial * (n + 1) // (n + 2 - wins)
        else:
            binomial = binomial * (n + 1) // wins
            tail -= binomial
            wins += 1
    critical.flags.writeable = False
    return critical


def p_value(wins: int, losses: int) -> float:
    """P[Binomial(wins + losses, 1/2) >= wins], correctly rounded."""
    discordant = wins + losses
    if discordant <= _MAX_CACHED_PAIRS:
        return _tails(discordant)[wins]
    binomial = tail = 1
    for chosen in range(min(wins - 1, losses)):  # the shorter of the two tails: C(n, 0) + C(n, 1) + ...
        binomial = binomial * (discordant - chosen) // (chosen + 1)
        tail += binomial
    if wins == 0:
        return 1.0
    return (tail if losses < wins else (1 << discordant) - tail) / (1 << discordant)


@lru_cache(maxsize=_MAX_CACHED_PAIRS + 1)
def _tails(discordant: int) -> tuple[float, ...]:
    """P[Binomial(discordant, 1/2) >= w] for w = 0 ... discordant."""
    binomials = [1]
    for chosen in range(discordant):
        binomials.append(binomials[-1] * (discordant - chosen) // (chosen + 1))
    total = 1 << discordant
    upper_tails = list(accumulate(binomials))  # symmetric: the sum from the left is the tail from the right
    return tuple(tail / total for tail in reversed(upper_tails))


def p_values(wins: IntArray, losses: IntArray) -> npt.NDArray[np.float64]:
    """`p_value` of every pair; arrays of one shape."""
    base = int(losses.max(initial=0)) + 1
    pairs, inverse = np.unique(wins * base + losses, return_inverse=True)
    values = np.array([p_value(*divmod(int(pair), base)) for pair in pairs], dtype=np.float64)
    return values[inverse].reshape(wins.shape)


def count_excess_wins(wins: int, losses: int, episodes: int, epsilon: float, critical: IntArray) -> int:
    """Count how many of `wins` must become ties for the difference to be insignificant or at most `epsilon`."""
    return next(
        fewer
        for fewer in range(wins + 1)
        if (wins - fewer - losses) / max(1, episodes) <= epsilon or wins - fewer < critical[wins - fewer + losses]
    )


def count_missing_wins(wins: int, losses: int, critical: IntArray, epsilon: float | None = None) -> int | None:
    """Count how many ties must become wins for the difference to be significant; 0 if it is significant already.

    epsilon: the difference must also exceed this share of the episodes; None: however small it is.

    None when `critical`, which ends at the number of episodes, holds no such number.
    """
    episodes = len(critical) - 1
    for more in range(episodes - wins - losses + 1):
        enough = epsilon is None or (wins + more - losses) / max(1, episodes) > epsilon
        if enough and wins + more >= critical[wins + more + losses]:
            return more
    return None
