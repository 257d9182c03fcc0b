"""Recordings: small, exact, without pixels; everything a policy was shown can be had again from them and the trace."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from kinitro.environments.interface import Observation
from kinitro.evaluation import Trace, run_episode
from kinitro.evaluation.errors import InvalidRecording
from kinitro.evaluation.packing import pack
from kinitro.evaluation.recordings import Recorder, Recording, compute_checksum, decode, encode, iter_exchanges
from tests.fakes.point import PointEnvironment
from tests.fakes.policies import GONE, LATE, Answer, ScriptedPolicy


async def recorded(policy: ScriptedPolicy, max_steps: int = 30) -> tuple[Recording, Trace]:
    recorder = Recorder()
    result = await run_episode(PointEnvironment(), policy, seed=5, max_steps=max_steps, observer=recorder)
    recording = recorder.make_recording()
    assert recording is not None
    assert result.trace is not None
    return recording, result.trace


def chunks_with_a_gap(step: int) -> Answer:
    """Chunks of three, too large by half; one answer is late."""
    return LATE if step == 6 else [(1.5, 0.1 * row, 0.0, -1.0) for row in range(3)]


async def test_exchanges_tell_what_was_asked_and_executed() -> None:
    policy = ScriptedPolicy(chunks_with_a_gap)
    recording, trace = await recorded(policy, max_steps=12)
    found = list(iter_exchanges(decode(encode(recording)), trace))
    assert recording.task == policy.tasks[0]
    assert [exchange.step for exchange in found] == policy.asked == [0, 3, 6, 7, 10]
    assert [len(exchange.actions) for exchange in found] == [3, 3, 1, 3, 2]
    assert [exchange.forfeited for exchange in found] == [False, False, True, False, False]
    assert [exchange.complete for exchange in found] == [True] * 4 + [False]
    np.testing.assert_allclose(found[0].actions, [(1, 0, 0, -1), (1, 0.1, 0, -1), (1, 0.2, 0, -1)], atol=1e-6)


async def test_checksums_are_those_of_the_observations_sent() -> None:
    policy = ScriptedPolicy()
    recording, trace = await recorded(policy)
    assert [exchange.checksum for exchange in iter_exchanges(recording, trace)] == [
        compute_checksum(seen) for seen in policy.seen
    ]


def test_a_checksum_notices_one_bit() -> None:
    seen = PointEnvironment()
    seen.reset(3)
    before = compute_checksum(seen.observe())
    assert compute_checksum(seen.observe()) == before
    moved = seen.observe()
    moved.agent_pos[2] = np.nextafter(moved.agent_pos[2], np.float32(9))
    assert compute_checksum(moved) != before
    images = {name: image.copy() for name, image in seen.observe().pixels.items()}
    images["gripper"][7, 7, 2] ^= 1
    assert compute_checksum(Observation(seen.observe().agent_pos, images)) != before


async def test_150_steps_take_little_more_than_checksums_and_task() -> None:
    recording, _ = await recorded(ScriptedPolicy(lambda step: [(0.0, 0.0, 0.0, 1.0)]), max_steps=120)
    assert len(encode(recording)) < 4 * 120 + 800


async def test_a_policy_that_was_never_asked_has_no_recording() -> None:
    recorder = Recorder()
    await run_episode(PointEnvironment(), ScriptedPolicy(resets=[GONE, GONE]), seed=5, observer=recorder)
    assert recorder.make_recording() is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "version 2"),
        ({"steps": []}, "first exchange"),
        ({"steps": [1, *range(2, 31)]}, "first exchange"),
        ({"steps": [0, 2, 1, *range(3, 30)]}, "do not increase"),
        ({"checksums": b"12345"}, "5 bytes of checksums"),
        ({"forfeited": [77]}, "not asked"),
    ],
    ids=["version", "empty", "late", "order", "checksums", "forfeits"],
)
async def test_what_contradicts_itself_is_refused(changes: dict[str, object], words: str) -> None:
    recording, _ = await recorded(ScriptedPolicy())
    with pytest.raises(InvalidRecording, match=words):
        decode(encode(msgspec.structs.replace(recording, **changes)))


async def test_what_is_no_recording_of_the_trace_is_refused() -> None:
    recording, trace = await recorded(ScriptedPolicy())
    longer = msgspec.structs.replace(recording, steps=[*recording.steps, 40], checksums=recording.checksums + b"1234")
    with pytest.raises(InvalidRecording, match="asks at step 40, and the trace has 30"):
        iter_exchanges(longer, trace)
    with pytest.raises(InvalidRecording, match="fake/other"):
        iter_exchanges(recording, msgspec.structs.replace(trace, env_id="fake/other"))


class Bomb(msgspec.Struct):
    text: str


@pytest.mark.parametrize(
    "data",
    [b"", b"\x02", b"\x01nonsense", pack(1, Bomb("x")), pack(1, Bomb("x" * 5_000_000)), pack(1, Bomb("x")) + b"more"],
    ids=["nothing", "version", "no-zlib", "other", "bomb", "more"],
)
def test_bytes_that_are_no_recording_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidRecording):
        decode(data)
