"""The audit of one cycle: everything the operator published about it, against key, chain, physics and arithmetic."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from kinitro.audit import checks
from kinitro.audit.beacon import check_beacon
from kinitro.audit.binding import check_binding
from kinitro.audit.errors import AuditUnavailable
from kinitro.audit.packs import check_pack
from kinitro.audit.report import AuditReport, AuditVerdict, Check
from kinitro.audit.rungs import check_rungs
from kinitro.audit.sampling import MISSED_BY_ONE, plan_sample
from kinitro.audit.witness import Witness
from kinitro.chain.errors import ChainError, ChainUnavailable
from kinitro.chain.interface import Chain
from kinitro.client.errors import ApiNotFound, ApiRefused
from kinitro.client.http import ApiClient
from kinitro.client.messages import Scores, Weights
from kinitro.client.records import Manifest, ResultPage, ResultRow, TraceRecord
from kinitro.client.verdicts import VerdictPage, VerdictRow
from kinitro.cycles.freeze import list_endpoint_holders
from kinitro.cycles.scorecard import list_players
from kinitro.errors import KinitroError, UnavailableError
from kinitro.scoring import InvalidScoringConfig

DEFAULT_SAMPLE = 5
"""How many episodes, drawn from all, are replayed beside those where a lie would pay."""
STALE_TRIES, STALE_PAUSE_S = 3, 2.5
"""How often, and with which pause, a manifest is read again that says that the cycle still runs."""
PRECEDING_LOOKED_AT = 8
"""How many numbers of cycles are tried to find the subnet's preceding cycle."""
BATCH = 200
"""How many traces are held in memory at once."""
MAX_MISSING = 1_000_000
"""A cycle whose configuration asks for so many more episodes than it has tasks is not looked at further: its tables
would not fit into this machine's memory."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Record:
    """What the operator published about one cycle."""

    manifest: Manifest
    rows: Sequence[ResultRow]
    verdicts: Sequence[VerdictRow]
    scores: Scores
    weights: Weights


async def audit_cycle(
    api: ApiClient,
    cycle_id: int | None = None,
    *,
    sample: int | None = DEFAULT_SAMPLE,
    workers: int = 1,
    netuid: int | None = None,
    chain: Chain | None = None,
    operator: str | None = None,
    witness: Witness | None = None,
    weights: Weights | None = None,
    choose: random.Random | None = None,
    missed: float | None = MISSED_BY_ONE,
    progress: Progress | None = None,
) -> AuditReport:
    """Check one published cycle (default: the newest). Never raises for what the API says or fails to say.

    What the API could not be asked for makes a check *unavailable*, never *failed*: a proxy's page or a broken
    connection is not a lie of the operator. Only what the API itself answered, in its own form, can fail a check.

    sample:    episodes to replay, of all with equal chances; None replays every one, 0 none at all.
    missed:    replay so many more, where a lie would pay, that one which changes who is paid most goes unseen with
               this probability at most (see `sampling`); None: no more than `sample`.
    workers:   processes that replay; 0 replays in a thread of this one.
    netuid:    the subnet that the cycle must be of.
    chain:     to compare blocks and frozen miners with; without it that check is skipped.
    operator:  the hotkey that binds cycles on chain; default: the subnet owner's.
    witness:   remembers which commitments to seed keys were seen while their cycles ran.
    weights:   those somebody is about to set; default: the ones that the API serves for the cycle's block.
    choose:    where the sample comes from; default: the system's randomness, which no operator can foresee.
    """
    tell = progress or _ignore_progress
    try:
        if cycle_id is None:
            cycle_id = await _find_newest_cycle(api)
        record = await _fetch(api, cycle_id, weights, tell)
    except UnavailableError as error:
        return AuditReport(cycle_id, (Check.unavailable("record", str(error)),))
    except KinitroError as error:
        return AuditReport(cycle_id, (Check.of("record", "what was published", [str(error)]),))
    manifest, rows = record.manifest, record.rows
    witnessed = witness.key_hash(api.base_url, cycle_id) if witness else None
    found = [Check.of("manifest", "", list(checks.find_manifest_differences(manifest, cycle_id, netuid)))]
    if found[0].differences and (manifest.seed_key is None or manifest.beacon_hash is None):
        return AuditReport(cycle_id, tuple(found))
    binding = await check_binding(api, manifest, chain, operator)
    if binding.verdict is AuditVerdict.PASSED:
        witnessed = None  # the chain remembers better, also where a new database counts its cycles from 1 again
    found += [
        Check.of(
            "key", "the revealed key has the published hash", list(checks.find_key_differences(manifest, witnessed))
        ),
        binding,
        await _check_chain(api, manifest, chain),
        await check_beacon(manifest, chain),
        Check.of("results", f"{len(rows)} results", list(checks.find_result_differences(manifest, rows))),
        Check.of("seeds", f"{len(rows)} seeds", list(checks.find_seed_differences(manifest, rows))),
        *await check_rungs(api, manifest),
        _check_verdicts(record),
        *_check_scores(record),
    ]
    with TemporaryDirectory(prefix="kinitro-packs-") as packs:
        pack = await check_pack(api, manifest, Path(packs))
        found += [] if pack is None else [pack]
        if pack is not None and pack.verdict is AuditVerdict.UNAVAILABLE and sample != 0:
            found.append(Check.unavailable("replays", "episodes cannot be replayed without their pack"))
        else:
            draw = choose or random.SystemRandom()
            found.append(await _check_replays(api, record, sample, missed, workers, draw, tell, Path(packs)))
    return AuditReport(cycle_id, tuple(found))


async def _find_newest_cycle(api: ApiClient) -> int:
    try:
        return (await api.scores_latest()).cycle_id
    except ApiNotFound as error:
        raise AuditUnavailable(f"there is no published cycle yet: {error}") from None


async def fetch_manifest(api: ApiClient, cycle_id: int) -> Manifest:
    """Fetch the manifest of a cycle that should be over. Caches may show it running a little longer, so ask again."""
    for _ in range(STALE_TRIES):
        manifest = await api.get(f"/v1/cycles/{cycle_id}/manifest", Manifest)
        if manifest.state not in ("open", "running", "scoring"):
            break
        await asyncio.sleep(STALE_PAUSE_S)
    return manifest


async def fetch_results(api: ApiClient, cycle_id: int, total: int, progress: Progress | None = None) -> list[ResultRow]:
    """Fetch all results of a cycle, page by page. Raises ApiUnavailable or ApiRefused, also if the pages never end."""
    tell = progress or _ignore_progress
    rows: list[ResultRow] = []
    after: int | None = 0
    while after is not None:
        page = await api.get(f"/v1/cycles/{cycle_id}/results", ResultPage, {"after": after})
        if page.cycle_id != cycle_id:
            raise KinitroError(f"The results of cycle {cycle_id} were asked for, the API serves cycle {page.cycle_id}.")
        if page.next_after is not None and (page.next_after <= after or not page.results):
            raise KinitroError(f"The pages of results do not go on after task {after}.")
        rows += page.results
        if len(rows) > total:
            raise KinitroError(f"The manifest counts {total} tasks, and the API serves more results than that.")
        tell("results", len(rows), total)
        after = page.next_after
    return rows


async def fetch_verdicts(api: ApiClient, cycle_id: int, at_most: int) -> list[VerdictRow]:
    """Fetch all verdicts of a cycle, page by page. Raises ApiUnavailable or ApiRefused, also if the pages never end."""
    found: list[VerdictRow] = []
    after: int | None = 0
    while after is not None:
        page = await api.get(f"/v1/cycles/{cycle_id}/verifications", VerdictPage, {"after": after})
        if page.next_after is not None and (page.next_after <= after or not page.verdicts):
            raise KinitroError(f"The pages of verdicts do not go on after task {after}.")
        found += page.verdicts
        if len(found) > at_most:
            raise KinitroError(f"The cycle has {at_most} results, and the API serves more verdicts than that.")
        after = page.next_after
    return found


async def _fetch(api: ApiClient, cycle_id: int, weights: Weights | None, tell: Progress) -> Record:
    manifest = await fetch_manifest(api, cycle_id)
    total, config = manifest.counts.get("total", 0), manifest.config
    asked = len(list_players(config, manifest.miners)) * len(config.environments) * config.episodes
    if abs(asked - total) > MAX_MISSING:
        raise KinitroError(f"The manifest asks for {asked} episodes and counts {total} tasks.")
    rows = await fetch_results(api, cycle_id, total, tell)
    verdicts = await fetch_verdicts(api, cycle_id, len(rows))
    return Record(manifest, rows, verdicts, await api.scores(cycle_id), weights or await api.weights_at(manifest.block))


async def find_preceding_holders(api: ApiClient, manifest: Manifest) -> dict[str, str]:
    """Which hotkey held which endpoint in the subnet's cycle before this one, as published; empty if none is found.

    All subnets of one operator share the numbers of cycles, so a few numbers are tried. Raises ApiUnavailable.
    """
    for cycle_id in range(manifest.cycle_id - 1, max(0, manifest.cycle_id - 1 - PRECEDING_LOOKED_AT), -1):
        try:
            before = await api.get(f"/v1/cycles/{cycle_id}/manifest", Manifest)
        except ApiRefused:
            continue
        if before.netuid == manifest.netuid:
            return list_endpoint_holders(before.miners)
    return {}


async def _check_chain(api: ApiClient, manifest: Manifest, chain: Chain | None) -> Check:
    if chain is None:
        return Check.skipped("chain", "not checked: no chain was given to compare blocks and miners with")
    if manifest.beacon_block is None:
        return Check.of("chain", "", ["the manifest names no beacon block"])
    try:
        head, newest = (await chain.head()).number, max(manifest.block, manifest.beacon_block)
        if newest > head:  # a lie, or a node that is behind: trying again tells
            return Check.unavailable(
                "chain", f"the node has blocks up to {head}, and the manifest names block {newest}"
            )
        snapshot = await chain.snapshot(manifest.netuid, manifest.block)
        beacon = await chain.block_hash(manifest.beacon_block)
    except ChainUnavailable as error:
        return Check.unavailable("chain", f"the chain could not be read: {error}")
    except ChainError as error:
        return Check.skipped("chain", f"not checked: the chain could not be read: {error}")
    try:
        holders, unknown = await find_preceding_holders(api, manifest), []
    except UnavailableError as error:
        holders, unknown = {}, [f"the cycle before could not be read ({error})"]
    unproven = checks.find_unproven_exclusions(manifest, snapshot, holders)
    unproven += unknown if unproven else []
    detail = "; ".join([f"{len(manifest.miners)} miners of block {manifest.block}", *unproven])
    return Check.of("chain", detail, list(checks.find_chain_differences(manifest, snapshot, beacon)))


def _check_verdicts(record: Record) -> Check:
    counts = Counter(row.verdict for row in record.verdicts)
    detail = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())) or "nothing was verified"
    differences = list(checks.find_verdict_differences(record.manifest, record.rows, record.verdicts))
    return Check.of("verdicts", detail, differences)


def _check_scores(record: Record) -> list[Check]:
    recomputed = checks.recompute(record.manifest, record.rows, record.verdicts, record.scores)
    if isinstance(recomputed, str):
        return [Check.of(name, "", [recomputed]) for name in ("scores", "weights")]
    differences = list(checks.find_score_differences(record.scores, recomputed.scores))
    scores = Check.of("scores", f"{len(record.scores.miners)} miners", differences)
    published = record.weights
    if published.block == record.manifest.block and published.cycle_id > record.manifest.cycle_id:
        return [scores, Check.skipped("weights", f"cycle {published.cycle_id} of the same block replaced them")]
    differences = list(checks.find_weight_differences(published, recomputed.weights))
    return [scores, Check.of("weights", f"{len(published.weights)} weights", differences)]


async def _check_replays(
    api: ApiClient,
    record: Record,
    sample: int | None,
    missed: float | None,
    workers: int,
    choose: random.Random,
    tell: Progress,
    packs: Path,
) -> Check:
    manifest = record.manifest
    known = {environment.id for environment in manifest.config.environments}  # others fail the check of results
    candidates = [
        row
        for row in record.rows
        if row.outcome in checks.REPLAYABLE and row.trace_sha256 is not None and row.env_id in known
    ]
    if sample == 0:
        return Check.skipped("replays", "not checked: a sample of 0 episodes was asked for")
    if find_spec("mujoco") is None:
        return Check.skipped("replays", "not checked: the simulator is not installed here")
    if not manifest.traces_kept:
        return Check.skipped("replays", "not checked: the API serves no traces of this cycle any more")
    if not candidates:
        return Check.of("replays", "no result has a trace, so there is nothing to replay", [])
    chosen = {row.task_id: row for row in (candidates if sample is None else _draw_some(candidates, sample, choose))}
    words = ["every episode" if sample is None else f"{len(chosen)} of all"]
    if sample is not None and missed is not None:
        try:
            plan = await asyncio.to_thread(plan_sample, manifest, record.rows, record.verdicts, missed)
        except (InvalidScoringConfig, TypeError) as error:
            return Check.of("replays", "", [f"the published configuration allows no scores: {error}"])
        decisive = plan.choose(candidates, choose)
        chosen |= {row.task_id: row for row in decisive}
        words += [
            f"{len(decisive)} where a lie would pay",
            f"what changes who is paid most is found by {plan.description}",
        ]
        if untraced := plan.count_untraced(record.rows):
            words.append(f"{untraced} policy faults that would matter have no trace, so nobody can replay them")
    return await _replay(api, manifest, [chosen[task] for task in sorted(chosen)], words, workers, tell, packs)


def _draw_some(candidates: Sequence[ResultRow], sample: int, choose: random.Random) -> list[ResultRow]:
    return choose.sample(candidates, min(sample, len(candidates)))


async def _replay(
    api: ApiClient,
    manifest: Manifest,
    rows: Sequence[ResultRow],
    words: Sequence[str],
    workers: int,
    tell: Progress,
    packs: Path,
) -> Check:
    from kinitro.audit.replays import Replayed, Replayer, check_trace

    missing: list[str] = []

    async def replay_row(row: ResultRow, replayer: Replayer) -> tuple[ResultRow, Replayed | None, list[str]]:
        try:
            record = await api.get(f"/v1/tasks/{row.task_id}/trace", TraceRecord)
            data, differences = check_trace(manifest, row, record)
            replayed = await replayer.replay(data) if data is not None else None
        except UnavailableError as error:
            missing.append(f"task {row.task_id}: {error}")
            return row, None, []
        except KinitroError as error:
            return row, None, [str(error)]
        return row, replayed, [*differences, *(replayed.differences if replayed else ())]

    done: list[Replayed] = []
    differences: list[str] = []
    try:
        async with Replayer(workers, packs) as replayer:
            for start in range(0, len(rows), BATCH):
                chosen = rows[start : start + BATCH]
                for finished in asyncio.as_completed([replay_row(row, replayer) for row in chosen]):
                    row, replayed, wrong = await finished
                    where = f"task {row.task_id} (uid {row.uid}, {row.env_id}, episode {row.episode})"
                    differences += [f"{where}: {difference}" for difference in wrong]
                    done += [replayed] if replayed else []
                    tell("replays", len(done), len(rows))
    except UnavailableError as error:
        missing.append(str(error))
    steps = sum(replayed.steps for replayed in done)
    detail = f"{len(done)} of {len(rows)} chosen episodes, {steps} steps ({'; '.join(words)})"
    inexact = sum(not replayed.exact for replayed in done)
    if inexact:
        detail += f"; {inexact} ran under another physics fingerprint than this machine's, so only success was compared"
    if missing and not differences:
        return Check.unavailable(
            "replays", f"{len(missing)} could not be made, the first because {missing[0]} ({detail})"
        )
    if inexact and not differences:
        return Check.skipped("replays", f"not checked completely: {detail}")
    return Check.of("replays", detail, differences)


def _ignore_progress(_what: str, _done: int, _total: int) -> None:
    return None
