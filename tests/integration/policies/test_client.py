"""The client against servers that mean harm: each ends in its named error, in time, at little cost."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import time

import msgspec
import numpy as np
import pytest

from kinitro.environments.interface import Observation
from kinitro.evaluation.episode import negotiate
from kinitro.policies.client import Deadlines, HttpPolicy
from kinitro.policies.connection import FREE_FRAGMENTS, PAUSE_S, PolicyConnection
from kinitro.policies.errors import PolicyError, PolicyFailed, PolicyMisbehaved, PolicyUnreachable, Reason
from kinitro.policies.messages import ACT_DEADLINE_S, MAX_CHUNK, MAX_CONCURRENT_EPISODES, MAX_RESPONSE_BYTES, TaskConfig
from tests.integration.policies.certificates import server_tls
from tests.integration.policies.hostile import (
    ACTION,
    MIB,
    Server,
    answer,
    hangs_up,
    keeps_alive,
    never_reading,
    read_request,
    resets,
    says,
    says_nothing,
)

IMAGE = np.zeros((84, 84, 3), np.uint8)
OBSERVATION = Observation(np.zeros(4, np.float32), dict.fromkeys(("corner", "corner4", "gripper"), IMAGE))
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"

HOSTILE = {
    "trickled body": (says(HEAD + b"content-length: 1000\r\n\r\n", b" ", every_s=0.02, endless=True), Reason.TIMEOUT),
    "trickled headers": (says(HEAD, b"x-a: b\r\n", every_s=0.02, endless=True), Reason.TIMEOUT),
    "trickled status line": (says(b"H", b"T", b"T", b"P", b"/", every_s=0.2), Reason.TIMEOUT),
    "silence": (says_nothing, Reason.TIMEOUT),
    "1 GB declared": (says(HEAD + b"content-length: 1073741824\r\n\r\n", MIB, endless=True), Reason.TOO_LARGE),
    "1 GB in chunks": (says(CHUNKED, b"100000\r\n" + MIB + b"\r\n", endless=True), Reason.TOO_LARGE),
    "1 GB until close": (says(HEAD + b"\r\n", MIB, endless=True), Reason.TOO_LARGE),
    "endless chunk extension": (says(CHUNKED + b"1;", b"a" * 65536, endless=True), Reason.TOO_LARGE),
    "endless trailers": (says(CHUNKED + b"0\r\n", b"x-a: b\r\n" * 1000, endless=True), Reason.TOO_LARGE),
    "tiny chunks": (says(CHUNKED, b"1\r\n \r\n" * 10_000, endless=True), Reason.TOO_LARGE),
    "flood of interim answers": (says(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10_000, endless=True), Reason.TOO_LARGE),
    "10,000 headers": (says(HEAD + b"x: y\r\n" * 10_000 + b"\r\n"), Reason.TOO_LARGE),
    "a header of 1 MiB": (says(HEAD + b"x: ", b"y" * (1 << 20)), Reason.TOO_LARGE),
    "an endless status line": (says(b"HTTP/1.1 200 ", b"y" * 65536, endless=True), Reason.TOO_LARGE),
    "gzip bomb": (
        says(answer(gzip.compress(bytes(40_000_000))[:60_000], "200 OK", "content-encoding: gzip")),
        Reason.CONTENT_ENCODING,
    ),
    "redirect to the metadata service": (
        says(answer(b"", "307 Temporary Redirect", "location: http://169.254.169.254/latest/meta-data/")),
        Reason.REDIRECT,
    ),
    "HTTP/0.9": (says(ACTION), Reason.MALFORMED_HTTP),
    "another protocol": (says(b"SSH-2.0-OpenSSH_9.6\r\n"), Reason.MALFORMED_HTTP),
    "upgrade": (says(b"HTTP/1.1 101 X\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"), Reason.MALFORMED_HTTP),
    "two lengths": (says(HEAD + b"content-length: 32\r\ncontent-length: 33\r\n\r\n" + ACTION), Reason.MALFORMED_HTTP),
    "length that overflows": (says(HEAD + b"content-length: " + b"9" * 40 + b"\r\n\r\n"), Reason.MALFORMED_HTTP),
    "hangs up": (hangs_up, Reason.DISCONNECTED),
    "hangs up in the body": (says(HEAD + b"content-length: 100\r\n\r\n" + ACTION), Reason.DISCONNECTED),
    "hangs up in a chunk": (says(CHUNKED + b"20\r\n{"), Reason.DISCONNECTED),
    "resets": (resets, Reason.DISCONNECTED),
    "no content": (says(b"HTTP/1.1 204 No Content\r\n\r\n"), Reason.HTTP_STATUS),
    "server error": (says(answer(b'{"detail": "CUDA out of memory"}', "500 X")), Reason.HTTP_STATUS),
    "login page": (says(answer(b"<html>", "403 Forbidden")), Reason.HTTP_STATUS),
    "html": (says(answer(b"<html></html>")), Reason.MALFORMED_BODY),
    "empty": (says(answer(b"")), Reason.MALFORMED_BODY),
    "NaN": (says(answer(b'{"action": [NaN, 0, 0, 0]}')), Reason.ACTION_NOT_FINITE),
    "strings": (says(answer(b'{"action": ["1", "1", "1", "1"]}')), Reason.MALFORMED_BODY),
    "nested": (says(answer(b'{"action": [[[0, 0, 0, 0]]]}')), Reason.MALFORMED_BODY),
    "deeply nested": (says(answer(b"[" * 60_000)), Reason.MALFORMED_BODY),
    "three numbers": (says(answer(b'{"action": [0, 0, 0]}')), Reason.ACTION_SHAPE),
    "no numbers": (says(answer(b'{"action": []}')), Reason.ACTION_SHAPE),
    "more than max_chunk": (says(answer(b'{"action": [[0, 0, 0, 0], [0, 0, 0, 0]]}')), Reason.ACTION_SHAPE),
    "a million numbers": (says(answer(b'{"action": [' + b"0," * 30_000 + b"0]}")), Reason.ACTION_SHAPE),
    "NaN in msgpack": (
        says(
            answer(msgspec.msgpack.encode({"action": [float("nan")] * 4})).replace(
                b"application/json", b"application/msgpack"
            )
        ),
        Reason.ACTION_NOT_FINITE,
    ),
}


def local(url: str, **arguments: object) -> HttpPolicy:
    return HttpPolicy(url, allow_private=True, **arguments)  # type: ignore[arg-type]


def task(episode_id: str = "e") -> TaskConfig:
    return TaskConfig("metaworld/push-v3", "push", "push it", episode_id, 500, 80.0, ("corner",), (84, 84))


@pytest.mark.parametrize("name", HOSTILE)
async def test_every_misbehaviour_has_its_name_and_ends_in_time(name: str) -> None:
    behaviour, reason = HOSTILE[name]
    with Server(behaviour) as server:
        policy = local(server.url)
        begun, cpu_begun = time.monotonic(), time.thread_time()
        with pytest.raises(PolicyMisbehaved) as caught:
            await policy.act("e", 0, OBSERVATION)
        assert time.monotonic() - begun < 0.5 + 0.25
        assert time.thread_time() - cpu_begun < 0.025, "three forfeits must stay under 5 % of an episode's 1.5 s"
        assert caught.value.reason == reason, caught.value
        assert len(str(caught.value)) < 400
        await policy.close()


async def test_others_go_on_while_one_server_floods() -> None:
    """The event loop is never held up for long, so other episodes' answers stay in time."""
    flood, _ = HOSTILE["flood of interim answers"]
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            begun = time.thread_time()
            await asyncio.sleep(0.001)
            longest = max(longest, time.thread_time() - begun)

    with Server(flood) as server:
        policy = local(server.url)
        watching = asyncio.create_task(watch())
        for _ in range(10):
            with pytest.raises(PolicyMisbehaved):
                await policy.act("e", 0, OBSERVATION)
        watching.cancel()
        assert longest < 0.02
        await policy.close()


async def test_a_server_that_never_reads_is_late() -> None:
    async with never_reading() as url:
        policy = local(url)
        big = Observation(np.zeros(4, np.float32), {"corner": np.zeros((3000, 3000, 3), np.uint8)})
        with pytest.raises(PolicyMisbehaved) as caught:
            await policy.act("e", 0, big)
        assert caught.value.reason == Reason.TIMEOUT
        await policy.close()


async def test_an_answer_in_tiny_pieces_is_looked_at_now_and_then(monkeypatch) -> None:
    looks = []
    original = PolicyConnection.data_received

    def counting(connection: PolicyConnection, data: bytes) -> None:
        looks.append(len(data))
        original(connection, data)

    monkeypatch.setattr(PolicyConnection, "data_received", counting)
    behaviour = says(HEAD + b"content-length: 60000\r\n\r\n", b" ", every_s=0.0005, endless=True)
    with Server(behaviour) as server:
        policy = local(server.url)
        with pytest.raises(PolicyMisbehaved) as caught:
            await policy.act("e", 0, OBSERVATION)
        await policy.close()
    assert caught.value.reason == Reason.TIMEOUT
    assert sum(looks) > 3 * len(looks), "it came in more pieces than were looked at"
    assert len(looks) <= FREE_FRAGMENTS + ACT_DEADLINE_S / PAUSE_S + 2


@pytest.mark.parametrize("pieces", [2, 40])
async def test_an_honest_answer_in_pieces_is_taken(pieces: int) -> None:
    whole = answer(ACTION)
    size = -(-len(whole) // pieces)
    with Server(says(*(whole[i : i + size] for i in range(0, len(whole), size)), every_s=0.001)) as server:
        policy = local(server.url)
        assert (await policy.act("e", 0, OBSERVATION)).shape == (1, 4)
        await policy.close()


async def test_a_trickled_reset_is_late_too() -> None:
    with Server(says(HEAD + b"content-length: 99\r\n\r\n", b" ", every_s=0.02, endless=True)) as server:
        policy = local(server.url, deadlines=Deadlines(reset_s=0.3))
        with pytest.raises(PolicyMisbehaved) as caught:
            await policy.reset(task())
        assert caught.value.reason == Reason.TIMEOUT
        await policy.close()


# where it may connect to


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "169.254.169.254"])
async def test_loopback_and_metadata_are_never_called(host: str) -> None:
    with Server(keeps_alive(lambda path, body: answer())) as server:
        policy = HttpPolicy(f"http://{host}:{server.port}")
        with pytest.raises(PolicyUnreachable) as caught:
            await policy.act("e", 0, OBSERVATION)
        assert caught.value.reason == Reason.ADDRESS_REFUSED
        assert server.connections == 0


@pytest.mark.parametrize("url", ["http://user@example.com", "ftp://example.com", "http://example.com:22", "nonsense"])
async def test_a_bad_endpoint_shows_in_the_first_call(url: str) -> None:
    with pytest.raises(PolicyUnreachable) as caught:
        await HttpPolicy(url).health()
    assert caught.value.reason == Reason.BAD_ENDPOINT


async def test_a_name_that_changes_between_lookups_moves_nothing() -> None:
    """DNS rebinding: every connection of an episode goes to the address that was found and checked first."""
    looked_up: list[str] = []

    async def lookup(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["127.0.0.2"]

    with Server(says(answer(ACTION, "200 OK", "connection: close"))) as server:
        policy = local(f"http://policy.example:{server.port}", lookup=lookup)
        for step in range(3):
            await policy.act("e", step, OBSERVATION)
        assert server.connections == 3
        assert looked_up == ["policy.example"]
        await policy.close()


async def test_a_name_that_turns_private_is_refused(monkeypatch) -> None:
    monkeypatch.setattr("kinitro.policies.transport.PIN_LIMIT_S", 0.0)
    answers = [["203.0.113.1"], ["127.0.0.1"]]
    monkeypatch.setattr("kinitro.policies.endpoints.is_public", lambda address: address.startswith("203."))

    async def lookup(host: str, port: int) -> list[str]:
        return answers.pop(0)

    with Server(keeps_alive(lambda path, body: answer())) as server:
        policy = HttpPolicy(f"http://policy.example:{server.port}", lookup=lookup, deadlines=Deadlines(reset_s=0.2))
        with pytest.raises(PolicyUnreachable):
            await policy.reset(task())  # nobody is at the documentation address
        with pytest.raises(PolicyUnreachable) as caught:
            await policy.reset(task())
        assert caught.value.reason == Reason.ADDRESS_REFUSED
        assert server.connections == 0


async def test_a_lookup_that_hangs_is_no_connection_in_time() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    policy = local("http://policy.example:8000", lookup=lookup)
    begun = time.monotonic()
    with pytest.raises(PolicyUnreachable) as caught:
        await policy.act("e", 0, OBSERVATION)
    assert caught.value.reason == Reason.CONNECTION_TIMEOUT
    assert time.monotonic() - begun < 0.75


async def test_the_next_address_is_tried_when_the_first_is_dead() -> None:
    async def lookup(host: str, port: int) -> list[str]:
        return ["127.0.0.9", "127.0.0.1"]

    with Server(keeps_alive(lambda path, body: answer())) as server:
        policy = local(f"http://policy.example:{server.port}", lookup=lookup)
        assert (await policy.act("e", 0, OBSERVATION)).shape == (1, 4)
        await policy.close()


async def test_nobody_listening_is_unreachable() -> None:
    with Server(says_nothing) as server:
        url = server.url
    with pytest.raises(PolicyUnreachable) as caught:
        await local(url).health()
    assert caught.value.reason == Reason.CONNECTION_REFUSED


# TLS


async def test_tls_is_verified(tmp_path) -> None:
    good, certificate = server_tls(tmp_path, "127.0.0.1")
    trusting = ssl.create_default_context(cafile=certificate)
    with Server(keeps_alive(lambda path, body: answer()), tls=good) as server:
        policy = local(server.url, tls=trusting, deadlines=Deadlines(act_s=5.0))
        for step in range(3):
            await policy.act("e", step, OBSERVATION)
        assert server.connections == 1
        await policy.close()
        with pytest.raises(PolicyUnreachable) as caught:  # self-signed
            await local(server.url, deadlines=Deadlines(act_s=5.0)).act("e", 0, OBSERVATION)
        assert caught.value.reason == Reason.TLS_FAILURE


@pytest.mark.parametrize(("name", "expired"), [("other.example", False), ("127.0.0.1", True)])
async def test_a_certificate_for_another_host_or_time_is_refused(tmp_path, name: str, expired: bool) -> None:
    context, certificate = server_tls(tmp_path, name, expired=expired)
    with Server(keeps_alive(lambda path, body: answer()), tls=context) as server:
        policy = local(server.url, tls=ssl.create_default_context(cafile=certificate), deadlines=Deadlines(act_s=5.0))
        with pytest.raises(PolicyUnreachable) as caught:
            await policy.act("e", 0, OBSERVATION)
        assert caught.value.reason == Reason.TLS_FAILURE


async def test_plain_http_where_tls_is_expected() -> None:
    async def speak_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer())
        await writer.drain()
        await asyncio.sleep(5)

    with Server(speak_first) as server, pytest.raises(PolicyUnreachable) as caught:
        await local(server.url.replace("http:", "https:")).act("e", 0, OBSERVATION)
    assert caught.value.reason == Reason.TLS_FAILURE


async def test_a_handshake_that_never_ends_is_no_connection_in_time() -> None:
    with Server(says_nothing) as server, pytest.raises(PolicyUnreachable) as caught:
        await local(server.url.replace("http:", "https:")).act("e", 0, OBSERVATION)
    assert caught.value.reason == Reason.CONNECTION_TIMEOUT


# connections


async def test_one_connection_serves_many_calls() -> None:
    with Server(keeps_alive(lambda path, body: answer())) as server:
        policy = local(server.url)
        for step in range(20):
            await policy.act("e", step, OBSERVATION)
        assert server.connections == 1
        await asyncio.gather(*(policy.act("e", step, OBSERVATION) for step in range(8)))
        assert server.connections <= 8
        await policy.close()


async def test_a_connection_closed_while_idle_costs_nothing() -> None:
    with Server(says(answer())) as server:  # hangs up after each answer without saying so
        policy = local(server.url)
        for step in range(5):
            assert (await policy.act("e", step, OBSERVATION)).shape == (1, 4)
        await policy.close()


async def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    async def late_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            _, body = await read_request(reader)
            step = json.loads(body)["step"]
            await asyncio.sleep(0.3 if step == 0 else 0)
            writer.write(answer(json.dumps({"action": [step, 0, 0, 0]}).encode()))
            await writer.drain()

    with Server(late_once) as server:
        policy = local(server.url, deadlines=Deadlines(act_s=0.2))
        with pytest.raises(PolicyMisbehaved):
            await policy.act("e", 0, OBSERVATION)
        for step in (1, 2):
            assert (await policy.act("e", step, OBSERVATION))[0, 0] == step
        await policy.close()


async def test_an_unasked_second_answer_closes_the_connection() -> None:
    with Server(keeps_alive(lambda path, body: answer() + answer(b'{"action": [9, 9, 9, 9]}'))) as server:
        policy = local(server.url)
        for step in range(3):
            assert (await policy.act("e", step, OBSERVATION))[0, 0] == np.float32(0.1)
        assert server.connections == 3
        await policy.close()


async def test_a_server_that_dies_in_the_middle() -> None:
    with Server(keeps_alive(lambda path, body: answer())) as server:
        policy = local(server.url)
        await policy.act("e", 0, OBSERVATION)
        server.stop()
        with pytest.raises(PolicyError) as caught:
            await policy.act("e", 1, OBSERVATION)
        assert caught.value.reason in (Reason.CONNECTION_REFUSED, Reason.DISCONNECTED)
        await policy.close()


async def test_an_answer_that_was_in_time_counts_even_if_we_were_busy() -> None:
    """The evaluator's own delay must not cost the miner a step."""
    with Server(keeps_alive(lambda path, body: answer())) as server:
        policy = local(server.url, deadlines=Deadlines(act_s=0.2))
        await policy.act("e", 0, OBSERVATION)
        call = asyncio.create_task(policy.act("e", 1, OBSERVATION))
        await asyncio.sleep(0)  # the request is on its way
        time.sleep(0.4)  # noqa: ASYNC251 - the point of this test
        assert (await call).shape == (1, 4)
        await policy.close()


async def test_interim_answers_and_old_http_are_understood() -> None:
    for sent in (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + answer(),
        b"HTTP/1.0 200 OK\r\n\r\n" + ACTION,
        CHUNKED + b"20\r\n" + ACTION + b"\r\n0\r\n\r\n",
    ):
        with Server(says(sent)) as server:
            policy = local(server.url)
            assert (await policy.act("e", 0, OBSERVATION)).shape == (1, 4)
            await policy.close()


async def test_a_policy_over_a_unix_socket(tmp_path) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(ACTION, "200 OK", "connection: close"))
        await writer.drain()
        writer.close()

    path = tmp_path / "policy.sock"
    server = await asyncio.start_unix_server(converse, path)
    policy = HttpPolicy("http://policy", unix_socket=path)
    assert (await policy.act("e", 0, OBSERVATION)).shape == (1, 4)
    await policy.close()
    server.close()
    with pytest.raises(PolicyUnreachable):
        await HttpPolicy("http://policy", unix_socket=tmp_path / "none.sock").health()


# /health and /reset


async def test_declarations_are_cut_to_the_limits() -> None:
    body = b'{"status": "ok", "max_concurrent_episodes": 100000, "max_chunk": -3, "encodings": ["cbor"]}'
    with Server(keeps_alive(lambda path, _: answer(body))) as server:
        policy = local(server.url)
        health = await policy.health()
        assert (health.max_concurrent_episodes, health.max_chunk) == (MAX_CONCURRENT_EPISODES, 1)
        await policy.close()
    body = b'{"status": "ok", "max_chunk": 9999}'
    with Server(keeps_alive(lambda path, _: answer(body))) as server:
        policy = local(server.url)
        assert (await policy.health()).max_chunk == MAX_CHUNK
        await policy.close()


@pytest.mark.parametrize("body", [b'{"status": "loading"}', b'{"status": "ok", "protocol": 2}'])
async def test_a_server_that_is_not_ready(body: bytes) -> None:
    with Server(keeps_alive(lambda path, _: answer(body))) as server:
        policy = local(server.url)
        with pytest.raises(PolicyMisbehaved) as caught:
            await policy.health()
        assert caught.value.reason == Reason.NOT_READY
        await policy.close()


@pytest.mark.parametrize(
    ("body", "status", "kind", "says"),
    [
        (b'{"status": "loading"}', "503 X", PolicyMisbehaved, "status 'loading'"),
        (b'{"status": "failed", "detail": "OSError: no\\nweights"}', "503 X", PolicyFailed, r"OSError: no weights"),
        (b'{"status": "failed"}', "200 OK", PolicyFailed, "status 'failed'"),
    ],
)
async def test_health_says_whether_waiting_helps(body: bytes, status: str, kind: type, says: str) -> None:
    with Server(keeps_alive(lambda path, _: answer(body, status))) as server:
        policy = local(server.url)
        with pytest.raises(PolicyMisbehaved, match=says) as caught:
            await policy.health()
        assert type(caught.value) is kind
        assert caught.value.reason == Reason.NOT_READY
        await policy.close()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"status": "ok", "max_chunk": "8"}', "max_chunk"),
        (b'{"status": "ok", "encodings": "msgpack"}', "encodings"),
        (b'{"status": "ok", "image_encodings": "delta"}', "image_encodings"),
        (b'{"status": "ok", "image_encodings": [["delta"]]}', "image_encodings"),
        (b'{"status": true}', "status"),
        (b'["ok"]', "/health is not what the protocol says"),
    ],
)
async def test_a_wrong_type_in_health_is_named_and_not_taken_for_the_least_capable_server(
    body: bytes, says: str
) -> None:
    with Server(keeps_alive(lambda path, _: answer(body))) as server:
        policy = local(server.url)
        with pytest.raises(PolicyMisbehaved, match=says) as caught:
            await negotiate(policy)
        assert caught.value.reason == Reason.MALFORMED_BODY
        await policy.close()


async def test_a_server_without_health_is_the_least_capable_one() -> None:
    with Server(keeps_alive(lambda path, _: answer(b"{}", "404 Not Found"))) as server:
        policy = local(server.url)
        await negotiate(policy)
        await policy.close()


async def test_an_unknown_content_type_is_named() -> None:
    with Server(keeps_alive(lambda path, _: answer(b"<html>", content_type="text/html"))) as server:
        policy = local(server.url)
        with pytest.raises(PolicyMisbehaved, match="content type is 'text/html'"):
            await policy.health()
        await policy.close()


async def test_reset_must_answer_with_its_own_episode() -> None:
    with Server(keeps_alive(lambda path, _: answer(b'{"episode_id": "mine"}'))) as server:
        policy = local(server.url)
        with pytest.raises(PolicyMisbehaved) as caught:
            await policy.reset(task("yours"))
        assert caught.value.reason == Reason.WRONG_EPISODE
        await policy.reset(task("mine"))
        await policy.close()


async def test_the_encoding_is_negotiated() -> None:
    seen: list[bytes] = []

    def respond(path: str, body: bytes) -> bytes:
        seen.append(body)
        if path == "/health":
            return answer(b'{"status": "ok", "encodings": ["json", "msgpack"], "max_chunk": 8}')
        return answer(json.dumps({"action": [[0, 0, 0, 1]] * 8}).encode())

    with Server(keeps_alive(respond)) as server:
        policy = local(server.url)
        await policy.health()
        assert (await policy.act("e", 0, OBSERVATION)).shape == (8, 4)
        assert msgspec.msgpack.decode(seen[-1])["images"]["gripper"]["data"] == IMAGE.tobytes()
        await policy.close()


def test_an_honest_answer_is_far_below_the_byte_cap() -> None:
    chunk = json.dumps({"action": [[-0.12345678901234567] * 4] * MAX_CHUNK}).encode()
    assert len(chunk) < MAX_RESPONSE_BYTES / 8
