"""What `score_cycle` accepts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinitro.scoring.errors import InvalidScoringInput

MAX_STEPS = 10**6
"""The most steps to success that an episode can have."""


@dataclass(frozen=True, slots=True)
class CycleInput:
    """Checked input of one cycle: M miners, N environments, K episodes."""

    solved: npt.NDArray[np.bool_]
    """(M, N, K): outcomes, false in void episodes."""
    episodes: npt.NDArray[np.int64]
    """(N,): episodes that are not void."""
    first_blocks: npt.NDArray[np.int64]
    """(M,)"""
    uids: npt.NDArray[np.int64]
    """(M,)"""
    chance: npt.NDArray[np.float64]
    """(N,)"""
    disqualified: npt.NDArray[np.bool_]
    """(M,)"""
    reference: npt.NDArray[np.bool_] | None
    """(N, K): outcomes of the reference, false in void episodes; None without one."""
    steps: npt.NDArray[np.int64] | None
    """(M, N, K): control steps until success where `solved`; None if they were not given."""


def check_inputs(
    outcomes: npt.ArrayLike,
    first_blocks: npt.ArrayLike,
    valid: npt.ArrayLike | None,
    uids: npt.ArrayLike | None,
    chance: npt.ArrayLike | None,
    disqualified: npt.ArrayLike | None,
    reference: npt.ArrayLike | None = None,
    steps: npt.ArrayLike | None = None,
) -> CycleInput:
    """Check the input of `score_cycle` and convert it to arrays. Raises InvalidScoringInput."""
    solved = _read_booleans("outcomes", outcomes)
    if solved.ndim != 3:
        raise InvalidScoringInput(
            f"outcomes has shape {solved.shape}: give three axes, (miners, environments, episodes)."
        )
    miners, environments, episodes = solved.shape
    played = np.ones((environments, episodes), dtype=np.bool_) if valid is None else _read_booleans("valid", valid)
    _check_shape("valid", played, (environments, episodes))
    banned = np.zeros(miners, dtype=np.bool_) if disqualified is None else _read_booleans("disqualified", disqualified)
    _check_shape("disqualified", banned, (miners,))
    blocks = _read_integers("first_blocks", first_blocks)
    _check_shape("first_blocks", blocks, (miners,))
    order = np.arange(miners, dtype=np.int64) if uids is None else _read_integers("uids", uids)
    _check_shape("uids", order, (miners,))
    if len(np.unique(order)) != miners:
        twice = next(int(uid) for uid, count in zip(*np.unique(order, return_counts=True), strict=True) if count > 1)
        raise InvalidScoringInput(f"uids has {twice} twice: give every miner of a cycle its own uid.")
    beside = None if reference is None else _read_booleans("reference", reference)
    if beside is not None:
        _check_shape("reference", beside, (environments, episodes))
    return CycleInput(
        steps=None if steps is None else _read_steps(steps, solved & played),
        solved=solved & played,
        episodes=played.sum(axis=1, dtype=np.int64),
        first_blocks=blocks,
        uids=order,
        chance=_read_rates("chance", np.zeros(environments) if chance is None else chance, environments),
        disqualified=banned,
        reference=None if beside is None else beside & played,
    )


def _read_booleans(name: str, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Read booleans, or numbers that are 0 or 1; anything else, NaN included, is refused."""
    array = np.asarray(values)
    if array.dtype == np.bool_:
        return array
    if array.dtype.kind not in "iuf":
        raise InvalidScoringInput(f"{name} has the type {array.dtype}: give booleans.")
    odd = array[(array != 0) & (array != 1)]
    if odd.size:
        raise InvalidScoringInput(f"{name} holds {odd.flat[0]}: give booleans, or 0 and 1.")
    return array.astype(np.bool_)


def _read_integers(name: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Read whole numbers from 0 to 2**63 - 1."""
    array = np.asarray(values)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise InvalidScoringInput(f"{name} has the type {array.dtype}: give integers.")
    if array.min() < 0 or array.max() > np.iinfo(np.int64).max:
        raise InvalidScoringInput(f"{name} runs from {array.min()} to {array.max()}: give 0 to 2**63 - 1.")
    return array.astype(np.int64)


def _read_steps(values: npt.ArrayLike, solved: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Read the steps to success; where there was none they may be any number."""
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "iu":
        raise InvalidScoringInput(f"steps has the type {array.dtype}: give integers.")
    _check_shape("steps", array, solved.shape)
    steps = np.where(solved, array, 0).astype(np.int64)
    odd = steps[solved & ((steps < 1) | (steps > MAX_STEPS))]
    if odd.size:
        raise InvalidScoringInput(f"steps holds {odd[0]} for a solved episode: give 1 to {MAX_STEPS}.")
    return steps


def _read_rates(name: str, values: npt.ArrayLike, length: int) -> npt.NDArray[np.float64]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise InvalidScoringInput(f"{name} has the type {array.dtype}: give numbers from 0 to 1.")
    rates = array.astype(np.float64)
    _check_shape(name, rates, (length,))
    odd = rates[~((rates >= 0) & (rates <= 1))]
    if odd.size:
        raise InvalidScoringInput(f"{name} holds {odd[0]}: give numbers from 0 to 1.")
    return rates


def _check_shape(name: str, array: npt.NDArray[np.generic], expected: tuple[int, ...]) -> None:
    if array.shape != expected:
        raise InvalidScoringInput(f"{name} has shape {array.shape}: the outcomes call for {expected}.")
