"""Traces: small, exact, refused when they contradict themselves; replay finds every planted lie."""

from __future__ import annotations

import zlib

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinitro.evaluation import Trace, replay, run_episode
from kinitro.evaluation.errors import InvalidTrace
from kinitro.evaluation.traces import MAX_TRACE_BYTES, decode, encode, list_digest_steps, read_actions
from tests.fakes.point import PointEnvironment
from tests.fakes.policies import ScriptedPolicy


def made_up(steps: int, **changes: object) -> Trace:
    random = np.random.default_rng(steps)
    fields: dict[str, object] = {
        "version": 1,
        "env_id": "fake/point",
        "env_version": "1",
        "seed": "0" * 31 + "7",
        "max_steps": 500,
        "actions": random.uniform(-1, 1, (steps, 4)).astype("<f4").tobytes(),
        "digests": random.bytes(16 * len(list_digest_steps(steps))),
        "success_step": None,
        "total_reward": 1.5,
        "fingerprint": "fake-physics",
    }
    return Trace(**fields | changes)  # type: ignore[arg-type]


@given(st.integers(0, 500))
def test_decoding_undoes_encoding(steps: int) -> None:
    trace = made_up(steps)
    assert decode(encode(trace)) == trace


async def walked() -> Trace:
    """The trace of a policy whose actions vary smoothly, as learned policies' do."""
    result = await run_episode(PointEnvironment(), ScriptedPolicy(lambda k: [(0.9, np.sin(k / 9), 0.1, -1)]), seed=5)
    assert result.trace is not None
    return result.trace


def test_500_steps_of_noise_take_a_few_kib() -> None:
    assert len(encode(made_up(500))) < 8 * 1024


async def test_a_smooth_trace_is_smaller_than_its_numbers() -> None:
    trace = await walked()
    assert len(encode(trace)) < 0.5 * len(trace.actions) + 300


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "version 2"),
        ({"max_steps": 9}, "10 steps of at most 9"),
        ({"seed": "x" * 32}, "32 hexadecimal"),
        ({"seed": "7"}, "32 hexadecimal"),
        ({"actions": np.full((10, 4), np.nan, "<f4").tobytes()}, "not finite"),
        ({"actions": np.full((10, 4), 1.5, "<f4").tobytes()}, "outside"),
        ({"digests": b""}, "0 bytes of digests"),
        ({"success_step": 11}, "success at step 11 of 10"),
        ({"success_step": 0}, "success at step 0 of 10"),
    ],
)
def test_a_trace_that_contradicts_itself_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidTrace, match=words):
        decode(encode(made_up(10, **changes)))


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else_happens(data: bytes) -> None:
    for candidate in (data, b"\x01" + data, b"\x01" + zlib.compress(data)):
        with pytest.raises(InvalidTrace):
            decode(candidate)


def test_a_decompression_bomb_is_refused() -> None:
    with pytest.raises(InvalidTrace, match="at most"):
        decode(b"\x01" + zlib.compress(bytes(10 * MAX_TRACE_BYTES), 9))


async def test_an_honest_trace_replays_exactly() -> None:
    trace = await walked()
    report = replay(trace, PointEnvironment(), fingerprint=trace.fingerprint)
    assert report.agrees
    assert report.exact
    assert (report.steps, report.success_step, report.first_difference) == (
        len(trace.actions) // 16,
        trace.success_step,
        None,
    )


async def lies(trace: Trace) -> dict[str, Trace]:
    changed = read_actions(trace).copy()
    changed[60, 0] *= 0.5
    return {
        "the state after step 100": msgspec.structs.replace(trace, actions=changed.astype("<f4").tobytes()),
        "a reward of": msgspec.structs.replace(trace, total_reward=trace.total_reward + 0.001),
        "the state after step 0": msgspec.structs.replace(trace, seed="f" * 32),
        "success at step": msgspec.structs.replace(trace, success_step=3),
        "the state after step 50": msgspec.structs.replace(
            trace, digests=trace.digests[:16] + bytes(16) + trace.digests[32:]
        ),
    }


async def test_every_lie_is_found() -> None:
    trace = await walked()
    for words, lie in (await lies(trace)).items():
        report = replay(lie, PointEnvironment())
        assert not report.agrees
        assert any(difference.startswith(words) for difference in report.differences), (words, report)


async def test_on_other_physics_only_success_is_compared() -> None:
    trace = await walked()
    foreign = msgspec.structs.replace(trace, digests=bytes(len(trace.digests)))
    report = replay(foreign, PointEnvironment(), fingerprint="another-machine")
    assert report.agrees
    assert not report.exact
    denied = msgspec.structs.replace(foreign, success_step=None)
    assert not replay(denied, PointEnvironment(), fingerprint="another-machine").agrees


async def test_a_trace_of_another_environment_is_refused() -> None:
    trace = msgspec.structs.replace(await walked(), env_version="2")
    with pytest.raises(InvalidTrace, match="version 2"):
        replay(trace, PointEnvironment())
