"""The examination of one recording, from the committed repository to a verdict. Whose fault is what, is said here."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kinitro.client.verdicts import Cause, Evidence, Verdict, VerificationTask
from kinitro.environments.errors import SimulationFailed, UnknownEnvironment
from kinitro.environments.interface import Environment
from kinitro.errors import KinitroError
from kinitro.evaluation import recordings, traces
from kinitro.evaluation.environment_cache import Instances
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
from kinitro.verification.pace import SLOWDOWN, SPARE_S, PacedPolicy, TooSlow, budget_s
from kinitro.verification.shadow import NotReproduced, SimulationThread, shadow

ANSWER_S = 30.0
"""For one answer in the sandbox, sixty times what an evaluator grants: a verifier may have no GPU."""
LAST_WORDS_S = 1.0
"""How long a broken connection may be ahead of the end of the process."""
MAX_REASON_CHARS = 500
OURS = (
    RepositoryUnavailable, SandboxFailed, NotReproduced, InvalidRecording, InvalidTrace, SimulationFailed,
    UnknownEnvironment,
)  # fmt: skip
WITH_THE_UPLOAD = (RepositoryRefused, PolicyKilled)
"""Of ours, those that cost a miner something if they happen to it alone; see `taskpool.verdicts.VerificationRule`."""
THE_MINERS = (RepositoryUnverifiable, PolicyDidNotStart)
log = get_logger(__name__)


class Repositories(Protocol):
    """Where uploads come from; `repositories.PolicyRepositories`."""

    async def fetch(self, repo: str, revision: str) -> Path: ...


class CommittedPolicyFailed(KinitroError):
    """The committed policy came up, and did not stay: the miner's fault."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all examinations of one verifier share."""

    repositories: Repositories
    sandbox: Sandbox
    runtime: Runtime
    limits: Limits
    slowdown: float = SLOWDOWN
    """How many times as long as the deployed server a policy may take to answer."""


class Examiner:
    """Examines one recording at a time, simulating in a thread of its own."""

    def __init__(self, workshop: Workshop, instances: Instances) -> None:
        self._workshop = workshop
        self._instances = instances
        self._thread = SimulationThread()

    def close(self) -> None:
        """Drop what has not begun."""
        self._thread.close()

    async def examine(self, task: VerificationTask) -> tuple[Verdict, Evidence]:
        """The verdict, with everything it rests on. Raises SandboxUnavailable: then nothing can be examined here."""
        began = time.monotonic()
        verdict, found = await self._judge(task)
        workshop = self._workshop
        return verdict, found.model_copy(
            update={
                "repo": task.repo,
                "revision": task.revision,
                "runtime": workshop.runtime.name,
                "sandbox": workshop.sandbox.name,
                "took_s": round(time.monotonic() - began, 3),
            }
        )

    async def _judge(self, task: VerificationTask) -> tuple[Verdict, Evidence]:
        try:
            recording, trace = _decoded(task)
            directory = await self._workshop.repositories.fetch(task.repo, task.revision)
            async with self._environment(trace) as environment:
                allowed_s = budget_s(len(recording.steps), task.answer_ms, self._workshop.slowdown)
                comparison = await self._compare(
                    directory, recording, trace, environment, task.rule.tolerance, allowed_s
                )
        except (*THE_MINERS, CommittedPolicyFailed) as error:
            return "unverifiable", Evidence(reason=_sentence(error))
        except OURS as error:
            cause: Cause = "upload" if isinstance(error, WITH_THE_UPLOAD) else "machine"
            return "error", Evidence(reason=_sentence(error), cause=cause)
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
        comparison = Comparison(tolerance)
        workshop = self._workshop
        async with workshop.sandbox.serve(directory, runtime=workshop.runtime, limits=workshop.limits) as served:
            deadlines = Deadlines(health_s=ANSWER_S, reset_s=ANSWER_S, act_s=ANSWER_S)
            policy = PacedPolicy(HttpPolicy("http://policy", unix_socket=served.socket, deadlines=deadlines), allowed_s)
            try:
                async with aclosing(shadow(recording, trace, environment, policy, self._thread)) as answers:
                    async for exchange, answer in answers:
                        comparison.add(exchange, answer)
                        if answer is None and served.ended() is not None:
                            raise await _failure(served, f"It answered no more at step {exchange.step}")
            except TooSlow as error:
                raise CommittedPolicyFailed(
                    f"The committed policy does not serve the episode: {error}, which is {SPARE_S:g} s and "
                    f"{workshop.slowdown:g} times what the deployed policy needed."
                ) from None
            except PolicyError as error:
                raise await _failure(served, _sentence(error).rstrip(".")) from None
            finally:
                await policy.close()
        return comparison

    @asynccontextmanager
    async def _environment(self, trace: Trace) -> AsyncIterator[Environment]:
        environment = await self._instances.take(trace.env_id)
        try:
            yield environment
        except SimulationFailed:
            self._instances.discard(environment)
            raise
        except BaseException:
            self._instances.give_back(environment)
            raise
        self._instances.give_back(environment)


def conclude(comparison: Comparison, task: VerificationTask) -> tuple[Verdict, Evidence]:
    """The verdict of a comparison that came to its end."""
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


async def _failure(served: SandboxedPolicy, what: str) -> KinitroError:
    """Why a policy that was there is no longer: its own doing, unless the sandbox says that it was ours."""
    ending = await served.wait(LAST_WORDS_S)
    if ending is None:
        return CommittedPolicyFailed(f"The committed policy does not serve the episode: {what}.")
    if ending.is_ours:
        return PolicyKilled(f"The sandbox ended before the comparison: {ending}.")
    return CommittedPolicyFailed(f"The committed policy ended during the episode ({ending}).")


def _decoded(task: VerificationTask) -> tuple[Recording, Trace]:
    """Raises InvalidRecording, InvalidTrace."""
    try:
        data = [base64.b64decode(text, validate=True) for text in (task.recording, task.trace)]
    except (binascii.Error, ValueError) as error:
        raise InvalidRecording(f"The recording is no base64: {error}.") from None
    return recordings.decode(data[0]), traces.decode(data[1])


def _sentence(error: Exception) -> str:
    """An error as evidence: strangers are quoted in it, so printable characters only, and not too many."""
    text = "".join(character if character.isprintable() else " " for character in str(error))
    return text[:MAX_REASON_CHARS]
