"""Shadow verification: verifiers lease recordings and report verdicts; everybody may read them after the reveal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from kinitro.api.answers import answer_json
from kinitro.api.auth import VerifierCaller
from kinitro.api.routes.cycles import CycleNumber, TaskNumber
from kinitro.api.services import Services, ServicesOf
from kinitro.client.messages import HeartbeatResponse
from kinitro.client.verdicts import (
    MinerVerdicts,
    RecordingRecord,
    VerdictPage,
    VerificationLease,
    VerificationReport,
    VerificationRequest,
    VerificationResponse,
    VerificationStatus,
)
from kinitro.database.cycles import CycleStore
from kinitro.database.errors import UnknownCycle
from kinitro.database.pool import Connection, run_on
from kinitro.database.verifications import VERDICTS_PAGE, Verifications

router = APIRouter(prefix="/v1", tags=["verification"])
T = TypeVar("T")

Uid = Annotated[int, Path(ge=0, le=65535)]


@router.post("/verifications/fetch")
async def fetch(body: VerificationRequest, caller: VerifierCaller, services: ServicesOf) -> VerificationResponse:
    """Lease one recording to verify; report before `ttl_s` is over, or send heartbeats."""
    if services.draining:
        raise HTTPException(503, "This instance is draining: ask again.", headers={"Retry-After": "1"})
    executor_id = caller.executor_id
    if executor_id is None:
        executor_id = await services.pool.executor_named(body.verifier or caller.name)
    return VerificationResponse(task=await _on(services, lambda store: store.claim(executor_id, body.fingerprint)))


@router.post("/verifications/heartbeat")
async def heartbeat(body: VerificationLease, caller: VerifierCaller, services: ServicesOf) -> HeartbeatResponse:
    """Extend a lease; 409 when it is gone, and its work with it."""
    return HeartbeatResponse(ttl_s=await _on(services, lambda store: store.extend(caller.executor_id, body)))


@router.post("/verifications/submit")
async def submit(body: VerificationReport, caller: VerifierCaller, services: ServicesOf) -> VerificationStatus:
    """Report a verdict; repeating a report is harmless."""
    return VerificationStatus(status=await _on(services, lambda store: store.report(caller.executor_id, body)))


@router.get("/miners/{uid}/verifications", response_model=MinerVerdicts)
async def of_miner(
    uid: Uid,
    services: ServicesOf,
    cycle: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only of this cycle.")] = None,
) -> Response:
    """Every verdict on this uid with its evidence, the newest cycle first; those of a cycle appear when it is over."""
    netuid = services.settings.netuid
    verdicts = await _on(services, lambda store: store.of_miner(uid, cycle, netuid))
    return answer_json(MinerVerdicts(uid=uid, verdicts=verdicts))


@router.get("/cycles/{cycle_id}/verifications", response_model=VerdictPage)
async def of_cycle(
    cycle_id: CycleNumber,
    services: ServicesOf,
    after: Annotated[int, Query(ge=0, le=2**63 - 1, description="`next_after` of the page before.")] = 0,
) -> Response:
    """Every verdict of a cycle, in order of task id; 404 before the cycle is over."""

    async def read(connection: Connection) -> VerdictPage:
        cycle = await CycleStore(connection).find(cycle_id)
        if cycle.revealed_at is None:
            raise HTTPException(404, f"The verdicts of cycle {cycle_id} are not public before the cycle is over.")
        rows = await Verifications(connection).verdicts(cycle_id, after, VERDICTS_PAGE)
        last = rows[-1].task_id if len(rows) == VERDICTS_PAGE else None
        return VerdictPage(cycle_id=cycle_id, verdicts=rows, next_after=last)

    try:
        return answer_json(await run_on(services.connections, read))
    except UnknownCycle as error:
        raise HTTPException(404, str(error)) from None


@router.get("/tasks/{task_id}/recording", response_model=RecordingRecord)
async def recording(task_id: TaskNumber, services: ServicesOf) -> Response:
    """What anybody needs, with the trace, to verify an episode again; 404 before its cycle is over."""
    record, revealed = await _on(services, lambda store: store.recording(task_id))
    if record is None or not revealed:
        why = "it was not recorded, or retention has dropped it" if revealed else "its cycle is not over"
        raise HTTPException(404, f"There is no public recording of task {task_id}: {why}.")
    return answer_json(record)


async def _on(services: Services, work: Callable[[Verifications], Awaitable[T]]) -> T:
    async def on(connection: Connection) -> T:
        return await work(Verifications(connection))

    return await run_on(services.connections, on)
