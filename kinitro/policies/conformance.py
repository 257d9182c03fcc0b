"""Checks whether a server follows the protocol: for `kinitro check`, and as a test mixin.

Miners can run the checks against their own server in their own tests:

    class TestMyServer(PolicyServerConformance):
        endpoint = "http://127.0.0.1:8001"
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

import msgspec

from kinitro.environments.registry import scored_specs
from kinitro.environments.spec import EnvironmentSpec, list_bounds
from kinitro.policies.client import Deadlines, HttpPolicy, Signer
from kinitro.policies.codecs import CODECS
from kinitro.policies.endpoints import is_public, parse_endpoint, resolve
from kinitro.policies.errors import PolicyError, PolicyMisbehaved, Reason
from kinitro.policies.images import DELTA, IMAGE_ENCODINGS, RAW
from kinitro.policies.lost_images import expect_asks_for_lost, make_similar_observations
from kinitro.policies.messages import PolicyHealth
from kinitro.policies.probes import (
    ONE_PROCESS,
    Doubt,
    Nonconformity,
    expect_same,
    expect_whole,
    judge_latencies,
    make_observations,
    make_task,
    run_episode,
    run_renewing,
    run_side_by_side,
    time_episode,
    wait_for_health,
)

EPISODE_STEPS: Final = 8
"""The number of steps of the short episodes that are compared with one another."""
MAX_INTERLEAVED: Final = 8
"""The largest number of episodes at once in the check that looks for mixed-up state."""
RENEWALS: Final = 32
"""The least number of new connections in the check for episodes that only one of several processes knows."""
PATIENT: Final = Deadlines(act_s=10.0)
"""Deadlines of the checks that are not about time: a slow server shall learn that it is slow, not that episodes mix."""
DISTINCT_OBSERVATIONS: Final = 16
"""The number of observations that are used in turn when timing, so that no server can answer from memory alone."""


class ConformanceVerdict(StrEnum):
    """The result of a check."""

    PASSED = "passed"
    WARNING = "warning"
    """The server conforms, but will probably cost the miner something."""
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One row of the report: a check's name, its verdict, and one line of detail."""

    name: str
    verdict: ConformanceVerdict
    detail: str


@dataclass(slots=True)
class Subject:
    """The server under test, and what earlier checks learned about it."""

    endpoint: str
    samples: int = 100
    """The number of calls with which the latency is measured."""
    public: bool = False
    """Whether the server must have an address that the evaluator would connect to."""
    signer: Signer | None = None
    patience_s: float = 0.0
    """Seconds that the server may take to become ready before the first check."""
    specs: tuple[EnvironmentSpec, ...] = field(default_factory=scored_specs)
    """The environments that the server must serve; most checks use the first one only."""
    health: PolicyHealth = field(default_factory=PolicyHealth)

    @contextlib.asynccontextmanager
    async def connect(
        self,
        encodings: Sequence[str] = tuple(CODECS),
        deadlines: Deadlines = PATIENT,
        image_encodings: Sequence[str] = IMAGE_ENCODINGS,
    ) -> AsyncIterator[HttpPolicy]:
        """Yield a client that has connections of its own and has called /health."""
        policy = HttpPolicy(
            self.endpoint,
            allow_private=not self.public,
            signer=self.signer,
            encodings=encodings,
            image_encodings=image_encodings,
            deadlines=deadlines,
        )
        try:
            self.health = await policy.health()
            yield policy
        finally:
            await policy.close()


Check: TypeAlias = Callable[[Subject], Awaitable[str]]
"""A check returns one line of detail, or raises Nonconformity, Doubt or a PolicyError."""


async def check_address(subject: Subject) -> str:
    """The evaluator may connect to the endpoint"""
    endpoint = parse_endpoint(subject.endpoint, allow_private=not subject.public)
    addresses = await resolve(endpoint, allow_private=not subject.public)
    private = [address for address in addresses if not is_public(address)]
    if private:
        raise Doubt(f"{private[0]} is not a public address, so that the evaluator will not connect to it")
    return f"{', '.join(addresses)}" + ("" if endpoint.secure else ", without TLS")


async def check_health(subject: Subject) -> str:
    """/health answers, and declares what the server can do"""
    async with subject.connect():
        health = subject.health
    episodes = f"{health.max_concurrent_episodes} episodes at once"
    images = " and ".join(health.image_encodings) or "raw"
    said = f"{' and '.join(health.encodings)}, images {images}, {episodes}, chunks of {health.max_chunk}"
    said += f", for the hotkey {health.hotkey[:60]!r}" if health.hotkey else ""
    if "msgpack" not in health.encodings:
        raise Doubt(f"{said}; msgpack would make requests a quarter smaller and much cheaper to decode")
    return said


async def check_environments(subject: Subject) -> str:
    """Every environment can be reset and acted in"""
    outside = 0
    async with subject.connect() as policy:
        for spec in subject.specs:
            low, high = list_bounds(spec.action)
            try:
                actions = await run_episode(policy, make_task(spec), make_observations(2, seed=1, spec=spec))
            except PolicyMisbehaved as error:
                raise PolicyMisbehaved(error.reason, f"{spec.id}: {error}") from None
            outside += int(((actions < low) | (actions > high)).any())
    if outside:
        bounds = "their bounds, which task_config tells"
        raise Doubt(f"in {outside} of {len(subject.specs)} environments actions left {bounds}; they will be clipped")
    return f"{len(subject.specs)} environments"


async def check_json(subject: Subject) -> str:
    """JSON is understood, and gives the same actions"""
    task, observations = make_task(subject.specs[0]), make_observations(1, spec=subject.specs[0])
    async with subject.connect(encodings=("json",)) as policy:
        by_json = await run_episode(policy, task, observations)
    async with subject.connect() as policy:
        negotiated = await run_episode(policy, task, observations)
    expect_same(task, by_json, negotiated, "JSON and msgpack requests")
    return "same action"


async def check_images(subject: Subject) -> str:
    """Images in every declared encoding give the same actions, and what was lost is asked for"""
    task, observations = make_task(), make_similar_observations(EPISODE_STEPS)
    async with subject.connect(image_encodings=()) as policy:
        by_raw = await run_episode(policy, task, observations)
    declared = [name for name in subject.health.image_encodings if name != RAW]
    for name in declared:
        async with subject.connect(image_encodings=(name,)) as policy:
            expect_same(task, by_raw, await run_episode(policy, task, observations), f"images in {name} and raw")
    if DELTA in declared:
        async with subject.connect(image_encodings=(DELTA,)) as policy:
            await expect_asks_for_lost(policy, task, observations)
    return f"{', '.join(declared)}: same actions" if declared else "raw only; delta would be a fifth of the bytes"


async def check_determinism(subject: Subject) -> str:
    """The same observations in the same episode give the same actions again"""
    spec = subject.specs[0]
    task, observations = make_task(spec), make_observations(EPISODE_STEPS, spec=spec)
    async with subject.connect() as policy:
        first = await run_episode(policy, task, observations)
        await run_episode(policy, make_task(spec), observations)  # another episode in between must not matter
        second = await run_episode(policy, task, observations)
    difference = expect_same(task, first, second, "two runs of one episode")
    return f"largest difference {difference:.1e} in {len(first)} actions"


async def check_interleaving(subject: Subject) -> str:
    """Episodes at once do not mix"""
    async with subject.connect() as policy:
        count = min(subject.health.max_concurrent_episodes, MAX_INTERLEAVED)
        if count < 2:
            raise Doubt("it declares one episode at a time, so its evaluation takes long")
        specs = (subject.specs * count)[:count]
        tasks = [make_task(spec) for spec in specs]
        streams = [make_observations(EPISODE_STEPS, i, spec) for i, spec in enumerate(specs)]
        episodes = list(zip(tasks, streams, strict=True))
        alone = [await run_episode(policy, *episode) for episode in episodes]
        together = await run_side_by_side(run_episode(policy, *episode) for episode in episodes)
    for task, one, other in zip(tasks, alone, together, strict=True):
        expect_same(task, one, other, f"an episode alone and the same among {count}")
    return f"{count} at once"


async def check_connections(subject: Subject) -> str:
    """Episodes go on when their connections are renewed"""
    async with subject.connect() as policy:
        count = min(subject.health.max_concurrent_episodes, MAX_INTERLEAVED)
        specs = (subject.specs * count)[:count]
        tasks = [make_task(spec) for spec in specs]
        steps = max(EPISODE_STEPS, RENEWALS // count)
        streams = [make_observations(steps, i, spec) for i, spec in enumerate(specs)]
        episodes = list(zip(tasks, streams, strict=True))
        kept = [await run_episode(policy, *episode) for episode in episodes]
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(subject.connect()) for _ in episodes]
        runs = (run_renewing(client, *episode) for client, episode in zip(clients, episodes, strict=True))
        renewed = await run_side_by_side(runs)
    for task, one, other in zip(tasks, kept, renewed, strict=True):
        try:
            expect_same(task, one, other, "an episode over one connection and over many")
        except Nonconformity as fault:
            raise Nonconformity(f"{fault}; {ONE_PROCESS}") from None
    return f"{sum(map(len, streams))} new connections"


async def check_latency(subject: Subject) -> str:
    """Answers come within the deadline"""
    trickled_s: list[float] = []
    said = await _judge_twice(lambda: _measure_latencies(subject, 1, subject.samples, trickled_s))
    return expect_whole(trickled_s, said)


async def check_load(subject: Subject) -> str:
    """Answers come within the deadline with as many episodes at once as declared"""
    async with subject.connect():
        count = subject.health.max_concurrent_episodes
    steps = max(subject.samples // count, 5)
    return f"{count} at once: {await _judge_twice(lambda: _measure_latencies(subject, count, steps))}"


async def _measure_latencies(
    subject: Subject, count: int, steps: int, trickled_s: list[float] | None = None
) -> list[float]:
    """Measure the latencies of `count` episodes at once, as the evaluator measures them; see `time_episode`."""
    trickled_s = [] if trickled_s is None else trickled_s
    spec = subject.specs[0]
    observations = make_observations(DISTINCT_OBSERVATIONS, spec=spec)
    async with subject.connect(deadlines=Deadlines()) as policy:
        episodes = (time_episode(policy, make_task(spec), observations, steps, trickled_s) for _ in range(count))
        return [latency for episode in await run_side_by_side(episodes) for latency in episode]


async def _judge_twice(measure: Callable[[], Awaitable[list[float]]]) -> str:
    """Judge latencies; if a few are late, measure again, to tell a short stall of the machine from a slow server."""
    latencies = await measure()
    late = sum(map(math.isinf, latencies))
    if not 0 < late < len(latencies) / 2:
        return judge_latencies(latencies)
    raise Doubt(f"{judge_latencies(await measure())}; when measured before, {late} of {len(latencies)} late")


GARBAGE: Final[Sequence[tuple[str, str, bytes]]] = (
    ("/reset", "application/json", b"{"),
    ("/reset", "application/json", b'{"task_config": 1}'),
    ("/act", "application/json", b""),
    (
        "/act",
        "application/json",
        b'{"episode_id": "never-reset", "step": 0, "observation": [0, 0, 0, 0], "images": {}}',
    ),
    ("/act", "application/json", b'{"episode_id": 1, "observation": "x", "images": {"corner": []}}'),
    ("/act", "application/msgpack", bytes(range(128, 256))),
    ("/no-such-route", "application/json", b"{}"),
)
"""The (path, content type, body) of requests that a server should refuse."""


async def check_garbage(subject: Subject) -> str:
    """Bad requests are refused, and the server survives them"""
    accepted = []
    async with subject.connect() as policy:
        for path, content_type, body in GARBAGE:
            try:
                await policy.send(path, content_type, body)
            except PolicyMisbehaved as error:
                if error.reason != Reason.HTTP_STATUS:
                    raise Nonconformity(f"to {body[:40]!r} on {path}: {error}") from None
            else:
                accepted.append(f"{path} with {body[:60]!r}")
        spec = subject.specs[0]
        await run_episode(policy, make_task(spec), make_observations(2, spec=spec))
    if accepted:
        raise Doubt(f"it answered 200 to {accepted[0]}" + (f" and {len(accepted) - 1} more" if accepted[1:] else ""))
    return f"{len(GARBAGE)} bad requests"


CHECKS: Final[dict[str, Check]] = {
    "address": check_address,
    "health": check_health,
    "environments": check_environments,
    "json": check_json,
    "images": check_images,
    "determinism": check_determinism,
    "interleaving": check_interleaving,
    "connections": check_connections,
    "latency": check_latency,
    "load": check_load,
    "garbage": check_garbage,
}
_NEEDED_BY_ALL: Final = ("address", "health")
"""If one of these checks fails, the others would say nothing new."""


async def run_check(name: str, subject: Subject) -> CheckResult:
    """Run the check `name`; whatever the server does becomes a verdict."""
    try:
        return CheckResult(name, ConformanceVerdict.PASSED, await CHECKS[name](subject))
    except Doubt as doubt:
        return CheckResult(name, ConformanceVerdict.WARNING, str(doubt))
    except Nonconformity as fault:
        return CheckResult(name, ConformanceVerdict.FAILED, str(fault))
    except PolicyError as error:
        return CheckResult(name, ConformanceVerdict.FAILED, f"{error.reason}: {error}")


async def run_checks(subject: Subject, report: Callable[[CheckResult], None] = lambda _: None) -> list[CheckResult]:
    """Run all checks in order and call `report` with each result; skip the rest if the server cannot be reached."""
    await wait_for_health(HttpPolicy(subject.endpoint, allow_private=not subject.public), subject.patience_s)
    results: list[CheckResult] = []
    for name in CHECKS:
        if any(result.name in _NEEDED_BY_ALL and result.verdict is ConformanceVerdict.FAILED for result in results):
            result = CheckResult(name, ConformanceVerdict.SKIPPED, "the server cannot be reached")
        else:
            result = await run_check(name, subject)
        results.append(result)
        report(result)
    return results


def to_json(endpoint: str, results: Sequence[CheckResult]) -> bytes:
    """Return the report as JSON."""
    return msgspec.json.encode({"endpoint": endpoint, "checks": results})


class PolicyServerConformance:
    """A mixin for tests: subclass it in a test module and set `endpoint`; pytest then runs every check."""

    endpoint: str
    samples: ClassVar[int] = 50

    def _expect(self, name: str) -> None:
        result = asyncio.run(run_check(name, Subject(self.endpoint, samples=self.samples)))
        if result.verdict is ConformanceVerdict.FAILED:
            raise AssertionError(f"{CHECKS[name].__doc__}: {result.detail}")

    def test_health(self) -> None:
        self._expect("health")

    def test_every_environment(self) -> None:
        self._expect("environments")

    def test_json(self) -> None:
        self._expect("json")

    def test_images(self) -> None:
        self._expect("images")

    def test_determinism(self) -> None:
        self._expect("determinism")

    def test_interleaving(self) -> None:
        self._expect("interleaving")

    def test_connections(self) -> None:
        self._expect("connections")

    def test_latency(self) -> None:
        self._expect("latency")

    def test_load(self) -> None:
        self._expect("load")

    def test_garbage(self) -> None:
        self._expect("garbage")
