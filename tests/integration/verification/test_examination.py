"""From a recording to a verdict: what is the miner's fault, what is ours, and what is the same."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from kinitro import environments
from kinitro.client.packs import PackCache
from kinitro.client.verdicts import Evidence, Verdict, VerificationRule, VerificationTask
from kinitro.environments.packs.directory import SealedPack
from kinitro.environments.packs.format import decode_pack, digest_pack, encode_pack
from kinitro.environments.packs.making import PackSizes, make_pack
from kinitro.evaluation import recordings, run_episode, traces
from kinitro.evaluation.environment_cache import EnvironmentCache
from kinitro.evaluation.recordings import Recorder
from kinitro.sandbox.errors import (
    PolicyDidNotStart,
    PolicyKilled,
    RepositoryRefused,
    RepositoryUnavailable,
    RepositoryUnverifiable,
    SandboxFailed,
    SandboxUnavailable,
)
from kinitro.sandbox.interface import Ending, EndReason, Limits, Runtime
from kinitro.verification.examination import Examiner, VerifierContext
from tests.fakes.point import PointEnvironment, make
from tests.fakes.policies import LATE, Answer, ScriptedPolicy
from tests.fakes.sandbox import ScriptedSandbox

STEPS = 40


def forward(step: int) -> list[list[float]]:
    """Chunks of two that change from step to step."""
    return [[0.5, 0.01 * step, 0.0, 1.0], [0.5, 0.01 * step + 0.3, 0.0, 7.0]]


def forward_but_late_once(step: int) -> Answer:
    return LATE if step == 10 else forward(step)


def crash(step: int) -> Any:
    return None if step >= 20 else forward(step)


class Shelf:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def fetch(self, repo: str, revision: str) -> Path:
        if self.error is not None:
            raise self.error
        return Path("/nowhere")


async def recorded(
    script: Callable[[int], Answer] = forward, policy: ScriptedPolicy | None = None, **changes: Any
) -> VerificationTask:
    """A task about an episode of a deployed policy; `changes` falsify its recording."""
    recorder = Recorder()
    deployed = policy or ScriptedPolicy(script)
    result = await run_episode(PointEnvironment(), deployed, seed=5, max_steps=STEPS, observer=recorder)
    recording = recorder.make_recording()
    assert recording is not None
    assert result.trace is not None
    falsified = msgspec.structs.replace(recording, **changes)
    return VerificationTask(
        task_id=1, lease_id=1, ttl_s=60, cycle_id=1, uid=5, repo="a/b", revision="c" * 40, rule=VerificationRule(),
        recording=base64.b64encode(recordings.encode(falsified)).decode(),
        trace=base64.b64encode(traces.encode(result.trace)).decode(),
    )  # fmt: skip


async def examine(
    task: VerificationTask, sandbox: ScriptedSandbox, shelf: Shelf | None = None
) -> tuple[Verdict, Evidence]:
    runtime = Runtime("python-test", Path("/usr/bin/python"))
    examiner = Examiner(VerifierContext(shelf or Shelf(), sandbox, runtime, Limits()), EnvironmentCache(make))
    try:
        return await examiner.examine(task)
    finally:
        examiner.close()


async def test_the_same_policy_matches_also_where_it_was_late() -> None:
    asked: list[int] = []

    def answer(step: int) -> Any:
        asked.append(step)
        return forward(step)

    verdict, evidence = await examine(await recorded(forward_but_late_once), ScriptedSandbox(answer))
    assert verdict == "match"
    assert (evidence.matching, evidence.compared) == (STEPS - 1, STEPS - 1)
    assert 10 in asked, "policies that remember are shown everything"
    assert evidence.first_difference is None
    assert (evidence.repo, evidence.revision, evidence.runtime, evidence.sandbox) == (
        "a/b", "c" * 40, "python-test", "scripted"
    )  # fmt: skip


async def test_policies_that_sample_are_told_the_same_episode_and_sample_the_same() -> None:
    def sampled(episode_id: str, step: int) -> list[list[float]]:
        random = np.random.default_rng([step, *episode_id.encode()])
        return [random.uniform(-1, 1, 4).tolist()]

    deployed, committed = ScriptedPolicy(), ScriptedSandbox(forward)
    deployed.script = lambda step: sampled(deployed.tasks[-1].episode_id, step)
    task = await recorded(policy=deployed)
    committed.answer = lambda step: sampled(committed.episode_id, step)
    assert (await examine(task, committed))[0] == "match"
    committed.answer = lambda step: sampled("their own seed", step)
    assert (await examine(task, committed))[0] == "mismatch"


async def test_another_policy_is_a_mismatch_with_both_actions_as_evidence() -> None:
    verdict, evidence = await examine(await recorded(), ScriptedSandbox(lambda step: [[0.5, 0.0, 0.0, 1.0]] * 2))
    assert verdict == "mismatch"
    assert evidence.first_difference is not None
    assert evidence.first_difference.step == 1
    assert evidence.first_difference.deployed == pytest.approx([0.5, 0.3, 0.0, 1.0])
    assert evidence.first_difference.committed == pytest.approx([0.5, 0.0, 0.0, 1.0])
    assert str(evidence.reason) == f"1 of {STEPS} actions agree within 0.01; 90% must."


@pytest.mark.parametrize(
    "answer",
    [
        lambda step: '{"action": "yes"}',
        lambda step: [[float("1e400"), 0, 0, 0]] * 2,
        lambda step: forward(step)[:1],
        lambda step: forward(step) * 2,
        lambda step: '{"verdict": "match", "matching": 40, "compared": 40}',
        lambda step: "x" * 200_000,
    ],
    ids=["words", "infinite", "short", "long", "verdict", "flood"],
)
async def test_no_usable_answer_is_a_mismatch(answer: Any) -> None:
    verdict, evidence = await examine(await recorded(), ScriptedSandbox(answer))
    assert verdict == "mismatch"
    assert evidence.matching <= 2, "only the episode's end may have cut a chunk short"


@pytest.mark.parametrize(
    ("sandbox", "shelf", "verdict", "words"),
    [
        (ScriptedSandbox(forward), Shelf(RepositoryUnverifiable("It is gone.")), "unverifiable", "gone"),
        (ScriptedSandbox(forward), Shelf(RepositoryUnavailable("The hub is down.")), "error", "hub is down"),
        (ScriptedSandbox(forward, error=PolicyDidNotStart("No torch\x1b[31m.")), Shelf(), "unverifiable", "No torch ["),
        (ScriptedSandbox(forward, error=SandboxFailed("No room.")), Shelf(), "error", "No room"),
        (ScriptedSandbox(forward, resets=False), Shelf(), "unverifiable", "does not serve the episode"),
        (ScriptedSandbox(crash, Ending(EndReason.EXITED, 1, "oops")), Shelf(), "unverifiable", "exited with status 1"),
        (ScriptedSandbox(crash, Ending(EndReason.MEMORY, None, "")), Shelf(), "unverifiable", "memory"),
        (ScriptedSandbox(crash, Ending(EndReason.WALL, None, "")), Shelf(), "unverifiable", "wall"),
        (ScriptedSandbox(crash, Ending(EndReason.KILLED, 137, "")), Shelf(), "error", "before the comparison"),
    ],
    ids=["no-upload", "no-hub", "no-start", "no-sandbox", "no-reset", "crash", "memory", "time", "killed"],
)
async def test_whose_fault_it_is(sandbox: ScriptedSandbox, shelf: Shelf, verdict: str, words: str) -> None:
    found, evidence = await examine(await recorded(), sandbox, shelf)
    assert found == verdict
    assert words in str(evidence.reason)
    assert str(evidence.reason).isprintable()


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (RepositoryUnavailable("The hub is down."), "machine"),
        (RepositoryRefused("The hub gives others theirs."), "upload"),
        (SandboxFailed("No room."), "machine"),
        (PolicyKilled("Ended from outside."), "upload"),
    ],
)
async def test_an_error_says_where_it_arose(error: Exception, cause: str) -> None:
    """A miner is not verified if errors happen with its uploads, and not with those of others."""
    fetching = isinstance(error, RepositoryUnavailable)
    sandbox = ScriptedSandbox(forward, error=None if fetching else error)
    verdict, evidence = await examine(await recorded(), sandbox, Shelf(error if fetching else None))
    assert (verdict, evidence.cause) == ("error", cause)


async def test_who_sleeps_only_here_is_ended_long_before_the_episode_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seconds per answer would be a match after a minute, and a quarter of an hour with other episodes."""
    monkeypatch.setattr("kinitro.verification.pace.SPARE_S", 0.0)
    task = (await recorded()).model_copy(update={"answer_ms": 0.001})
    found, evidence = await examine(task, ScriptedSandbox(forward))
    assert found == "unverifiable"
    assert "does not serve the episode: Its answers took longer than" in str(evidence.reason)
    assert "60 times what the deployed policy needed" in str(evidence.reason)


@pytest.mark.parametrize("answer_ms", [0.0, 400.0, None])
async def test_who_is_as_fast_as_deployed_has_time_enough(answer_ms: float | None) -> None:
    task = (await recorded()).model_copy(update={"answer_ms": answer_ms})
    assert (await examine(task, ScriptedSandbox(forward)))[0] == "match"


async def test_a_machine_that_sees_something_else_blames_nobody() -> None:
    other = bytes(4 * (STEPS // 2))
    verdict, evidence = await examine(await recorded(checksums=other), ScriptedSandbox(lambda step: [[9.0] * 4] * 2))
    assert verdict == "error"
    assert "step 0 looks different on this machine" in str(evidence.reason)


async def test_an_executor_that_asked_for_something_else_makes_no_mismatch() -> None:
    """The instruction follows from the seed, whatever a recording says."""
    honest = recordings.decode(base64.b64decode((await recorded()).recording))
    other = msgspec.structs.replace(honest.task, instruction="do nothing")
    verdict, evidence = await examine(await recorded(task=other), ScriptedSandbox(lambda step: [[9.0] * 4] * 2))
    assert verdict == "error"
    assert "was not asked what the episode's seed asks" in str(evidence.reason)


@pytest.mark.parametrize("field", ["recording", "trace"])
@pytest.mark.parametrize("content", ["", "%%", base64.b64encode(b"\x01junk").decode()], ids=["empty", "text", "junk"])
async def test_what_executors_sent_is_not_trusted(field: str, content: str) -> None:
    task = (await recorded()).model_copy(update={field: content})
    assert (await examine(task, ScriptedSandbox(forward)))[0] == "error"


async def test_without_a_working_sandbox_nothing_is_examined() -> None:
    with pytest.raises(SandboxUnavailable):
        await examine(await recorded(), ScriptedSandbox(forward, error=SandboxUnavailable("No namespaces.")))


async def test_an_episode_of_a_sealed_pack_is_seen_again_with_that_pack(tmp_path: Path) -> None:
    """With another one, or none, nothing can be compared, which is nobody's fault but ours."""
    data, other = (encode_pack(make_pack(seed * 32, {}, sizes=PackSizes(4, 4, 2, 0))) for seed in (b"a", b"b"))
    sealed = SealedPack(digest_pack(data), decode_pack(data))
    environment = environments.make("metaworld/push-v3@sealed", pack=sealed)
    recorder = Recorder()
    result = await run_episode(environment, ScriptedPolicy(forward), seed=5, max_steps=8, observer=recorder)
    recording = recorder.make_recording()
    assert recording is not None
    assert result.trace is not None
    task = VerificationTask(
        task_id=1, lease_id=1, ttl_s=60, cycle_id=1, uid=5, repo="a/b", revision="c" * 40, rule=VerificationRule(),
        recording=base64.b64encode(recordings.encode(recording)).decode(),
        trace=base64.b64encode(traces.encode(result.trace)).decode(),
    )  # fmt: skip

    async def examine_with(served: bytes) -> tuple[Verdict, Evidence]:
        async def fetch(_digest: str) -> bytes:
            return served

        place = tmp_path / digest_pack(served)
        context = VerifierContext(Shelf(), ScriptedSandbox(forward), Runtime("t", Path("/usr/bin/python")), Limits())
        cache = EnvironmentCache(environments.make, packs=place)
        examiner = Examiner(context, cache, PackCache(place, fetch))
        try:
            return await examiner.examine(task)
        finally:
            examiner.close()

    verdict, evidence = await examine_with(data)
    assert verdict == "match", evidence.reason
    assert evidence.compared == 8
    verdict, evidence = await examine_with(other)
    assert (verdict, evidence.cause) == ("error", "machine")
    assert "This is the wrong pack" in str(evidence.reason)
