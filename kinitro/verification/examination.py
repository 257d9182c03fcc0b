"""Examines one recording, from the committed repository to a verdict. Here it is decided whose fault an error is:

MINER_FAULTS, CommittedPolicyFailed  the verdict is `unverifiable`
OUR_FAULTS                           the verdict is `error`, and another verifier tries again
UPLOAD_FAULTS                        those of OUR_FAULTS that count against a miner if they happen only with its uploads
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kinitro.client.errors import ApiRefused, ApiUnavailable
from kinitro.client.packs import PackCache
from kinitro.client.verdicts import Cause, Evidence, Verdict, VerificationTask
from kinitro.environments.errors import InvalidPack, SimulationFailed, UnknownEnvironment
from kinitro.environments.interface import Environment
from kinitro.environments.packs.versions import split_version
from kinitro.errors import KinitroError
from kinitro.evaluation import recordings, traces
from kinitro.evaluation.environment_cache import EnvironmentCache
from kinitro.evaluation.errors import InvalidRecording, InvalidTrace
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.recordings import Recording
from kinitro.logs import get_logger
from kinitro.policies.client import Deadlines, HttpPolicy
from kinitro.policies.errors import PolicyError
from kinitro.sandbox.errors import (
    PolicyDidNotStart,
    PolicyKilled,
    RepositoryRefused,
    RepositoryUnavailable,
    RepositoryUnverifiable,
    SandboxFailed,
)
from kinitro.sandbox.interface import Limits, Runtime, Sandbox, SandboxedPolicy
from kinitro.verification.comparison import Comparison
from kinitro.verification.pace import SLOWDOWN, SPARE_S, PacedPolicy, TooSlow, compute_budget_s
from kinitro.verification.shadow import NotReproduced, SimulationThread, shadow

ANSWER_S = 30.0
"""Seconds for one answer in the sandbox: sixty times what evaluators grant, because a verifier may have no GPU."""
END_NOTICED_S = 1.0
"""How long a broken connection may be noticed before the end of the process that caused it."""
MAX_REASON_CHARS = 500
OUR_FAULTS = (
    RepositoryUnavailable, SandboxFailed, NotReproduced, InvalidRecording, InvalidTrace, SimulationFailed,
    UnknownEnvironment, InvalidPack, ApiUnavailable, ApiRefused,
)  # fmt: skip
UPLOAD_FAULTS = (RepositoryRefused, PolicyKilled)
"""Those of OUR_FAULTS that count against a miner if they happen only with its uploads; see `VerificationRule`."""
MINER_FAULTS = (RepositoryUnverifiable, PolicyDidNotStart)
log = get_logger(__name__)


class Repositories(Protocol):
    """The source of uploads; `kinitro.sandbox.uploads.PolicyRepositories` implements it."""

    async def fetch(self, repo: str, revision: str) -> Path: ...


class CommittedPolicyFailed(KinitroError):
    """The committed policy started but failed during the episode, which is the miner's fault."""


@dataclass(frozen=True, slots=True)
class VerifierContext:
    """What all examinations of one verifier have in common."""

    repositories: Repositories
    sandbox: Sandbox
    runtime: Runtime
    limits: Limits
    slowdown: float = SLOWDOWN
    """How many times as long as the deployed server the policy in the sandbox may take to answer."""


class Examiner:
    """Examines one recording at a time, simulating in a thread of its own."""

    def __init__(
        self, context: VerifierContext, environments: EnvironmentCache, packs: PackCache | None = None
    ) -> None:
        """`packs` fetches the sealed packs, into the directory where `environments` looks for them."""
        self._context = context
        self._environments = environments
        self._packs = packs
        self._thread = SimulationThread()

    def close(self) -> None:
        """Drop simulation work that has not begun."""
        self._thread.close()

    async def examine(self, task: VerificationTask) -> tuple[Verdict, Evidence]:
        """Return the verdict and its evidence. Raises SandboxUnavailable if this machine cannot examine anything."""
        began = time.monotonic()
        verdict, found = await self._judge(task)
        context = self._context
        return verdict, found.model_copy(
            update={
                "repo": task.repo,
                "revision": task.revision,
                "runtime": context.runtime.name,
                "sandbox": context.sandbox.name,
                "took_s": round(time.monotonic() - began, 3),
            }
        )

    async def _judge(self, task: VerificationTask) -> tuple[Verdict, Evidence]:
        try:
            recording, trace = _decode(task)
            directory = await self._context.repositories.fetch(task.repo, task.revision)
            async with self._environment(trace) as environment:
                allowed_s = compute_budget_s(len(recording.steps), task.answer_ms, self._context.slowdown)
                comparison = await self._compare(
                    directory, recording, trace, environment, task.rule.tolerance, allowed_s
                )
        except (*MINER_FAULTS, CommittedPolicyFailed) as error:
            return "unverifiable", Evidence(reason=_quote_error(error))
        except OUR_FAULTS as error:
            cause: Cause = "upload" if isinstance(error, UPLOAD_FAULTS) else "machine"
            return "error", Evidence(reason=_quote_error(error), cause=cause)
        return conclude(comparison, task)

    async def _compare(
        self,
        directory: Path,
        recording: Recording,
        trace: Trace,
        environment: Environment,
        tolerance: float,
        allowed_s: float,
    ) -> Comparison:
        comparison = Comparison(tolerance, traces.read_bounds(trace))
        context = self._context
        async with context.sandbox.serve(directory, runtime=context.runtime, limits=context.limits) as served:
            deadlines = Deadlines(health_s=ANSWER_S, reset_s=ANSWER_S, act_s=ANSWER_S)
            policy = PacedPolicy(HttpPolicy("http://policy", unix_socket=served.socket, deadlines=deadlines), allowed_s)
            try:
                async with aclosing(shadow(recording, trace, environment, policy, self._thread)) as answers:
                    async for exchange, answer in answers:
                        comparison.add(exchange, answer)
                        if answer is None and served.poll() is not None:
                            raise await _explain_failure(served, f"it stopped answering at step {exchange.step}")
            except TooSlow as error:
                raise CommittedPolicyFailed(
                    f"The committed policy does not serve the episode: {error}, which is {SPARE_S:g} s and "
                    f"{context.slowdown:g} times what the deployed policy needed."
                ) from None
            except PolicyError as error:
                raise await _explain_failure(served, _quote_error(error).rstrip(".")) from None
            finally:
                await policy.close()
        return comparison

    @asynccontextmanager
    async def _environment(self, trace: Trace) -> AsyncIterator[Environment]:
        _, digest = split_version(trace.env_version)
        if digest is not None and self._packs is not None:
            await self._packs.ensure(digest)
        environment = await self._environments.take(trace.env_id, pack=digest)
        try:
            yield environment
        except SimulationFailed:
            self._environments.discard(environment)
            raise
        except BaseException:
            self._environments.give_back(environment)
            raise
        self._environments.give_back(environment)


def conclude(comparison: Comparison, task: VerificationTask) -> tuple[Verdict, Evidence]:
    """Return the verdict of a complete comparison, and its evidence."""
    rule = task.rule
    evidence = Evidence(
        compared=comparison.compared,
        matching=comparison.matching,
        tolerance=comparison.tolerance,
        required_share=rule.required_share,
        largest_difference=comparison.largest_difference,
        first_difference=comparison.first_difference,
    )
    if not comparison.compared:
        return "error", Evidence(
            cause="machine", reason="The deployed policy gave no usable answer, so there is nothing to compare."
        )
    if rule.agrees(comparison.compared, comparison.matching):
        return "match", evidence
    reason = (
        f"{comparison.matching} of {comparison.compared} actions agree within {comparison.tolerance:g}; "
        f"{rule.required_share:.0%} must."
    )
    if comparison.unusable:
        reason += f" To {comparison.unusable} of the observations the committed policy gives no usable answer."
    return "mismatch", evidence.model_copy(update={"reason": reason})


async def _explain_failure(served: SandboxedPolicy, what: str) -> KinitroError:
    """Return why a running policy does not answer any more: its own fault, unless the sandbox says that it is ours."""
    ending = await served.wait(END_NOTICED_S)
    if ending is None:
        return CommittedPolicyFailed(f"The committed policy does not serve the episode: {what}.")
    if ending.is_ours:
        return PolicyKilled(f"The sandbox ended before the comparison: {ending}.")
    return CommittedPolicyFailed(f"The committed policy ended during the episode ({ending}).")


def _decode(task: VerificationTask) -> tuple[Recording, Trace]:
    """Return the recording and the trace of a task; raises InvalidRecording, InvalidTrace."""
    try:
        data = [base64.b64decode(text, validate=True) for text in (task.recording, task.trace)]
    except (binascii.Error, ValueError) as error:
        raise InvalidRecording(f"The recording or its trace is not valid base64: {error}.") from None
    return recordings.decode(data[0]), traces.decode(data[1])


def _quote_error(error: Exception) -> str:
    """Return an error's message as evidence. It may quote strangers, so it is made printable and cut to a maximum."""
    text = "".join(character if character.isprintable() else " " for character in str(error))
    return text[:MAX_REASON_CHARS]
