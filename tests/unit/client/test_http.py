"""The client believes nothing: every way in which an API can misbehave is one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
import pytest
import stamina

from kinitro.api.problems import problem
from kinitro.client import http as module
from kinitro.client.errors import ApiNotFound, ApiRefused, ApiUnauthorized, ApiUnavailable, LeaseLost
from kinitro.client.http import ApiClient
from kinitro.client.messages import UNKNOWN_PATH, FetchRequest, SubmitRequest, TaskResult
from kinitro.errors import ConfigurationError
from tests.fakes.problems import STRANGERS, problem_response

Handler = Callable[[httpx2.Request], httpx2.Response]
HEALTH = {"status": "ok", "version": "1"}


@pytest.fixture(autouse=True)
def _no_pauses() -> object:
    with stamina.set_testing(True, attempts=3):
        yield


def client(handler: Handler, key: str | None = None) -> ApiClient:
    return ApiClient("http://api.test", key, transport=httpx2.MockTransport(handler))


def answers(*responses: httpx2.Response | Exception) -> tuple[Handler, list[httpx2.Request]]:
    """Responses in turn, the last one for ever; and the requests that came."""
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        answer = responses[min(len(seen), len(responses)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler, seen


@pytest.mark.parametrize("address", ["api.test", "ftp://api.test", "http://", "", "//api.test"])
def test_an_address_without_scheme_or_host_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="write http://host:port"):
        ApiClient(address)


@pytest.mark.parametrize(
    "address",
    [
        *("http://[::1", "http://api.test:port/", "http://api.test:99999", "http://api.test:0", "http://a\nb/"),
        *("http://user:hunter2[secret@api.test", "https://\u2100.test/"),
    ],
)
def test_an_address_that_cannot_be_read_is_refused_in_one_sentence(address: str) -> None:
    with pytest.raises(ConfigurationError, match="write http://host:port") as refusal:
        ApiClient(address)
    assert "secret" not in str(refusal.value)


async def test_the_key_travels_in_the_header_only() -> None:
    handler, seen = answers(httpx2.Response(200, json=HEALTH))
    await client(handler, "kin_secret").health()
    assert seen[0].headers["authorization"] == "Bearer kin_secret"
    assert "kin_secret" not in str(seen[0].url)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ApiUnauthorized), (403, ApiUnauthorized), (404, ApiNotFound), (409, LeaseLost), (422, ApiRefused)],
)
async def test_a_refusal_carries_the_reason(status: int, kind: type[ApiRefused]) -> None:
    handler, seen = answers(problem_response(status, "because"))
    with pytest.raises(kind, match=rf"refused \({status}\): because") as caught:
        await client(handler).status()
    assert caught.value.status == status
    assert len(seen) == 1, "a refusal is not asked again"


async def test_a_field_is_named() -> None:
    detail = [{"loc": ["body", "results", 0, "steps"], "msg": "too many", "type": "x"}]
    handler, _ = answers(problem_response(422, detail))
    with pytest.raises(ApiRefused, match=r"body\.results\.0\.steps: too many"):
        await client(handler).status()


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"<html>hello</html>", b"\xff", b'{"status": "ok"}',
     b'{"status": "ok", "version": NaN}', json.dumps(HEALTH | {"more": 1}).encode(),
     b'{"status": "ok", "version": "1"'],
)  # fmt: skip
async def test_an_answer_that_is_no_answer(body: bytes) -> None:
    handler, _ = answers(httpx2.Response(200, content=body))
    with pytest.raises(ApiUnavailable, match="is not a valid ApiHealth"):
        await client(handler).health()


async def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_LIMIT_BYTES", 1000)
    handler, _ = answers(httpx2.Response(200, content=b"x" * 2000))
    with pytest.raises(ApiUnavailable, match="more than 1000 bytes"):
        await client(handler).get_bytes("/v1/whatever")


async def test_a_redirect_is_not_followed() -> None:
    handler, seen = answers(httpx2.Response(302, headers={"location": "http://inside.test/"}))
    with pytest.raises(ApiUnavailable, match="answered 302"):
        await client(handler).status()
    assert {request.url.host for request in seen} == {"api.test"}


@pytest.mark.parametrize("answer", STRANGERS.values(), ids=list(STRANGERS))
async def test_what_others_answer_in_its_place_is_no_refusal_and_asked_again(answer: httpx2.Response) -> None:
    handler, seen = answers(answer)
    with pytest.raises(ApiUnavailable, match=f"http://api.test/v1/status answered {answer.status_code}"):
        await client(handler).status()
    assert len(seen) == 3


async def test_a_path_that_the_api_does_not_know_is_no_refusal() -> None:
    refusal = problem(404, "Not Found", kind=UNKNOWN_PATH)
    handler, _ = answers(httpx2.Response(404, content=refusal.body, headers=dict(refusal.headers)))
    with pytest.raises(ApiUnavailable, match="is not known to the API there"):
        await client(handler).status()


async def test_a_password_in_the_address_is_not_shown() -> None:
    handler, _ = answers(httpx2.Response(404))
    address = "http://me:sec@ret/#@api.test"
    with pytest.raises(ApiUnavailable) as caught:
        await ApiClient("http://me:secret@api.test", transport=httpx2.MockTransport(handler)).status()
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigurationError) as refused:
        ApiClient(f"ftp{address[4:]}")
    assert "sec" not in str(refused.value)


async def test_control_characters_in_a_reason_do_not_reach_the_terminal() -> None:
    handler, _ = answers(problem_response(404, "\x1b[2Jgone\n" + "x" * 5000))
    with pytest.raises(ApiNotFound) as caught:
        await client(handler).status()
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    "trouble",
    [
        problem_response(503, "away"),
        problem_response(429, "slow down"),
        httpx2.ConnectError("refused"),
        httpx2.ReadTimeout("slow"),
    ],
)
async def test_reads_and_reports_are_tried_again(trouble: httpx2.Response | Exception) -> None:
    handler, seen = answers(trouble, httpx2.Response(200, json=HEALTH))
    assert (await client(handler).health()).version == "1"
    assert len(seen) == 2
    handler, seen = answers(trouble, httpx2.Response(200, json={"results": []}))
    await client(handler).submit(SubmitRequest(lease_id=1, results=[TaskResult(task_id=1, outcome=1, steps=1)]))
    assert [request.content for request in seen] == [seen[0].content] * 2


async def test_trouble_that_lasts_is_one_sentence() -> None:
    handler, seen = answers(httpx2.ConnectError("refused"))
    with pytest.raises(
        ApiUnavailable, match=r"http://api\.test cannot be reached \(refused\): is the API running there\?"
    ):
        await client(handler).status()
    assert len(seen) == 3


async def test_a_failure_of_the_api_is_not_hammered() -> None:
    handler, seen = answers(problem_response(500, "request 7"))
    with pytest.raises(ApiUnavailable, match="500: request 7"):
        await client(handler).status()
    assert len(seen) == 1


async def test_a_fetch_is_not_repeated_because_its_lease_may_have_been_given() -> None:
    with stamina.set_testing(False):
        handler, seen = answers(httpx2.ReadTimeout("slow"))
        with pytest.raises(ApiUnavailable, match="did not answer in time"):
            await client(handler).fetch(FetchRequest(fingerprint="p"))
        assert len(seen) == 1


def test_executors_of_before_still_read_the_reason() -> None:
    """They look at the status and at `detail` in the body, whatever its media type, and ignore all else."""
    body = json.loads(problem(409, "Lease 7 is gone.").body)
    assert body["detail"] == "Lease 7 is gone."
