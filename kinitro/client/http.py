"""The HTTP client of the API, for executors, verifiers, validators and auditors. It does not need PostgreSQL.

>>> async with ApiClient("https://api.example.org") as api:
...     weights = await api.weights_latest()

Whatever may be repeated is retried with growing pauses; every failure is an ApiUnavailable or an ApiRefused with one
sentence. The API is not trusted: its answers are limited in size and checked against their types. Only the API's own
problem documents are refusals: a page that a proxy shows instead means that the API is unavailable. Proxies and
certificates of the environment are used (see `kinitro.outgoing_http`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar
from urllib.parse import urlsplit

import httpx2
import stamina
from pydantic import BaseModel, ValidationError

from kinitro import __version__
from kinitro.client.errors import ApiNotFound, ApiRefused, ApiUnauthorized, ApiUnavailable, LeaseLost
from kinitro.client.messages import (
    PROBLEM_MEDIA_TYPE,
    PROBLEM_TYPE,
    UNKNOWN_PATH,
    ApiHealth,
    EnvironmentList,
    FetchRequest,
    FetchResponse,
    HeartbeatResponse,
    MinerList,
    MinerStatus,
    ReleaseResponse,
    Scores,
    Status,
    SubmitRequest,
    SubmitResponse,
    TaskStats,
    Weights,
)
from kinitro.client.verdicts import (
    VerificationLease,
    VerificationReport,
    VerificationRequest,
    VerificationResponse,
    VerificationStatus,
)
from kinitro.credentials import clean_credential, public_url
from kinitro.errors import ConfigurationError
from kinitro.outgoing_http import open_client

M = TypeVar("M", bound=BaseModel)
RequestSigning: TypeAlias = Callable[[str, str, bytes], Mapping[str, str]]
"""Called with method, path and body, it returns headers; `kinitro.policies.RequestSigner` is one."""

ANSWER_LIMIT_BYTES = 64 * 2**20
TRIES = 5
RETRY_FOR_S = 30.0
BUSY_STATUSES = frozenset({429, 502, 503, 504})


class _Busy(ApiUnavailable):
    """The request may succeed if it is tried again."""


class ApiClient:
    """A connection to one API. `key` is an executor key; public reads need none."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout_s: float = 30.0,
        tries: int = TRIES,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        if not _is_address(base_url):
            raise ConfigurationError(
                f"The API's address cannot be {public_url(base_url)!r}: write http://host:port or https://host."
            )
        self.base_url = base_url.rstrip("/")
        self._shown = public_url(base_url)
        self._tries = tries
        headers = {"user-agent": f"kinitro/{__version__}"}
        if key:
            headers["authorization"] = f"Bearer {clean_credential(key, 'The key for the API')}"
        self._http = open_client(base_url=self.base_url, headers=headers, timeout=timeout_s, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def health(self) -> ApiHealth:
        return await self.get("/health", ApiHealth)

    async def status(self) -> Status:
        return await self.get("/v1/status", Status)

    async def weights_latest(self) -> Weights:
        """The last published weights; raises ApiNotFound before the first."""
        return await self.get("/v1/weights/latest", Weights)

    async def weights_at(self, block: int) -> Weights:
        """The weights whose snapshot block is the newest that is not after `block`."""
        return await self.get(f"/v1/weights/{block}", Weights)

    async def scores_latest(self) -> Scores:
        return await self.get("/v1/scores/latest", Scores)

    async def scores(self, cycle_id: int) -> Scores:
        return await self.get(f"/v1/scores/{cycle_id}", Scores)

    async def miners(self) -> MinerList:
        return await self.get("/v1/miners", MinerList)

    async def miner_status(self, miner: int | str, signer: RequestSigning | None = None) -> MinerStatus:
        """Read the status of a uid or hotkey; with the miner's own signer also the faults of a running cycle."""
        path = f"/v1/miners/{miner}/status"
        return await self._call("GET", path, MinerStatus, headers=None if signer is None else signer("GET", path, b""))

    async def environments(self) -> EnvironmentList:
        return await self.get("/v1/environments", EnvironmentList)

    async def task_stats(self) -> TaskStats:
        return await self.get("/v1/tasks/stats", TaskStats)

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """Lease tasks. Tried once, because an answer that got lost is a lease that was given: ask again later."""
        return await self._call("POST", "/v1/tasks/fetch", FetchResponse, body=request, tries=1)

    async def submit(self, request: SubmitRequest) -> SubmitResponse:
        """Report results; repeating a report is harmless, so a broken connection is retried."""
        return await self._call("POST", "/v1/tasks/submit", SubmitResponse, body=request)

    async def heartbeat(self, lease_id: int) -> HeartbeatResponse:
        """Extend a lease; raises LeaseLost when it is gone."""
        return await self._call("POST", f"/v1/leases/{lease_id}/heartbeat", HeartbeatResponse)

    async def release(self, lease_id: int) -> ReleaseResponse:
        """Give tasks back untried; raises LeaseLost when the lease is gone."""
        return await self._call("POST", f"/v1/leases/{lease_id}/release", ReleaseResponse)

    async def fetch_verification(self, request: VerificationRequest) -> VerificationResponse:
        """Lease one recording to verify. Tried once, as `fetch` is."""
        return await self._call("POST", "/v1/verifications/fetch", VerificationResponse, body=request, tries=1)

    async def extend_verification(self, lease: VerificationLease) -> HeartbeatResponse:
        """Extend a verifier's lease; raises LeaseLost when it is gone."""
        return await self._call("POST", "/v1/verifications/heartbeat", HeartbeatResponse, body=lease)

    async def submit_verdict(self, report: VerificationReport) -> VerificationStatus:
        """Report a verdict; repeating it is harmless."""
        return await self._call("POST", "/v1/verifications/submit", VerificationStatus, body=report)

    async def sealed_pack(self, digest: str) -> bytes:
        """The bytes of the pack with this digest, for the keys of executors and verifiers; not checked yet."""
        return await self.get_bytes(f"/v1/packs/{digest}")

    async def revealed_pack(self, cycle_id: int) -> bytes:
        """The bytes of the pack of a cycle that is over; not checked yet. Raises ApiNotFound before that."""
        return await self.get_bytes(f"/v1/cycles/{cycle_id}/pack")

    async def get(self, path: str, model: type[M], params: Mapping[str, str | int] | None = None) -> M:
        """Read something public and return it as `model`; raises ApiUnavailable, ApiRefused."""
        return await self._call("GET", path, model, params=params)

    async def get_bytes(self, path: str, params: Mapping[str, str | int] | None = None) -> bytes:
        """Read something public and return the bytes of the answer; raises ApiUnavailable, ApiRefused."""
        return await self._send("GET", path, None, params, self._tries)

    async def _call(
        self,
        method: str,
        path: str,
        model: type[M],
        *,
        body: BaseModel | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        tries: int | None = None,
    ) -> M:
        content = body.model_dump_json().encode() if body is not None else None
        answer = await self._send(method, path, content, params, tries or self._tries, headers)
        try:
            return model.model_validate_json(answer)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "the whole body"
            raise ApiUnavailable(
                f"{self._shown}{path} answered something that is not a valid {model.__name__} "
                f"({field}: {first['msg']}): "
                "is it a Kinitro API of this version?"
            ) from None

    async def _send(
        self,
        method: str,
        path: str,
        content: bytes | None,
        params: Mapping[str, str | int] | None,
        tries: int,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        retries = stamina.retry_context(
            on=_Busy, attempts=tries, timeout=RETRY_FOR_S, wait_initial=0.1, wait_max=5.0, wait_jitter=0.5
        )
        async for attempt in retries:
            with attempt:
                return await self._try_once(method, path, content, params, headers or {})
        raise AssertionError("unreachable")

    async def _try_once(
        self,
        method: str,
        path: str,
        content: bytes | None,
        params: Mapping[str, str | int] | None,
        headers: Mapping[str, str],
    ) -> bytes:
        headers = {**headers, **({"content-type": "application/json"} if content is not None else {})}
        try:
            async with self._http.stream(method, path, content=content, params=params, headers=headers) as response:
                answer = bytearray()
                async for part in response.aiter_bytes():
                    answer += part
                    if len(answer) > ANSWER_LIMIT_BYTES:
                        raise ApiUnavailable(f"{self._shown}{path} answered more than {ANSWER_LIMIT_BYTES} bytes.")
        except httpx2.TimeoutException:
            raise _Busy(f"{self._shown}{path} did not answer in time: is the API overloaded?") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise _Busy(f"{self._shown} cannot be reached ({reason}): is the API running there?") from None
        if response.is_success:
            return bytes(answer)
        raise _classify_failure(response, f"{self._shown}{path}", bytes(answer))


def _is_address(url: str) -> bool:
    """Return whether requests can be sent below this URL."""
    try:
        parts = urlsplit(url)
        httpx2.URL(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (ValueError, httpx2.InvalidURL):  # brackets, characters or a port that no address has
        return False


class _ReadProblem(BaseModel):
    """A `kinitro.client.messages.Problem` of any version."""

    type: str
    status: int
    detail: Any


def _classify_failure(response: httpx2.Response, address: str, answer: bytes) -> ApiUnavailable | ApiRefused:
    """Turn an answer other than success into the error that it means."""
    status = response.status_code
    problem = _parse_problem(response, answer)
    if problem is None:
        page = _make_printable(answer[:100].decode(errors="replace")) or "nothing"
        return _Busy(
            f"{address} answered {status} with something that is not from a Kinitro API of this version ({page}): "
            "is the address right, and is a proxy in between?"
        )
    detail = _describe_detail(problem)
    if status in BUSY_STATUSES:
        return _Busy(f"{address} is busy ({status}: {detail}).")
    if problem.type == UNKNOWN_PATH:
        return ApiUnavailable(f"{address} is not known to the API there: is it of this version, and its address right?")
    if not 400 <= status < 500:
        return ApiUnavailable(f"{address} failed ({status}: {detail}).")
    return _make_refusal(status, address, detail)


def _parse_problem(response: httpx2.Response, answer: bytes) -> _ReadProblem | None:
    """Parse the API's own problem document; None if the answer is anything else."""
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != PROBLEM_MEDIA_TYPE:
        return None
    try:
        problem = _ReadProblem.model_validate_json(answer)
    except ValidationError:
        return None
    return problem if problem.type.startswith(PROBLEM_TYPE) and problem.status == response.status_code else None


def _make_refusal(status: int, address: str, detail: str) -> ApiRefused:
    kinds: dict[int, type[ApiRefused]] = {
        401: ApiUnauthorized,
        403: ApiUnauthorized,
        404: ApiNotFound,
        409: LeaseLost,
    }
    return kinds.get(status, ApiRefused)(f"{address} refused ({status}): {detail}", status)


def _describe_detail(problem: _ReadProblem) -> str:
    """The reason in the problem, shortened and printable, because it is untrusted text."""
    detail = problem.detail
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        place = ".".join(str(part) for part in detail[0].get("loc", ()))
        detail = f"{place}: {detail[0].get('msg', '')}"
    return _make_printable(str(detail or "no reason given"))[:500]


def _make_printable(text: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
