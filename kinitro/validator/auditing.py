"""The audit before weights are set, in a process of its own: it may load a simulator, the validator stays small.

`python -m kinitro.validator.auditing` reads an AuditRequest from stdin and writes an AuditAnswer to stdout.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Literal

from pydantic import BaseModel, ValidationError

from kinitro.audit.errors import AuditUnavailable
from kinitro.audit.witness import Witness
from kinitro.client.http import ApiClient
from kinitro.client.messages import Weights
from kinitro.errors import ConfigurationError, KinitroError
from kinitro.logs import configure_logs, get_logger
from kinitro.processes import kill_child, start_child
from kinitro.validator.errors import AuditRefused
from kinitro.validator.settings import ValidatorSettings

AUDIT_TIMEOUT_S = 7200.0
UNREVEALED_STATES = ("open", "running", "scoring")
"""The states of a cycle in which its seed key is still secret."""

_log = get_logger(__name__)


class AuditRequest(BaseModel):
    """What to check: the publication that is about to be set."""

    api_url: str
    network: str
    netuid: int
    sample: int
    missed: float
    workers: int
    seen: dict[str, dict[int, str]]
    """What the validator has witnessed; see `kinitro.audit.witness.Witness`."""
    operator_hotkey: str | None
    allow_unchecked: bool
    weights: Weights


class AuditCheck(BaseModel):
    """One check of the audit; see `kinitro.audit.report.Check`."""

    name: str
    verdict: Literal["passed", "failed", "skipped", "unavailable"]
    detail: str


class AuditAnswer(BaseModel):
    """What the audit found. It passed if both sentences are None."""

    checks: list[AuditCheck]
    reason: str | None
    """Which checks failed, or cannot be made here although they must be."""
    unavailable: str | None = None
    """Why the audit could not be made now, which says nothing about the operator."""


class Auditor:
    """Audits publications of one API; see `kinitro.validator.publications.Audit`."""

    def __init__(self, settings: ValidatorSettings, api: ApiClient) -> None:
        self.settings = settings
        self._api = api
        self._witness = Witness.load_if_readable(settings.state_directory / "witness.json")
        self._unsaved = False
        self._said = ""

    async def witness(self) -> None:
        """Remember the commitment to the seeds of the running cycle, before its key is revealed.

        If the file cannot be written, that is logged and tried again. Raises ApiUnavailable, ApiRefused.
        """
        status = await self._api.status()
        running = status.cycle_id is not None and status.cycle_state in UNREVEALED_STATES
        if running and self._witness.key_hash(self._api.base_url, status.cycle_id or 0) is None:
            await self._witness.note_newest(self._api)
            self._unsaved = True
        if self._unsaved:
            self._save()

    def _save(self) -> None:
        try:
            self.settings.state_directory.mkdir(parents=True, exist_ok=True)
            self._witness.save()
            self._unsaved, self._said = False, ""
        except (OSError, ConfigurationError) as error:
            if str(error) != self._said:
                _log.warning("witness_not_saved", reason=str(error))
            self._said = str(error)

    async def check(self, publication: Weights) -> None:
        """Audit a publication; returns if it may be set.

        Raises AuditRefused if anything that was published about the cycle is not true or cannot be checked here (with
        `allow_unchecked`, what cannot be checked here is only warned of), and AuditUnavailable if the audit could not
        be made now, because the API, the chain or this machine failed.
        """
        settings = self.settings
        request = AuditRequest(
            api_url=settings.backend_url,
            network=settings.network,
            netuid=settings.netuid,
            sample=settings.audit_sample,
            missed=settings.audit_missed,
            workers=settings.audit_workers,
            seen=self._witness.seen,
            operator_hotkey=settings.operator_hotkey,
            allow_unchecked=settings.allow_unchecked,
            weights=publication,
        )
        answer = await _audit_in_process(request)
        unchecked = [check for check in answer.checks if check.verdict == "skipped"]
        for check in unchecked:
            _log.warning("audit_check_not_made", cycle=publication.cycle_id, check=check.name, reason=check.detail)
        if answer.reason is not None:
            raise AuditRefused(answer.reason)
        if answer.unavailable is not None:
            raise AuditUnavailable(answer.unavailable)
        if unchecked:
            _log.error(
                "weights_are_set_unchecked",
                cycle=publication.cycle_id,
                checks=[check.name for check in unchecked],
                reason="--allow-unchecked takes the operator's word for these",
            )
        passed = [check.name for check in answer.checks if check.verdict == "passed"]
        _log.info("audit_passed", cycle=publication.cycle_id, checks=passed)


class NoAudit:
    """Stands in for an audit where none is wanted: it accepts every publication, with a warning."""

    async def witness(self) -> None:
        """Remember nothing."""

    async def check(self, publication: Weights) -> None:
        _log.warning("not_audited", cycle=publication.cycle_id)


async def _audit_in_process(request: AuditRequest) -> AuditAnswer:
    """Run this module as a process; raises AuditUnavailable if it does not answer."""
    try:
        process = await start_child(
            [sys.executable, "-m", "kinitro.validator.auditing"],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            death_signal=signal.SIGKILL,
        )
    except OSError as error:  # no memory, no file descriptor or no process is left
        raise AuditUnavailable(
            f"The audit of cycle {request.weights.cycle_id} could not be started: {error.strerror or error}."
        ) from None
    try:
        async with asyncio.timeout(AUDIT_TIMEOUT_S):
            output, _ = await process.communicate(request.model_dump_json().encode())
        return AuditAnswer.model_validate_json(output)
    except TimeoutError:
        raise AuditUnavailable(
            f"The audit of cycle {request.weights.cycle_id} did not end within {AUDIT_TIMEOUT_S:.0f} s."
        ) from None
    except ValidationError:
        raise AuditUnavailable(
            f"The audit of cycle {request.weights.cycle_id} ended without an answer (exit code {process.returncode})."
        ) from None
    finally:
        kill_child(process)  # and the processes that replay for it
        await process.wait()


async def _audit(request: AuditRequest) -> AuditAnswer:
    import kinitro.chain
    from kinitro.audit.audit import audit_cycle

    async with ApiClient(request.api_url) as api:
        chain = await kinitro.chain.connect(request.network)
        try:
            report = await audit_cycle(
                api,
                request.weights.cycle_id,
                sample=request.sample,
                missed=request.missed,
                workers=request.workers,
                netuid=request.netuid,
                chain=chain,
                operator=request.operator_hotkey,
                witness=Witness(seen=request.seen),
                weights=request.weights,
            )
        finally:
            await chain.close()
    checks = [AuditCheck(name=check.name, verdict=check.verdict.value, detail=check.detail) for check in report.checks]
    if report.unavailable_reason is not None:
        return AuditAnswer(checks=checks, reason=None, unavailable=report.unavailable_reason)
    reason = report.reason if request.allow_unchecked else report.strict_reason
    if reason is not None and not report.failures:
        reason += " --allow-unchecked takes the operator's word for it."
    return AuditAnswer(checks=checks, reason=reason)


def main() -> None:
    """Read the request from standard input, audit, and write the answer to standard output."""
    configure_logs("warning", service="validator-audit")
    request = AuditRequest.model_validate_json(sys.stdin.buffer.read())
    try:
        answer = asyncio.run(_audit(request))
    except KinitroError as error:
        what = f"The audit of cycle {request.weights.cycle_id} could not be made: {error}"
        answer = AuditAnswer(checks=[], reason=None, unavailable=what)
    sys.stdout.write(answer.model_dump_json())


if __name__ == "__main__":
    main()
