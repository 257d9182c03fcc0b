"""Requests made from the API's own description, valid and invalid: never a failure of ours."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.fakes.api import serving
from tests.fakes.pool_rows import add_cycle, add_tasks


@contextmanager
def serving_in_thread(database: str) -> Iterator[str]:
    """The API in an event loop of its own, because Schemathesis calls it without one."""
    ready: list[str] = []
    started, stop = threading.Event(), threading.Event()

    async def work() -> None:
        try:
            async with serving(database, auth=False) as url:
                ready.append(url)
                started.set()
                await asyncio.to_thread(stop.wait)
        finally:
            started.set()

    thread = threading.Thread(target=asyncio.run, args=(work(),))
    thread.start()
    try:
        started.wait()
        yield ready[0]
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("examples", [8, pytest.param(300, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_no_request_makes_the_api_fail(database: str, examples: int) -> None:
    add_tasks(database, add_cycle(database), uids=[0, 1, 2, 3], episodes=50)
    statuses: set[int] = set()
    with serving_in_thread(database) as url:
        description = schemathesis.openapi.from_url(f"{url}/openapi.json")
        operations = [result.ok() for result in description.get_all_operations()]
        assert len(operations) >= 15
        for operation in operations:
            takes_something = any((operation.body, operation.path_parameters, operation.query))
            for mode in (
                list(schemathesis.GenerationMode) if takes_something else [schemathesis.GenerationMode.POSITIVE]
            ):
                cases = operation.as_strategy(generation_mode=mode)

                @settings(
                    max_examples=examples,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=cases)
                def call(case: schemathesis.Case) -> None:
                    response = case.call()
                    statuses.add(response.status_code)
                    assert response.status_code < 500, (case.as_curl_command(), response.text)

                call()
    assert {200, 404, 409, 422} <= statuses
