"""A key of an executor is in the wrong hands: what every audit must refuse is refused when it is submitted."""

from __future__ import annotations

import base64
import json
import time
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import msgspec
import numpy as np
import pytest

from kinitro.client.errors import ApiRefused
from kinitro.client.http import ApiClient
from kinitro.client.messages import FetchResponse, Task, TaskResult
from kinitro.client.verdicts import Evidence, VerificationReport, VerificationRequest
from kinitro.evaluation import recordings, traces
from kinitro.evaluation.outcomes import Trace
from tests.fakes.api import serving
from tests.fakes.pool_rows import add_cycle, add_tasks, request, rows
from tests.fakes.reports import base64_of, honest, recording_of, trace_of

BOMB = bytes([traces.TRACE_VERSION]) + zlib.compress(bytes(200 * 1024**2), 9)
"""200 MB after decompression."""


def with_trace(outcome: int = 1, **changes: Any) -> Callable[[Task], dict[str, Any]]:
    """A lie in the trace: its bytes are made without the checks that decoding makes."""

    def lie(task: Task) -> dict[str, Any]:
        trace: Trace = msgspec.structs.replace(trace_of(task, outcome), **changes)
        return as_dict(honest(task, outcome)) | {"trace": base64_of(traces.encode(trace))}

    return lie


def without_check(actions: np.ndarray[Any, Any]) -> Callable[[Task], dict[str, Any]]:
    return with_trace(actions=actions.astype("<f4").tobytes())


def changed(outcome: int = 1, **fields: Any) -> Callable[[Task], dict[str, Any]]:
    """A lie in the result."""
    return lambda task: as_dict(honest(task, outcome, recorded=outcome < 3)) | fields


def as_dict(result: TaskResult) -> dict[str, Any]:
    return result.model_dump(mode="json", exclude_none=True)


def early_failure(task: Task) -> dict[str, Any]:
    """A failure after 7 of 50 steps."""
    trace = msgspec.structs.replace(trace_of(task), success_step=None)
    return as_dict(honest(task)) | {"outcome": 2, "success_step": None, "trace": base64_of(traces.encode(trace))}


def of_another_task(task: Task) -> dict[str, Any]:
    recording = msgspec.structs.replace(recording_of(task, 7), steps=list(range(50)), checksums=bytes(200))
    return as_dict(honest(task)) | {"recording": base64_of(recordings.encode(recording))}


LIES: dict[str, tuple[Callable[[Task], dict[str, Any]], str]] = {
    "success_without_trace": (changed(trace=None), "without a trace"),
    "failure_without_trace": (changed(2, trace=None), "without a trace"),
    "success_without_step": (changed(success_step=None), "with the success step None"),
    "failure_with_step": (changed(2, success_step=7), "with the success step 7"),
    "fault_with_step": (changed(3, success_step=3), "with the success step 3"),
    "steps_beyond_the_horizon": (changed(steps=51), "51 steps, and the horizon is 50"),
    "fault_beyond_the_horizon": (changed(3, steps=51), "51 steps, and the horizon is 50"),
    "success_beyond_the_steps": (changed(success_step=9), "success step 7, it must be 9"),
    "another_reward": (changed(total_reward=2.5), "reward 1.5, it must be 2.5"),
    "reward_that_is_no_number": (with_trace(total_reward=float("nan")), "reward nan"),
    "failure_too_early": (early_failure, "stopped after 7 of 50 steps"),
    "diverged_success": (with_trace(diverged=True), "a success in a simulation that failed"),
    "diverged_failure": (with_trace(2, diverged=True), "whether the simulation failed"),
    "reason_without_divergence": (changed(2, reason="simulation_failed"), "whether the simulation failed"),
    "another_seed": (with_trace(seed="f" * 32), "seed ffff"),
    "seed_of_another_length": (with_trace(seed="f" * 31), "32 hexadecimal digits"),
    "another_environment": (with_trace(env_id="metaworld/door-open-v3"), "environment metaworld/door-open-v3"),
    "another_version": (with_trace(env_version="2"), "environment version 2"),
    "another_horizon": (with_trace(max_steps=49), "horizon 49"),
    "another_machine": (with_trace(fingerprint="physics-b"), "physics fingerprint physics-b"),
    "digests_too_short": (with_trace(digests=bytes(31)), "31 bytes of digests"),
    "digests_too_many": (with_trace(digests=bytes(48)), "48 bytes of digests"),
    "no_digests": (with_trace(digests=b""), "0 bytes of digests"),
    "too_few_actions": (without_check(np.zeros((6, 4))), "success at step 7 of 6"),
    "too_many_actions": (without_check(np.zeros((51, 4))), "51 steps of at most 50"),
    "action_not_finite": (without_check(np.full((7, 4), np.nan)), "not finite"),
    "action_too_large": (without_check(np.full((7, 4), 1.01)), "outside [-1, 1]"),
    "trace_of_3_bytes": (changed(trace=base64_of(b"\x01ab")), "are not a trace"),
    "trace_of_no_bytes": (changed(trace=""), "no bytes"),
    "bomb": (changed(trace=base64_of(BOMB)), "has at most"),
    "unknown_trace_version": (changed(trace=base64_of(b"\x02" + b"x" * 20)), "begins with the byte 1"),
    "trace_with_an_appendix": (lambda task: as_dict(honest(task)) | {"trace": base64_of(
        traces.encode(trace_of(task)) + b"x")}, "nothing after its end"),
    "void_with_a_trace": (changed(4, trace=base64_of(BOMB)), "neither trace nor recording"),
    "recording_of_3_bytes": (changed(recording=base64_of(b"\x01ab")), "are not a recording"),
    "recording_bomb": (changed(recording=base64_of(BOMB)), "has at most"),
    "recording_of_another_task": (of_another_task, "asks at step 49"),
    "recording_without_trace": (lambda task: as_dict(honest(task, 3)) | {"recording": "AA=="}, "without its trace"),
}  # fmt: skip


@pytest.fixture
async def api(database: str) -> AsyncIterator[ApiClient]:
    add_tasks(database, add_cycle(database), uids=[0, 1, 2, 3], episodes=20)
    rows(database, "update cycle_miner set repo = 'a/b', revision = repeat('c', 40), first_block = 7")
    async with serving(database, auth=False) as url, ApiClient(url, tries=1) as client:
        yield client


async def submit(api: ApiClient, leased: FetchResponse, reports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As a program of their own would, not through our client."""
    async with httpx2.AsyncClient(base_url=api.base_url, timeout=60) as client:
        body = json.dumps({"lease_id": leased.lease_id, "results": reports})
        response = await client.post("/v1/tasks/submit", content=body)
    assert response.status_code == 200, response.text
    answers: list[dict[str, Any]] = response.json()["results"]
    return answers


async def test_what_every_audit_refuses_is_refused_at_submit_and_harms_no_other(api: ApiClient, database: str) -> None:
    for name, (lie, words) in LIES.items():
        leased = await api.fetch(request(2))
        good, bad = leased.tasks
        refused, accepted = await submit(api, leased, [lie(bad), as_dict(honest(good, recorded=True))])
        assert (refused["status"], accepted["status"]) == ("rejected", "accepted"), (name, refused)
        assert words in refused["reason"], (name, refused["reason"])
        assert len(refused["reason"]) < 500
        stored = rows(database, "select outcome from task where id = %s", bad.task_id)
        assert stored == [(None,)], name
    assert rows(database, "select count(*) from trace") == [(len(LIES),)]
    assert rows(database, "select count(*) from recording") == [(len(LIES),)]


async def test_many_bombs_do_not_hold_the_service_up(api: ApiClient) -> None:
    leased = await api.fetch(request(20))
    lies = [as_dict(honest(task)) | {"trace": base64_of(BOMB)} for task in leased.tasks]
    began = time.process_time()
    answers = await submit(api, leased, lies)
    assert {answer["status"] for answer in answers} == {"rejected"}
    whole = time.process_time() - began
    began = time.process_time()
    zlib.decompress(BOMB[1:])
    assert whole < 10 * (time.process_time() - began), "20 bombs were decompressed"


@pytest.mark.parametrize("outcome", [1, 2, 3, 4])
async def test_honest_reports_are_stored(api: ApiClient, outcome: int) -> None:
    leased = await api.fetch(request(5))
    answers = await submit(api, leased, [as_dict(honest(task, outcome, recorded=True)) for task in leased.tasks])
    assert {answer["status"] for answer in answers} == {"accepted"}


async def test_in_a_cycle_of_mixed_physics_any_machine_may_report(api: ApiClient, database: str) -> None:
    leased = await api.fetch(request(1))
    rows(database, "update cycle set mixed_physics = true")
    (answer,) = await submit(api, leased, [as_dict(honest(leased.tasks[0], fingerprint="physics-b"))])
    assert answer["status"] == "accepted"


GOOD = {"repo": "a/b", "revision": "c" * 40, "tolerance": 0.01, "required_share": 0.9}
UNFOUNDED: dict[str, tuple[str, dict[str, Any], str]] = {
    "match_of_nothing": ("match", GOOD, "0 of 0 actions agreed"),
    "mismatch_of_nothing": ("mismatch", GOOD, "0 of 0 actions cannot be the result of a comparison"),
    "match_of_more_than_all": ("match", GOOD | {"compared": 10, "matching": 11}, "11 of 10 actions cannot be"),
    "mismatch_that_agrees": ("mismatch", GOOD | {"compared": 10, "matching": 10}, "10 of 10 actions agreed"),
    "other_bounds": ("match", GOOD | {"compared": 10, "matching": 10, "tolerance": 2.0}, "other bounds"),
    "another_upload": ("match", GOOD | {"compared": 10, "matching": 10, "repo": "c/d"}, "c/d at"),
    "no_reason": ("unverifiable", GOOD, "names no reason"),
}


async def test_a_lying_verifier_stores_no_verdict_that_every_audit_refuses(api: ApiClient, database: str) -> None:
    leased = await api.fetch(request(1))
    await submit(api, leased, [as_dict(honest(leased.tasks[0], recorded=True))])
    task = (await api.fetch_verification(VerificationRequest(fingerprint="physics-a"))).task
    assert task is not None
    assert base64.b64decode(task.recording)
    for verdict, evidence, words in UNFOUNDED.values():
        report = VerificationReport(
            task_id=task.task_id, lease_id=task.lease_id, verdict=verdict, evidence=Evidence(**evidence)  # type: ignore[arg-type]
        )  # fmt: skip
        with pytest.raises(ApiRefused, match=words):
            await api.submit_verdict(report)
    assert rows(database, "select verdict from verification") == [(None,)]
    sound = report.model_copy(
        update={"verdict": "match", "evidence": Evidence(**GOOD | {"compared": 10, "matching": 9})}
    )
    assert (await api.submit_verdict(sound)).status == "accepted"
