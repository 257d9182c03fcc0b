"""The executor against an API over real HTTP that goes away, forgets leases and refuses results."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.responses import Response

from kinitro.client.http import ApiClient
from kinitro.client.messages import FetchRequest, FetchResponse, SubmitRequest, SubmitResponse, Task, TaskResult
from kinitro.evaluation import EpisodeResult, Outcome, traces
from kinitro.evaluation.errors import EvaluatorUnavailable
from kinitro.evaluation.jobs import Job
from kinitro.evaluation.pool import WorkerPool
from kinitro.executor.service import Executor
from kinitro.executor.settings import ExecutorSettings
from kinitro.executor.spool import Spool
from tests.fakes.evaluator import SOLVED, FakeEvaluator
from tests.fakes.problems import STRANGERS
from tests.fakes.task_api import FakeTaskApi, serving
from tests.integration.test_worker_pool import FAKES, ROOT


def task(number: int, *, endpoint: str = "http://127.0.0.1:1", max_concurrency: int = 64, env: str = "point") -> Task:
    return Task(
        task_id=number,
        cycle_id=1,
        uid=number % 3,
        hotkey="hotkey",
        env_id=f"fake/{env}",
        env_version="1",
        episode=number,
        seed=f"{number:032x}",
        endpoint=endpoint,
        max_steps=120,
        attempt=1,
        max_concurrency=max_concurrency,
    )


class Running:
    """An executor at work."""

    def __init__(self, work: asyncio.Task[None], stop: asyncio.Event, spool: Spool) -> None:
        self.work = work
        self.stop = stop
        self.spool = spool

    async def until(self, holds: Callable[[], bool], within_s: float = 20.0) -> None:
        deadline = time.monotonic() + within_s
        while not holds():
            assert not self.work.done(), self.work.exception()
            assert time.monotonic() < deadline, "did not happen in time"
            await asyncio.sleep(0.01)


def files(directory: Path) -> list[Path]:
    return list(directory.rglob("*.json"))


async def able(endpoint: str) -> int:
    return 64


@asynccontextmanager
async def executing(
    url: str,
    evaluator: FakeEvaluator | WorkerPool,
    directory: Path,
    *,
    grace_s: float = 1.0,
    declared: Callable[[str], Awaitable[int]] | None = able,
    **more: Any,
) -> AsyncIterator[Running]:
    settings = ExecutorSettings.load(
        api_url=url, spool_dir=directory, allow_private_endpoints=True, grace_s=grace_s, **more
    )
    spool = Spool(directory, url, None)
    stop = asyncio.Event()
    async with ApiClient(url, tries=1) as api:
        work = asyncio.create_task(Executor(settings, api, evaluator, spool, declared).run(stop))
        try:
            yield Running(work, stop, spool)
        finally:
            stop.set()
            await asyncio.gather(work, return_exceptions=True)


async def test_every_task_is_evaluated_and_reported_once(tmp_path: Path) -> None:
    async with serving(FakeTaskApi([task(n) for n in range(1, 101)])) as api:
        async with executing(api.url, FakeEvaluator(), tmp_path) as running:
            await running.until(lambda: api.finished)
        assert running.work.exception() is None
        assert api.duplicates == 0
        assert len(running.spool) == 0
        assert all(result.outcome == Outcome.SUCCESS for result in api.results.values())
        assert api.requests[0].fingerprint == "fake-physics"
        assert max(request.max_tasks for request in api.requests) <= 16


@pytest.mark.parametrize(("rate", "low", "high"), [(0.0, 0, 0), (0.2, 10, 75), (1.0, 180, 180)])
async def test_a_share_of_the_episodes_is_recorded_and_all_that_must_be(
    tmp_path: Path, rate: float, low: int, high: int
) -> None:
    tasks = [replace(task(n), record=n <= 20) for n in range(1, 201)]
    evaluator = FakeEvaluator(lambda job: replace(SOLVED, recording=b"seen" if job.record else None), takes_s=0.001)
    async with serving(FakeTaskApi(tasks)) as api, executing(api.url, evaluator, tmp_path, verification_rate=rate) as e:
        await e.until(lambda: api.finished)
    recorded = {number for number, result in api.results.items() if result.recording is not None}
    assert set(range(1, 21)) <= recorded
    assert low <= len(recorded) - 20 <= high
    assert {api.results[number].recording for number in recorded} == {b"seen"}


async def test_real_workers_report_traces_that_decode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pool = WorkerPool(2, 8, FAKES)
    async with serving(FakeTaskApi([task(n, endpoint="fake://forward?1") for n in range(1, 31)])) as api:
        async with executing(api.url, pool, tmp_path) as running:
            await running.until(lambda: api.finished)
        await pool.close()
    for number, result in api.results.items():
        assert result.trace is not None
        trace = traces.decode(result.trace)
        assert (trace.seed, traces.count_steps(trace)) == (f"{number:032x}", result.steps)
        assert result.timings.policy_p50_ms >= 1


async def test_signed_requests_are_bound_to_the_miner_of_the_task(tmp_path: Path) -> None:
    evaluator = FakeEvaluator()
    async with serving(FakeTaskApi([task(1)])) as api, executing(api.url, evaluator, tmp_path) as running:
        await running.until(lambda: api.finished)
    assert [job.receiver for job in evaluator.jobs] == ["hotkey"]


async def test_leases_are_kept_alive_while_their_tasks_run(tmp_path: Path) -> None:
    async with serving(FakeTaskApi([task(n) for n in range(1, 5)], ttl_s=0.3)) as api:
        async with executing(api.url, FakeEvaluator(takes_s=1.0), tmp_path) as running:
            await running.until(lambda: api.finished)
        assert len(api.heartbeats) >= 5
        await asyncio.sleep(0.3)
        beats = len(api.heartbeats)
        await asyncio.sleep(0.3)
        assert len(api.heartbeats) == beats, "heartbeats end with the lease"


async def test_work_of_a_lost_lease_is_dropped_at_once(tmp_path: Path) -> None:
    evaluator = FakeEvaluator(takes_s=30.0)
    async with serving(FakeTaskApi([task(n) for n in range(1, 5)], ttl_s=0.3)) as api:
        async with executing(api.url, evaluator, tmp_path) as running:
            await running.until(lambda: len(evaluator.running) == 4)
            api.lose_leases()
            await running.until(lambda: evaluator.cancelled == 4, within_s=5.0)
        assert api.results == {}


async def test_a_stale_answer_drops_the_rest_of_the_lease(tmp_path: Path) -> None:
    evaluator = FakeEvaluator(takes_s=0.1, capacity=4)
    tasks = [task(n, max_concurrency=1) for n in range(1, 5)]
    async with serving(FakeTaskApi(tasks, ttl_s=600)) as api:
        async with executing(api.url, evaluator, tmp_path) as running:
            await running.until(lambda: len(evaluator.running) == 1)
            api.lose_leases()
            await running.until(lambda: evaluator.done >= 1 and not evaluator.running and not len(running.spool))
            await asyncio.sleep(0.3)
            assert evaluator.done <= 2
        assert api.results == {}


async def test_results_wait_while_the_api_is_away(tmp_path: Path) -> None:
    evaluator = FakeEvaluator(takes_s=0.3)
    async with serving(FakeTaskApi([task(n) for n in range(1, 9)])) as api:
        async with executing(api.url, evaluator, tmp_path) as running:
            await running.until(lambda: len(evaluator.running) == 8)
            await api.stop()
            await running.until(lambda: len(running.spool) == len(files(tmp_path)) == 8)
            await api.start()
            await running.until(lambda: api.finished and not len(running.spool))
        assert api.duplicates == 0
        assert files(tmp_path) == []


async def test_a_result_whose_report_fails_unexpectedly_is_reported_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, failures = ApiClient.submit, [RuntimeError("nobody foresaw this")]

    async def submit(api: ApiClient, request: SubmitRequest) -> SubmitResponse:
        if failures:
            raise failures.pop()
        return await report(api, request)

    monkeypatch.setattr(ApiClient, "submit", submit)
    async with serving(FakeTaskApi([task(1)])) as api, executing(api.url, FakeEvaluator(), tmp_path) as running:
        await running.until(lambda: api.finished and not len(running.spool))
    assert not failures


async def test_a_fetch_that_fails_unexpectedly_keeps_no_lease_when_it_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, evaluator, failed = ApiClient.fetch, FakeEvaluator(takes_s=600.0), asyncio.Event()

    async def fail_later(api: ApiClient, request: FetchRequest) -> FetchResponse:
        if evaluator.running:
            failed.set()
            raise RuntimeError("nobody foresaw this")
        return await fetch(api, request)

    monkeypatch.setattr(ApiClient, "fetch", fail_later)
    async with serving(FakeTaskApi([task(1)])) as api:
        async with executing(api.url, evaluator, tmp_path, grace_s=0.1) as running:
            await asyncio.wait_for(failed.wait(), 20)
            running.stop.set()
            await asyncio.wait_for(running.work, 20)
        assert api.released


async def test_results_outlive_the_executor(tmp_path: Path) -> None:
    evaluator = FakeEvaluator(takes_s=0.3)
    async with serving(FakeTaskApi([task(n) for n in range(1, 9)])) as api:
        async with executing(api.url, evaluator, tmp_path) as running:
            await running.until(lambda: len(evaluator.running) == 8)
            api.broken = True
            await running.until(lambda: len(running.spool) == len(files(tmp_path)) == 8)
            running.work.cancel()
        api.broken = False
        assert api.results == {}
        async with executing(api.url, FakeEvaluator(), tmp_path) as running:
            await running.until(lambda: api.finished)
        assert evaluator.done == 8


@pytest.mark.parametrize("answer", STRANGERS.values(), ids=list(STRANGERS))
async def test_what_a_proxy_answers_in_place_of_the_api_costs_no_result(
    tmp_path: Path, answer: httpx2.Response
) -> None:
    """While episodes run and are reported, everything that is asked gets a page that is not the API's."""
    evaluator = FakeEvaluator(takes_s=0.3)
    api = FakeTaskApi([task(n) for n in range(1, 9)], ttl_s=0.3)
    asked: Counter[str] = Counter()

    def proxy(path: str, _size: int) -> Response:
        asked[path.rsplit("/", 1)[1]] += 1
        return Response(answer.content, answer.status_code, dict(answer.headers))

    async with serving(api), executing(api.url, evaluator, tmp_path) as running:
        await running.until(lambda: len(evaluator.running) == 8)
        api.proxy = proxy
        await running.until(lambda: bool(asked["submit"]) and bool(asked["heartbeat"]))
        await running.until(lambda: len(running.spool) == len(files(tmp_path)) == 8)
        api.proxy = None
        await running.until(lambda: api.finished and not len(running.spool))
    assert running.work.exception() is None
    assert (evaluator.done, files(tmp_path)) == (8, [])


async def test_a_proxy_that_takes_small_bodies_only_gets_small_ones(tmp_path: Path) -> None:
    """And a result that is never let through does not hold up the others."""
    large = 3
    evaluator = FakeEvaluator(
        lambda job: replace(SOLVED, recording=b"x" * 3000 if int(job.seed, 16) == large else None), takes_s=0.0
    )
    api = FakeTaskApi([task(n) for n in range(1, 17)])
    sizes: list[int] = []

    def proxy(path: str, size: int) -> Response | None:
        if not path.endswith("submit") or size < 2000:
            return None
        sizes.append(size)
        return Response("<html>413 Request Entity Too Large</html>", 413, media_type="text/html")

    api.proxy = proxy
    async with serving(api), executing(api.url, evaluator, tmp_path) as running:
        await running.until(lambda: len(api.results) == 15 and len(running.spool) == 1)
        assert large not in api.results
        assert len(sizes) >= 2, "both a batch and the large result were refused"
        api.proxy = None
        await running.until(lambda: api.finished)


@pytest.mark.parametrize("said", [b'{"results": []}', b'{"results": [{"task_id": 1, "status": "accepted"}]}'])
async def test_a_result_of_which_the_api_says_nothing_is_kept(tmp_path: Path, said: bytes) -> None:
    api = FakeTaskApi([task(1), task(2)])
    asked: list[str] = []

    def proxy(path: str, _size: int) -> Response | None:
        if path.endswith("submit"):
            asked.append(path)
            return Response(said, media_type="application/json")
        return None

    api.proxy = proxy
    async with serving(api), executing(api.url, FakeEvaluator(), tmp_path) as running:
        await running.until(lambda: len(asked) >= 3)
        batch = running.spool.batch(9)
        assert batch is not None
        assert 2 in {result.task_id for result in batch[1]}


async def test_one_refused_result_harms_no_other(tmp_path: Path) -> None:
    api = FakeTaskApi([task(n) for n in range(1, 9)], refuse_tasks={3})
    async with serving(api), executing(api.url, FakeEvaluator(), tmp_path) as running:
        await running.until(lambda: set(api.results) == {1, 2, 4, 5, 6, 7, 8} and not len(running.spool))


async def test_a_miner_gets_no_more_episodes_at_once_than_it_may(tmp_path: Path) -> None:
    evaluator = FakeEvaluator()
    modest, able = "http://127.0.0.1:1/modest", "http://127.0.0.1:1/able"
    tasks = [task(n, endpoint=modest if n % 2 else able, max_concurrency=2 if n % 2 else 6) for n in range(1, 41)]

    async with serving(FakeTaskApi(tasks)) as api, executing(api.url, evaluator, tmp_path) as running:
        await running.until(lambda: api.finished)
    assert evaluator.most_at_once == {modest: 2, able: 6}


async def test_a_capacity_that_grows_is_used_and_never_gives_a_miner_more_than_it_may(tmp_path: Path) -> None:
    class Growing(FakeEvaluator):
        most_running = 0

        async def evaluate(self, job: Job) -> EpisodeResult:
            result = await super().evaluate(job)
            self.most_running = max(self.most_running, len(self.running) + 1)
            self.capacity = 12
            return result

    evaluator = Growing(capacity=2, takes_s=0.05)
    endpoints = [f"http://127.0.0.1:1/{i}" for i in range(4)]
    tasks = [task(n, endpoint=endpoints[n % 4], max_concurrency=3) for n in range(1, 81)]
    async with serving(FakeTaskApi(tasks)) as api, executing(api.url, evaluator, tmp_path) as running:
        await running.until(lambda: api.finished)
    assert 2 < evaluator.most_running <= 12
    assert max(evaluator.most_at_once.values()) <= 3


async def test_a_server_that_declares_nothing_gets_one_episode_at_a_time(tmp_path: Path) -> None:
    evaluator = FakeEvaluator()
    api = FakeTaskApi([task(n) for n in range(1, 9)])
    async with serving(api), executing(api.url, evaluator, tmp_path, declared=None) as running:
        await running.until(lambda: api.finished)
    assert set(evaluator.most_at_once.values()) == {1}


async def test_stopping_finishes_what_ends_soon_and_gives_the_rest_back(tmp_path: Path) -> None:
    class Uneven(FakeEvaluator):
        async def evaluate(self, job: Job) -> EpisodeResult:
            self.takes_s = 0.5 if job.seed.endswith("1") else 60
            return await super().evaluate(job)

    evaluator = Uneven(capacity=2)
    async with serving(FakeTaskApi([task(n) for n in range(1, 3)])) as api:
        async with executing(api.url, evaluator, tmp_path, grace_s=0.9) as running:
            await running.until(lambda: len(evaluator.running) == 2)
            running.stop.set()
            begun = time.monotonic()
            await asyncio.wait([running.work], timeout=10)
            assert time.monotonic() - begun < 3
        assert (sorted(api.results), api.released) == ([1], [2])


async def test_a_lease_granted_while_stopping_is_given_back(tmp_path: Path) -> None:
    api = FakeTaskApi([task(n) for n in range(1, 9)], fetch_takes_s=0.7)
    async with serving(api), executing(api.url, FakeEvaluator(), tmp_path) as running:
        await running.until(lambda: len(api.requests) == 1)
        running.stop.set()
        await running.work
        assert api.released == list(range(1, 9))


async def test_stopping_takes_bounded_time_even_without_the_api(tmp_path: Path) -> None:
    evaluator = FakeEvaluator(takes_s=60)
    api = FakeTaskApi([task(n) for n in range(1, 9)])
    async with serving(api), executing(api.url, evaluator, tmp_path, grace_s=0.2) as running:
        await running.until(lambda: len(evaluator.running) >= 1)
        api.broken = True
        running.stop.set()
        begun = time.monotonic()
        await running.work
        assert time.monotonic() - begun < 8


async def test_an_evaluator_that_cannot_work_ends_the_executor_with_its_reason(tmp_path: Path) -> None:
    evaluator = FakeEvaluator()
    evaluator.broken = True
    async with serving(FakeTaskApi([task(1)])) as api:
        async with executing(api.url, evaluator, tmp_path) as running:
            await asyncio.wait([running.work], timeout=5)
        assert isinstance(running.work.exception(), EvaluatorUnavailable)
        assert api.released == [1]


async def test_a_machine_that_only_produces_faults_slows_down(tmp_path: Path) -> None:
    evaluator = FakeEvaluator(
        lambda job: EpisodeResult(Outcome.EVALUATOR_FAULT, 0, reason="canary_failed"), takes_s=0.0, capacity=1
    )
    async with serving(FakeTaskApi([task(n) for n in range(1, 101)])) as api:
        async with executing(api.url, evaluator, tmp_path) as running:
            await running.until(lambda: len(api.results) >= 5)
            await asyncio.sleep(2)
        assert len(api.results) < 16


async def test_unreadable_files_in_the_spool_are_left_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "http://api", None)
    await spool.put(1, TaskResult(task_id=1, outcome=1, steps=1))
    (files(tmp_path)[0].parent / "2-2.json").write_text("{")
    again = Spool(tmp_path, "http://api", None)
    assert again.batch(10) == (1, [TaskResult(task_id=1, outcome=1, steps=1)])


async def test_stopping_does_not_wait_for_an_evaluator_that_still_starts(tmp_path: Path) -> None:
    class Slow(FakeEvaluator):
        async def start(self) -> None:
            starting.set()
            try:
                await asyncio.Event().wait()
            finally:
                given_up.set()

    starting, given_up = asyncio.Event(), asyncio.Event()
    api = FakeTaskApi([task(1)])
    async with serving(api), executing(api.url, Slow(), tmp_path) as running:
        await starting.wait()
        running.stop.set()
        await running.work
    assert given_up.is_set()
    assert not api.requests
