"""The number of episodes in flight follows what was measured, and never leaves its bounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinitro.evaluation import EpisodeResult, Outcome
from kinitro.evaluation.episodes_in_flight import (
    DEFAULT_EPISODES,
    EPISODE_MIB,
    MOST_EPISODES,
    SPARE_ENVIRONMENTS,
    WORKER_MIB,
    EpisodesInFlight,
    allow_episodes,
    read_free_memory,
)
from kinitro.evaluation.outcomes import Timings


def episode(latency_ms: float, step_ms: float, outcome: Outcome = Outcome.FAILURE, steps: int = 100) -> EpisodeResult:
    timings = Timings(policy_p50_ms=latency_ms, simulation_ms=step_ms * steps)
    return EpisodeResult(outcome, steps=steps, timings=timings)


def settled(latency_ms: float, step_ms: float, most: int = MOST_EPISODES) -> int:
    episodes = EpisodesInFlight(most)
    for _ in range(200):
        episodes.learn(episode(latency_ms, step_ms))
    return episodes.count


@pytest.mark.parametrize("latency_ms", [50.0, 100.0])
@pytest.mark.parametrize("step_ms", [1.65, 2.5, 4.5])
def test_a_core_is_kept_busy_while_policies_think(latency_ms: float, step_ms: float) -> None:
    """So many episodes are worth more than the time of one turn, or the most that are allowed."""
    count = settled(latency_ms, step_ms)
    assert count * step_ms >= latency_ms + step_ms
    assert count <= MOST_EPISODES


def test_fast_policies_need_no_more_than_before() -> None:
    assert settled(0.5, 4.0) == DEFAULT_EPISODES


def test_it_shrinks_when_policies_become_faster() -> None:
    episodes = EpisodesInFlight(MOST_EPISODES)
    for _ in range(100):
        episodes.learn(episode(100.0, 2.0))
    assert episodes.count > DEFAULT_EPISODES
    for _ in range(400):
        episodes.learn(episode(1.0, 2.0))
    assert episodes.count == DEFAULT_EPISODES


@given(
    st.integers(-5, 200),
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6), st.sampled_from(Outcome), st.integers(0, 500))),
)
def test_it_never_leaves_its_bounds(most: int, seen: list[tuple[float, float, Outcome, int]]) -> None:
    episodes = EpisodesInFlight(most)
    for latency_ms, step_ms, outcome, steps in seen:
        episodes.learn(episode(latency_ms, step_ms, outcome, steps))
        assert 1 <= episodes.count <= max(most, 1)


def test_our_own_faults_say_nothing() -> None:
    episodes = EpisodesInFlight(MOST_EPISODES)
    episodes.learn(episode(500.0, 1.0, Outcome.EVALUATOR_FAULT))
    assert episodes.count == DEFAULT_EPISODES


@pytest.mark.parametrize("workers", [1, 2, 16])
@pytest.mark.parametrize("free_gib", [0, 1, 2, 4, 8, 64])
def test_memory_bounds_the_episodes(workers: int, free_gib: int) -> None:
    count = allow_episodes(workers, free_gib * 2**30)
    assert 1 <= count <= MOST_EPISODES
    if count > 1:
        needed_mib = workers * (WORKER_MIB + EPISODE_MIB * (count + SPARE_ENVIRONMENTS))
        assert needed_mib <= 0.75 * free_gib * 1024


def test_the_smaller_of_machine_and_control_group_counts(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 100 kB\nMemAvailable:   8388608 kB\n")
    assert read_free_memory(tmp_path) == 8 * 2**30
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("1000\n")
    assert read_free_memory(tmp_path) == 8 * 2**30
    (group / "memory.max").write_text("3000\n")
    assert read_free_memory(tmp_path) == 2000
    (group / "memory.current").write_text("4000\n")
    assert read_free_memory(tmp_path) == 0
