"""Whoever forges just as many results as it takes to be paid most is found: by simulation, and in corner cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from kinitro.audit.distances import NEVER, Distances, measure_distances
from kinitro.audit.sampling import FOUND_TOGETHER, MISSED_BY_ONE, VALIDATORS
from kinitro.scoring import ScoringConfig, score_cycle

BoolArray = npt.NDArray[np.bool_]
CONFIG = ScoringConfig()


@dataclass(frozen=True)
class Cycle:
    solved: BoolArray
    first_blocks: npt.NDArray[np.int64]
    reference: BoolArray | None = None
    """(N, K)"""

    @property
    def winner(self) -> int | None:
        weights = score_cycle(self.solved, self.first_blocks, CONFIG, reference=self.reference).weights
        return int(np.argmax(weights)) if weights.any() else None

    @property
    def cells(self) -> BoolArray:
        """All published results, (M, N, K); the reference's, if there is one, at the end."""
        return self.solved if self.reference is None else np.concatenate([self.solved, self.reference[None]])

    def with_flips(self, cells: npt.NDArray[np.int64]) -> Cycle:
        every = self.cells.copy()
        every.reshape(-1)[cells] ^= True
        miners = len(self.solved)
        return Cycle(every[:miners], self.first_blocks, None if self.reference is None else every[miners])

    @property
    def distances(self) -> Distances:
        miners, environments, episodes = self.solved.shape
        return measure_distances(
            self.solved,
            self.first_blocks,
            CONFIG,
            episodes=np.full(environments, episodes),
            chance=np.zeros(environments),
            disqualified=np.zeros(miners, dtype=np.bool_),
            reference=self.reference,
        )

    @property
    def replayed(self) -> npt.NDArray[np.float64]:
        """The probability with which each published result is replayed."""
        found, cells = self.distances, self.cells
        successes = np.vstack([found.successes, found.reference_successes])[: len(cells), :, None]
        failures = np.vstack([found.failures, found.reference_failures])[: len(cells), :, None]
        least = np.where(cells, successes, failures)
        return np.asarray(1 - MISSED_BY_ONE ** (1 / least))


def cycle(seed: int, miners: int, environments: int, episodes: int) -> Cycle:
    """Miners that differ in skill by little or much, on episodes that are hard or easy for all."""
    choose = np.random.default_rng(seed)
    skill = choose.uniform(0.2, 0.8, (miners, 1)) + choose.normal(0, choose.choice([0.02, 0.2]), (miners, environments))
    hardness = choose.normal(0, 0.15, (1, environments, episodes))
    solved = choose.random((miners, environments, episodes)) < np.clip(skill[:, :, None] + hardness, 0.01, 0.99)
    return Cycle(solved, choose.permutation(miners))


def forge(truth: Cycle, seed: int, how: str) -> Cycle | None:
    """As few false results as this operator finds that make another miner the winner; None if it finds none."""
    choose = np.random.default_rng(seed)
    assert truth.winner is not None
    favourite = int(choose.choice([m for m in range(len(truth.solved)) if m != truth.winner]))
    ours, theirs = np.zeros_like(truth.cells), np.zeros_like(truth.cells)
    ours[favourite] = ~truth.solved[favourite]
    others = [truth.winner] if how == "the winner sinks" else [m for m in range(len(truth.solved)) if m != favourite]
    theirs[others] = truth.solved[others]
    if truth.reference is not None and how == "the reference sinks":
        theirs[:] = False
        theirs[-1] = truth.reference
    if truth.reference is not None and how == "the reference rises":  # where that harms the favourite least
        theirs[:] = False
        theirs[-1] = ~truth.reference & truth.solved[truth.winner] & ~truth.solved[favourite]
    if how == "a third one stands in the way":  # somebody else is lifted too, to be the best that the winner is not
        third = int(choose.choice([m for m in range(len(truth.solved)) if m not in (favourite, truth.winner)]))
        ours[third], theirs[third] = ~truth.solved[third], False
    wanted = {"the favourite rises": ours, "the winner sinks": theirs}.get(how, ours | theirs)
    cells = choose.permutation(np.flatnonzero(wanted))
    if not won(truth.with_flips(cells), truth):
        return None
    for part in (64, 16, 4, 1):  # what is not needed is not forged
        for start in reversed(range(0, len(cells), part)):
            fewer = np.delete(cells, np.s_[start : start + part])
            if won(truth.with_flips(fewer), truth):
                cells = fewer
    return truth.with_flips(cells)


@pytest.mark.parametrize("how", ["the favourite rises", "both", "the reference sinks", "the reference rises"])
def test_three_validators_find_what_changes_the_winner_beside_a_reference(how: str) -> None:
    """An operator who lies about the reference decides who may earn at all."""
    forgeries = 0
    for seed in range(60):
        miners, environments = [(3, 1), (4, 2), (6, 4)][seed % 3]
        plain = cycle(seed, miners, environments, 50 if seed % 2 else 24)
        choose = np.random.default_rng(1000 + seed)
        likeness = plain.solved[int(choose.integers(miners))]
        reference = likeness & (choose.random(likeness.shape) < choose.choice([0.5, 0.8, 0.95]))
        truth = Cycle(plain.solved, plain.first_blocks, reference)
        published = forge(truth, seed, how) if truth.winner is not None else None
        if published is None:
            continue
        replayed = published.replayed[published.cells != truth.cells]
        assert np.prod(1 - replayed) <= MISSED_BY_ONE + 1e-9, (seed, len(replayed))
        forgeries += 1
    assert forgeries >= 8, "the operator must have succeeded often enough to show anything"


def test_copies_of_the_reference_are_hardly_looked_at() -> None:
    """One miner is far ahead of the reference and of 31 noisy copies of it."""
    choose = np.random.default_rng(3)
    rate = np.full((33, 8, 1), 0.5)
    rate[4] = 0.95
    every = choose.random((33, 8, 50)) < rate
    ahead = Cycle(every[:32], np.arange(32), every[32])
    assert ahead.winner == 4
    assert ahead.replayed.sum() < 0.06 * ahead.cells.size


def won(published: Cycle, truth: Cycle) -> bool:
    return published.winner is not None and published.winner != truth.winner


@pytest.mark.parametrize("how", ["the favourite rises", "the winner sinks", "both", "a third one stands in the way"])
def test_three_validators_find_what_changes_the_winner(how: str) -> None:
    """Red team: 400 of 102,400 results were forged, and a sample of five found it with 2 %.

    Exact: every result is replayed by a toss of its own, so the chance to miss all false ones is a product.
    """
    choose = np.random.default_rng(7)
    forgeries, most_missed, flips = 0, 0.0, []
    for seed in range(21):
        miners, environments = [(3, 1), (4, 2), (6, 4)][seed % 3]
        truth = cycle(seed, miners, environments, 50 if seed % 2 else 24)
        published = forge(truth, seed, how) if truth.winner is not None else None
        if published is None:
            continue
        false = published.solved != truth.solved
        replayed = published.replayed[false]
        missed = float(np.prod(1 - replayed))
        assert missed <= MISSED_BY_ONE + 1e-9, (seed, int(false.sum()), missed)
        forgeries, most_missed = forgeries + 1, max(most_missed, missed)
        flips.append(int(false.sum()))
        caught = (choose.random((2000, VALIDATORS, len(replayed))) < replayed).any(axis=(1, 2)).mean()
        assert caught >= FOUND_TOGETHER - 0.01, "as three validators toss"
    assert forgeries >= 8, "the operator must have succeeded often enough to show anything"
    assert 1 - most_missed**VALIDATORS >= FOUND_TOGETHER
    assert min(flips) <= 6, "also in close races"


def test_a_single_result_that_decides_is_found() -> None:
    """The closest races: one false result makes another winner."""
    found = 0
    for seed in range(200):
        truth = cycle(seed, 3, 1, 24)
        for cell in range(truth.solved.size):
            published = truth.with_flips(np.array([cell]))
            if truth.winner is not None and won(published, truth):
                found += 1
                assert published.replayed.reshape(-1)[cell] >= 1 - MISSED_BY_ONE - 1e-9
        if found >= 10:
            return
    raise AssertionError("no race was close enough to show anything")


def test_what_cannot_change_the_winner_is_hardly_looked_at() -> None:
    """One miner is far ahead of 31 others on eight environments."""
    choose = np.random.default_rng(3)
    rate = np.full((32, 8, 1), 0.3)
    rate[4] = 0.9
    ahead = Cycle(choose.random((32, 8, 50)) < rate, np.arange(32))
    assert ahead.winner == 4
    assert ahead.replayed.sum() < 0.06 * ahead.solved.size
    assert ahead.replayed[4].sum() > 10, "its own successes are where a lie would pay"


def test_where_nobody_qualifies_the_failures_are_looked_at() -> None:
    nobody = Cycle(np.zeros((3, 2, 50), dtype=np.bool_), np.arange(3))
    assert nobody.winner is None
    found = nobody.distances
    assert (found.successes == NEVER).all()
    assert (found.failures == 6).all(), "so many of 50 make eligible, by docs/scoring.md"


def test_distances_are_exact_for_two_miners() -> None:
    """Of 20 episodes, the second miner alone solved some: by trying, how many false ones make the first a leader."""
    compared = 0
    for only_second in range(6, 15):
        solved = np.zeros((2, 1, 20), dtype=np.bool_)
        solved[:, :, 15:] = True
        solved[1, :, :only_second] = True
        published = Cycle(solved, np.array([0, 1]))
        leads = score_cycle(published.solved, published.first_blocks, CONFIG).leaders
        if leads[0, 0]:
            continue
        tried = next(n for n in range(1, 20) if fewer_leads(published, n))
        assert published.distances.failures[0, 0] == tried
        assert published.distances.successes[1, 0] == tried
        compared += 1
    assert compared >= 5


def fewer_leads(published: Cycle, flips: int) -> bool:
    """Whether the first miner leads if `flips` results were false, in the way that helps it most."""
    first, second = published.solved[:, 0]
    only_second, equal = np.flatnonzero(second & ~first), np.flatnonzero(first == second)
    for share in range(flips + 1):
        trial = published.solved.copy()
        trial[0, 0, only_second[: flips - share]] = True
        trial[0, 0, equal[:share]], trial[1, 0, equal[:share]] = True, False
        if score_cycle(trial, published.first_blocks, CONFIG).leaders[0, 0]:
            return True
    return False
