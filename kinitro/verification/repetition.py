"""Verifies a published episode again, for anybody who doubts a verdict. It needs no key and trusts no other machine."""

from __future__ import annotations

import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from kinitro import environments
from kinitro.client.http import ApiClient
from kinitro.client.packs import PackCache
from kinitro.client.records import Manifest, TraceRecord
from kinitro.client.verdicts import Evidence, RecordingRecord, Verdict, VerdictPage, VerificationTask
from kinitro.errors import KinitroError
from kinitro.evaluation.environment_cache import EnvironmentCache
from kinitro.verification.examination import Examiner
from kinitro.verification.main import open_context
from kinitro.verification.preparation import prepare_elsewhere
from kinitro.verification.settings import VerifierSettings


class VerdictDiffers(KinitroError):
    """The published verdict differs from the one that was found here."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """The verdict that was found here, and the published one; None if there is none."""

    uid: int
    verdict: Verdict
    evidence: Evidence
    published: Verdict | None


async def repeat(settings: VerifierSettings, task_id: int) -> Repetition:
    """Download recording and trace of a task whose cycle is over, and the committed policy, and compare.

    Raises ApiUnavailable, ApiNotFound, SandboxUnavailable, ConfigurationError.
    """
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kinitro-packs-")))
        api = await stack.enter_async_context(ApiClient(settings.api_url))
        return await _repeat(settings, task_id, api, place)


async def _repeat(settings: VerifierSettings, task_id: int, api: ApiClient, place: Path) -> Repetition:
    task = await _fetch_published_task(api, task_id)
    page = await api.get(f"/v1/cycles/{task.cycle_id}/verifications", VerdictPage, {"after": task_id - 1})
    published = next((row.verdict for row in page.verdicts if row.task_id == task_id), None)
    context = await open_context(settings)
    await prepare_elsewhere()
    packs = PackCache(place, lambda _digest: api.revealed_pack(task.cycle_id))
    examiner = Examiner(context, EnvironmentCache(environments.make, packs=place), packs)
    try:
        verdict, evidence = await examiner.examine(task)
    finally:
        examiner.close()
    return Repetition(task.uid, verdict, evidence, published)


async def _fetch_published_task(api: ApiClient, task_id: int) -> VerificationTask:
    recording = await api.get(f"/v1/tasks/{task_id}/recording", RecordingRecord)
    trace = await api.get(f"/v1/tasks/{task_id}/trace", TraceRecord)
    manifest = await api.get(f"/v1/cycles/{recording.cycle_id}/manifest", Manifest)
    miner = next((miner for miner in manifest.miners if miner.uid == recording.uid), None)
    if miner is None or miner.repo is None or miner.revision is None:
        raise KinitroError(f"uid {recording.uid} committed no policy in cycle {recording.cycle_id}.")
    return VerificationTask(
        task_id=task_id,
        lease_id=0,
        ttl_s=0.0,
        cycle_id=recording.cycle_id,
        uid=recording.uid,
        repo=miner.repo,
        revision=miner.revision,
        rule=manifest.config.verification,
        recording=recording.recording,
        trace=trace.trace,
        answer_ms=recording.answer_ms,
    )
