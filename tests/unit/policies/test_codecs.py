"""The bytes of the protocol, both ways, and everything that must not get through."""

from __future__ import annotations

import base64
import contextlib
import json
import math
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinitro.environments import get_spec
from kinitro.environments.interface import Observation
from kinitro.policies.codecs import CODECS, JSON, MSGPACK, select_codec
from kinitro.policies.errors import PolicyMisbehaved, Reason
from kinitro.policies.messages import TaskConfig, describe_task

TASK = TaskConfig("metaworld/push-v3", "push", "push the puck", "e-1", 500, 80.0, ("corner",), (84, 84))
PIXELS = np.random.default_rng(0).integers(0, 256, (84, 84, 3)).astype(np.uint8)
OBSERVATION = Observation(np.array([0.1, 0.6, 0.2, 1.0], np.float32), {"corner": PIXELS, "gripper": PIXELS[:, ::-1]})


def test_json_requests_have_the_documented_structure() -> None:
    message = json.loads(JSON.encode_act("e-1", 7, OBSERVATION))
    assert message["episode_id"] == "e-1"
    assert message["step"] == 7
    assert message["observation"] == OBSERVATION.agent_pos.tolist()
    image = message["images"]["corner"]
    assert (image["shape"], image["dtype"]) == ([84, 84, 3], "uint8")
    assert base64.b64decode(image["data"]) == PIXELS.tobytes()


def test_the_bytes_in_the_documentation_are_these() -> None:
    page = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()
    image = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    seen = Observation(np.array([0.1, -0.25, 3.0, 1.0], np.float32), {"corner": image})
    assert JSON.encode_act("abc", 7, seen).decode() in page
    digits = re.findall(r"```text\n([0-9a-f\n]+)```", page)
    question, answer = (bytes.fromhex(block.replace("\n", "")) for block in digits)
    assert MSGPACK.encode_act("abc", 7, seen) == question
    assert MSGPACK.decode_act(answer, 1, 4).tolist() == [[0.5, 0.0, -1.0, 1.0]]


def test_the_task_in_the_documentation_is_what_is_sent() -> None:
    page = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()
    shown = json.loads(page.partition("```json\n")[2].partition("```")[0])
    task = describe_task(get_spec("metaworld/push-v3"), shown["task_config"]["episode_id"], 500)
    assert json.loads(JSON.encode_reset(task)) == shown


def test_msgpack_requests_carry_raw_bytes_even_of_a_mirrored_view() -> None:
    message = msgspec.msgpack.decode(MSGPACK.encode_act("e-1", 0, OBSERVATION))
    assert message["images"]["gripper"]["data"] == PIXELS[:, ::-1].tobytes()


def test_no_seed_crosses_the_wire() -> None:
    message = json.loads(JSON.encode_reset(TASK))
    assert set(message) == {"task_config"}
    assert set(message["task_config"]) == {
        *("env_id", "task_name", "instruction", "episode_id", "max_steps", "control_hz"),
        *("cameras", "image_size", "action_low", "action_high", "protocol"),
        *("robot", "proprioception", "action", "image_sizes"),
    }


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_an_action_or_a_chunk_of_them_is_accepted(codec) -> None:
    encode = {"json": msgspec.json.encode, "msgpack": msgspec.msgpack.encode}[codec.name]
    one = codec.decode_act(encode({"action": [0.5, -1, 2, 1e300]}), max_chunk=1, action_size=4)
    assert one.dtype == np.float32
    assert one.shape == (1, 4)
    assert np.isfinite(one).all()
    assert codec.decode_act(
        encode({"action": [[0, 0, 0, 1]] * 3, "more": "ignored"}), max_chunk=3, action_size=4
    ).shape == (3, 4)


BAD_ACTIONS = [
    ([], Reason.ACTION_SHAPE),
    ([[]], Reason.ACTION_SHAPE),
    ([0.0] * 3, Reason.ACTION_SHAPE),
    ([0.0] * 5, Reason.ACTION_SHAPE),
    ([[0.0] * 4] * 4, Reason.ACTION_SHAPE),
    ([[0.0] * 4, [0.0] * 3], Reason.ACTION_SHAPE),
    ([[0.0] * 4, 0.0], Reason.ACTION_SHAPE),
    ([0.0, [0.0] * 4, 0.0, 0.0], Reason.ACTION_SHAPE),
    ([[[0.0] * 4]], Reason.MALFORMED_BODY),
    (["0", "0", "0", "0"], Reason.MALFORMED_BODY),
    ([True, False, True, True], Reason.MALFORMED_BODY),
    ([None] * 4, Reason.MALFORMED_BODY),
    ({"x": 1}, Reason.MALFORMED_BODY),
    ("0000", Reason.MALFORMED_BODY),
    (None, Reason.MALFORMED_BODY),
    (0.0, Reason.MALFORMED_BODY),
]


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
@pytest.mark.parametrize(("action", "reason"), BAD_ACTIONS, ids=str)
def test_other_actions_are_refused_by_name(codec, action, reason) -> None:
    encode = {"json": msgspec.json.encode, "msgpack": msgspec.msgpack.encode}[codec.name]
    with pytest.raises(PolicyMisbehaved) as caught:
        codec.decode_act(encode({"action": action}), max_chunk=3, action_size=4)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ([0.5] * 4, "An action has 4 numbers ([0.5, 0.5, 0.5, 0.5]); it must be 7 numbers"),
        ([[0.5] * 7, [0.5] * 8], "An action has 8 numbers"),
        ([[0.5] * 7, 1.0], "An action is a number beside lists (1.0); it must be 7 numbers"),
    ],
)
def test_the_reason_says_how_many_numbers_were_expected(action: list, told: str) -> None:
    for codec, encode in ((JSON, msgspec.json.encode), (MSGPACK, msgspec.msgpack.encode)):
        with pytest.raises(PolicyMisbehaved) as caught:
            codec.decode_act(encode({"action": action}), max_chunk=2, action_size=7)
        assert caught.value.reason == Reason.ACTION_SHAPE
        assert told in str(caught.value)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_never_reach_the_simulator(number) -> None:
    with pytest.raises(PolicyMisbehaved) as caught:
        MSGPACK.decode_act(msgspec.msgpack.encode({"action": [0.0, 0.0, number, 0.0]}), max_chunk=1, action_size=4)
    assert caught.value.reason == Reason.ACTION_NOT_FINITE
    for text in (
        b'{"action": [NaN, 0, 0, 0]}',
        b'{"action": [1e999, 0, 0, 0]}',
        b'{"action": [-Infinity, 0, 0, 0]}',
        b'{"action": [[0, 0, 0, 0], [0, 0, 0, NaN]]}',
    ):
        with pytest.raises(PolicyMisbehaved) as caught:
            JSON.decode_act(text, max_chunk=2, action_size=4)
        assert caught.value.reason == Reason.ACTION_NOT_FINITE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'{"action": [NaN, 0, 0]}', Reason.ACTION_SHAPE),
        (b'{"action": ["NaN", 0, 0, 0]}', Reason.MALFORMED_BODY),
        (b'{"action": [NaN, 0, 0, 0]', Reason.MALFORMED_BODY),
        (b'{"action": [0, 0, 0, 0], "loss": NaN}', Reason.MALFORMED_BODY),
        (b'{"NaN": ' + b"[" * 30_000, Reason.MALFORMED_BODY),
        (b'{"NaN": 0, "action": [1' + b"0" * 5_000 + b", 0, 0, 0]}", Reason.MALFORMED_BODY),
        (b'{"NaN": 0, "action": [1' + b"0" * 400 + b", 0, 0, 0]}", Reason.MALFORMED_BODY),
    ],
)
def test_what_is_wrong_besides_is_named_all_the_same(text: bytes, reason: Reason) -> None:
    with pytest.raises(PolicyMisbehaved) as caught:
        JSON.decode_act(text, max_chunk=1, action_size=4)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 60_000, b'{"action":' * 9_000, b"\xff\xfe", b"\x91" * 60_000, b"\xc1"],
)
@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_rubbish_is_malformed(codec, body) -> None:
    for decode in (codec.decode_health, codec.decode_reset, lambda body: codec.decode_act(body, 1, 4)):
        with pytest.raises(PolicyMisbehaved) as caught:
            decode(body)
        assert caught.value.reason == Reason.MALFORMED_BODY


@given(body=st.binary(max_size=200))
def test_any_bytes_give_actions_or_a_policy_error(body: bytes) -> None:
    for codec in CODECS.values():
        with contextlib.suppress(PolicyMisbehaved):
            assert codec.decode_act(body, max_chunk=2, action_size=4).shape in {(1, 4), (2, 4)}


def test_missing_health_fields_mean_the_least_capable_server() -> None:
    health = JSON.decode_health(b'{"status": "ok", "gpu": "H100"}')
    assert (health.encodings, health.max_concurrent_episodes, health.max_chunk) == (("json",), 1, 1)


def test_an_answer_without_a_known_content_type_is_json() -> None:
    assert select_codec("") is JSON
    assert select_codec("text/plain") is JSON
    for name in ("application/msgpack", "application/vnd.msgpack", "application/x-msgpack"):
        assert select_codec(name) is MSGPACK
