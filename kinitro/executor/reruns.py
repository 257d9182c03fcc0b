"""Playing episodes of hosted policies again: does what was uploaded act as it was published to have acted?

Everything that an episode of a hosted policy depends on is public after the reveal: the upload, the seed, and the
episode's id, which follows from seed and hotkey. So anybody can play it again. Where the same actions come out, the
trace has the same bits. Where they do not (another processor rounds differently), the policy is shown the published
episode step by step, and its actions are compared as in verification.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kinitro.audit.audit import Progress
from kinitro.audit.replays import check_trace
from kinitro.audit.report import Check
from kinitro.client.errors import ApiRefused
from kinitro.client.http import ApiClient
from kinitro.client.messages import Task
from kinitro.client.records import REFERENCE_UID, Manifest, ResultRow, TraceRecord
from kinitro.client.verdicts import VerificationRule
from kinitro.environments.interface import read_instruction
from kinitro.environments.packs.directory import load_pack
from kinitro.environments.packs.versions import split_version
from kinitro.environments.registry import make
from kinitro.errors import KinitroError, UnavailableError
from kinitro.evaluation import Outcome, traces
from kinitro.evaluation.jobs import Evaluator, Job
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.rollout import Rollout
from kinitro.executor.hosted_tasks import HostedTasks, derive_episode_id
from kinitro.policies.client import Deadlines, HttpPolicy
from kinitro.policies.errors import PolicyError
from kinitro.policies.messages import describe_task

NAME = "reruns"
ANSWER_S = 30.0
"""Seconds for one answer: this machine may be slow, and the published episode waits."""


@dataclass
class _Tally:
    """What became of the episodes."""

    equal: int = 0
    agreeing: int = 0
    steps: int = 0


async def check_reruns(
    api: ApiClient,
    manifest: Manifest,
    rows: Sequence[ResultRow],
    number: int,
    hosted: HostedTasks,
    evaluator: Evaluator,
    choose: random.Random,
    tell: Progress,
    packs: Path | None = None,
) -> Check:
    """Play `number` published episodes of hosted miners and of the reference again, drawn with equal chances.

    packs: the directory with the cycle's sealed pack, from which the evaluator reads it, too.

    The check is skipped if the cycle has none, and unavailable if a policy cannot be downloaded or run here.
    """
    players = {miner.uid: miner for miner in manifest.miners if miner.hosted and miner.excluded is None}
    counted = (Outcome.SUCCESS, Outcome.FAILURE)
    candidates = [
        row
        for row in rows
        if (row.uid in players or row.uid == REFERENCE_UID) and row.outcome in counted and row.trace_sha256 is not None
    ]
    if not candidates:
        return Check.skipped(NAME, "not checked: no episode of the cycle was played by a hosted policy")
    chosen = choose.sample(candidates, min(number, len(candidates)))
    counts, differences, missing = _Tally(), [], []
    for done, row in enumerate(chosen, 1):
        try:
            difference = await _rerun(api, manifest, row, hosted, evaluator, counts, packs)
        except (UnavailableError, ApiRefused) as error:
            missing.append(f"task {row.task_id}: {error}")
            difference = None
        if difference is not None:
            differences.append(f"task {row.task_id} (uid {row.uid}, {row.env_id}, episode {row.episode}): {difference}")
        tell(NAME, done, len(chosen))
    detail = (
        f"{len(chosen)} of {len(candidates)} episodes of hosted policies, {counts.steps} steps: "
        f"{counts.equal} equal to the bit, {counts.agreeing} with actions that agree"
    )
    if missing and not differences:
        return Check.unavailable(NAME, f"{len(missing)} could not be made, the first because {missing[0]} ({detail})")
    return Check.of(NAME, detail, differences)


async def _rerun(
    api: ApiClient,
    manifest: Manifest,
    row: ResultRow,
    hosted: HostedTasks,
    evaluator: Evaluator,
    counts: _Tally,
    packs: Path | None,
) -> str | None:
    """Play one episode again; returns what differs. Raises UnavailableError, ApiRefused."""
    task = _make_task(manifest, row)
    job = Job(task.env_id, task.env_version, task.seed, "", task.max_steps, receiver=task.hotkey)
    result = await hosted.play(evaluator, job, task, manifest.config.hosting)
    if result.outcome is Outcome.EVALUATOR_FAULT or (result.trace is None and result.reason):
        raise UnavailableError(f"the policy could not be played here ({result.reason}: {result.detail})")
    if result.trace is not None and hashlib.sha256(traces.encode(result.trace)).hexdigest() == row.trace_sha256:
        counts.equal += 1
        counts.steps += result.steps
        return None
    record = await api.get(f"/v1/tasks/{row.task_id}/trace", TraceRecord)
    data, wrong = check_trace(manifest, row, record)
    if data is None or wrong:
        return "; ".join(wrong) or "its trace cannot be read"
    trace = traces.decode(data)
    compared, matching = await _follow(hosted, task, manifest, trace, packs)
    counts.steps += compared
    rule = manifest.config.verification
    if rule.agrees(compared, matching):
        counts.agreeing += 1
        return None
    return (
        f"of the published actions {matching} of {compared} are within {rule.tolerance:g} of what the upload answers; "
        f"{rule.required_share:.0%} must be"
    )


async def _follow(
    hosted: HostedTasks, task: Task, manifest: Manifest, trace: Trace, packs: Path | None
) -> tuple[int, int]:
    """Show the policy the published episode; returns how many actions were compared, and how many agree."""
    owner, source = hosted.name_source(task, manifest.config.hosting)
    async with hosted.policies.occupy(owner, source) as instance:
        deadlines = Deadlines(health_s=ANSWER_S, reset_s=ANSWER_S, act_s=ANSWER_S)
        policy = HttpPolicy("http://policy", unix_socket=instance.socket, deadlines=deadlines)
        try:
            return await _compare(policy, task, trace, manifest.config.verification, packs)
        except PolicyError as error:
            raise UnavailableError(f"the policy does not answer here: {error}") from None
        finally:
            await policy.close()


async def _compare(
    policy: HttpPolicy, task: Task, trace: Trace, rule: VerificationRule, packs: Path | None
) -> tuple[int, int]:
    _, digest = split_version(task.env_version)
    pack = load_pack(packs, digest) if packs is not None and digest is not None else None
    environment = await asyncio.to_thread(partial(make, task.env_id, pack=pack))
    try:
        rollout = Rollout(environment, seed=int(task.seed, 16), max_steps=task.max_steps)
        await asyncio.to_thread(rollout.begin)
        episode_id = derive_episode_id(task.seed, task.hotkey)
        await policy.health()
        instruction = read_instruction(environment)
        await policy.reset(describe_task(environment.spec, episode_id, rollout.max_steps, instruction))
        planned: list[npt.NDArray[np.float32]] = []
        compared = matching = 0
        for step, action in enumerate(traces.read_actions(trace)):
            if not planned:
                observation = await asyncio.to_thread(environment.observe)
                planned = list(await policy.act(episode_id, step, observation))
            answer = np.clip(planned.pop(0), -1.0, 1.0)
            compared += 1
            matching += bool(np.abs(answer - action).max() <= rule.tolerance)
            await asyncio.to_thread(rollout.execute, action[None])
            if rollout.over:
                break
        return compared, matching
    finally:
        environment.close()


def _make_task(manifest: Manifest, row: ResultRow) -> Task:
    """The task whose result this is. Raises KinitroError if the manifest does not know its environment or miner."""
    environment = next((one for one in manifest.config.environments if one.id == row.env_id), None)
    reference = manifest.config.reference if row.uid == REFERENCE_UID else None
    miner = next((one for one in manifest.miners if one.uid == row.uid), None)
    if environment is None or (reference is None and miner is None):
        raise KinitroError(f"Task {row.task_id} is not of this cycle.")
    return Task(
        row.task_id,
        manifest.cycle_id,
        row.uid,
        reference.name if reference is not None else miner.hotkey if miner is not None else "",
        environment.id,
        environment.version,
        row.episode,
        row.seed,
        "",
        environment.max_steps,
        row.attempt,
        shipped=reference.digest if reference is not None else None,
        upload=None if miner is None else f"{miner.repo}@{miner.revision}",
    )
