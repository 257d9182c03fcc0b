"""Images over real sockets: only what a server declares is sent, and one that has lost its state loses no step."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from PIL import Image

from kinitro.policies.client import Deadlines, HttpPolicy
from kinitro.policies.conformance import ConformanceVerdict, Subject, run_check
from kinitro.policies.errors import PolicyMisbehaved, Reason
from kinitro.policies.images import IMAGE_ENCODINGS, MAX_LOSSES
from kinitro.policies.lost_images import make_similar_observations
from kinitro.policies.probes import make_task
from tests.integration.policies.hostile import Behaviour, Server, answer, keeps_alive, read_request

OBSERVATIONS = make_similar_observations(8)


def serve(declared: object, act: Callable[[dict[str, Any]], bytes]) -> Behaviour:
    """A server that declares these image encodings and answers `/act` with `act(request)`."""

    def respond(path: str, body: bytes) -> bytes:
        if path == "/health":
            health = {"status": "ok", "encodings": ["msgpack"], "image_encodings": declared}
            return answer(json.dumps(health).encode())
        request = msgspec.msgpack.decode(body)
        if path == "/reset":
            return answer(json.dumps({"episode_id": request["task_config"]["episode_id"]}).encode())
        return act(request)

    return keeps_alive(respond)


def bases(request: dict[str, Any]) -> int:
    return sum("base" in image for image in request["images"].values())


async def begin(url: str, deadlines: Deadlines | None = None) -> tuple[HttpPolicy, str]:
    policy = HttpPolicy(url, allow_private=True, deadlines=deadlines, image_encodings=IMAGE_ENCODINGS)
    task = make_task()
    await policy.health()
    await policy.reset(task)
    return policy, task.episode_id


@pytest.mark.parametrize(
    ("declared", "sent"),
    [
        ([], None),
        (["raw"], None),
        (["gif", "Delta", ""], None),
        ([f"made-up-{i}" for i in range(4000)], None),
        (["raw"] * 5000 + ["png"], "png"),
        (["png", "raw"], "png"),
        (["raw", "png", "delta"], "delta"),
    ],
    ids=["none", "raw", "unknown", "4,000 unknown", "5,000 raw", "png", "all"],
)
async def test_only_what_is_declared_is_sent(declared: list[str], sent: str | None) -> None:
    seen: list[dict[str, Any]] = []

    def act(request: dict[str, Any]) -> bytes:
        seen.append(request)
        return answer()

    with Server(serve(declared, act)) as server:
        policy, episode_id = await begin(server.url)
        for step, observation in enumerate(OBSERVATIONS):
            await policy.act(episode_id, step, observation)
        assert len((await policy.health()).image_encodings) <= 3
        await policy.close()
    assert len(seen) == len(OBSERVATIONS)
    assert {image.get("encoding") for request in seen for image in request["images"].values()} == {sent}


async def test_more_declarations_than_an_answer_may_hold_are_refused() -> None:
    hostile = serve([f"made-up-{i}" for i in range(10_000)], lambda _: answer())
    with Server(hostile) as server, pytest.raises(PolicyMisbehaved) as caught:
        await begin(server.url)
    assert caught.value.reason == Reason.TOO_LARGE


async def test_a_server_that_lost_its_state_loses_no_step() -> None:
    seen: list[int] = []

    def act(request: dict[str, Any]) -> bytes:
        seen.append(bases(request))
        lost = request["step"] == 2 and bases(request)
        return answer(b"{}", "409 Conflict") if lost else answer()

    with Server(serve(["delta"], act)) as server:
        policy, episode_id = await begin(server.url)
        for step, observation in enumerate(OBSERVATIONS[:4]):
            await policy.act(episode_id, step, observation)
        await policy.close()
    assert [bool(count) for count in seen] == [False, True, True, False, True]


async def test_a_server_that_always_asks_is_sent_whole_images_from_then_on() -> None:
    seen: list[int] = []

    def act(request: dict[str, Any]) -> bytes:
        seen.append(bases(request))
        return answer(b"{}", "409 Conflict") if bases(request) else answer()

    with Server(serve(["delta"], act)) as server:
        policy, episode_id = await begin(server.url)
        for step, observation in enumerate(OBSERVATIONS):
            await policy.act(episode_id, step, observation)
        await policy.close()
    assert sum(map(bool, seen)) == MAX_LOSSES
    assert len(seen) == len(OBSERVATIONS) + MAX_LOSSES


async def test_asking_for_more_than_whole_images_is_a_fault() -> None:
    count = 0

    def act(_: dict[str, Any]) -> bytes:
        nonlocal count
        count += 1
        return answer() if count == 1 else answer(b"{}", "409 Conflict")

    with Server(serve(["delta"], act)) as server:
        policy, episode_id = await begin(server.url)
        await policy.act(episode_id, 0, OBSERVATIONS[0])
        with pytest.raises(PolicyMisbehaved) as caught:
            await policy.act(episode_id, 1, OBSERVATIONS[1])
        await policy.close()
    assert caught.value.reason == Reason.HTTP_STATUS
    assert count == 3


async def test_both_answers_share_one_deadline() -> None:
    """The first answer takes more than half of the deadline, and so does the second."""
    calls = 0

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        while True:
            path, body = await read_request(reader)
            if path == "/act":
                calls += 1
                if calls > 1:
                    await asyncio.sleep(0.6)
                writer.write(answer(b"{}", "409 Conflict") if calls == 2 else answer())
            elif path == "/health":
                writer.write(answer(b'{"image_encodings": ["delta"]}'))
            else:
                episode_id = json.loads(body)["task_config"]["episode_id"]
                writer.write(answer(json.dumps({"episode_id": episode_id}).encode()))

    with Server(behave) as server:
        policy, episode_id = await begin(server.url, Deadlines(act_s=1.0))
        await policy.act(episode_id, 0, OBSERVATIONS[0])
        with pytest.raises(PolicyMisbehaved) as caught:
            await policy.act(episode_id, 1, OBSERVATIONS[1])
        await policy.close()
    assert caught.value.reason == Reason.TIMEOUT
    assert calls == 3


async def test_after_a_failed_step_images_are_whole() -> None:
    seen: list[int] = []

    def act(request: dict[str, Any]) -> bytes:
        seen.append(bases(request))
        return answer(b"{}", "500 X") if request["step"] == 1 else answer()

    with Server(serve(["delta"], act)) as server:
        policy, episode_id = await begin(server.url)
        await policy.act(episode_id, 0, OBSERVATIONS[0])
        with pytest.raises(PolicyMisbehaved):
            await policy.act(episode_id, 1, OBSERVATIONS[1])
        await policy.act(episode_id, 2, OBSERVATIONS[2])
        await policy.close()
    assert [bool(count) for count in seen] == [False, True, False]


def act_on_mean(channels: slice) -> Callable[[dict[str, Any]], bytes]:
    """Decode PNG with another library, or take the pixels as they are; the action is the mean of the first channels."""

    def act(request: dict[str, Any]) -> bytes:
        image = request["images"]["corner"]
        if image.get("encoding") == "png":
            with Image.open(io.BytesIO(image["data"])) as file:
                pixels = np.asarray(file)[..., channels]
        else:
            pixels = np.frombuffer(image["data"], np.uint8).reshape(image["shape"])
        return answer(json.dumps({"action": [*(pixels.mean((0, 1)) / 255).tolist(), 0.0]}).encode())

    return act


async def test_the_check_compares_actions_in_every_encoding() -> None:
    with Server(serve(["png"], act_on_mean(slice(None)))) as server:
        result = await run_check("images", Subject(server.url))
    assert (result.verdict, result.detail) == (ConformanceVerdict.PASSED, "png: same actions")
    with Server(serve(["png"], act_on_mean(slice(None, None, -1)))) as server:
        result = await run_check("images", Subject(server.url))
    assert result.verdict is ConformanceVerdict.FAILED
    assert "images in png and raw gave different actions" in result.detail


async def test_the_check_finds_a_server_that_acts_on_what_it_cannot_know() -> None:
    with Server(serve(["delta"], lambda _: answer())) as server:
        result = await run_check("images", Subject(server.url))
    assert result.verdict is ConformanceVerdict.FAILED
    assert "had not been sent were answered with status 200; 409 asks for whole ones" in result.detail


async def test_a_server_without_image_encodings_conforms() -> None:
    with Server(serve(["raw"], lambda _: answer())) as server:
        result = await run_check("images", Subject(server.url))
    assert result.verdict is ConformanceVerdict.PASSED
    assert "raw only" in result.detail
