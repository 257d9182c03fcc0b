"""The checks of an audit that need nothing but what was published. Each returns what differs, in sentences.

Everything given to them comes from the operator and is treated as a claim, not as a fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from kinitro import __version__
from kinitro.chain.drand import combine
from kinitro.chain.interface import ChainSnapshot
from kinitro.client.messages import MinerScore, Scores, Weights
from kinitro.client.records import FrozenMiner, Manifest, PolicyMode, ResultRow, TaskOutcome, compute_results_root
from kinitro.client.verdicts import VerdictRow, find_unfounded
from kinitro.cycles.freeze import SEALED, exclude, freeze_miners, list_candidates, settle_endpoints
from kinitro.cycles.result_checks import COUNTED
from kinitro.cycles.result_checks import find_result_differences as find_one_result_differences
from kinitro.cycles.scorecard import SATURATED, PublicationIdentity, Scorecard, Unscorable, list_players, score
from kinitro.cycles.seeds import KEY_BYTES, compute_beacon_number, hash_seed_key
from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.packs.versions import SEALED_RUNG, split_version
from kinitro.environments.registry import get_spec
from kinitro.environments.seeds import derive_seed
from kinitro.evaluation.outcomes import Outcome
from kinitro.scoring import InvalidScoringConfig

REPLAYABLE = COUNTED
_PUBLIC_FACTS = ("hotkey", "first_block", "repo", "revision", "endpoint", "sealed", "hosted")


def find_manifest_differences(manifest: Manifest, cycle_id: int, netuid: int | None) -> Iterator[str]:
    """Is this the record of the cycle that was asked for, complete and consistent in itself?"""
    if manifest.cycle_id != cycle_id:
        yield f"cycle {cycle_id} was asked for, the API serves cycle {manifest.cycle_id}"
    if netuid is not None and manifest.netuid != netuid:
        yield f"the cycle is of subnet {manifest.netuid}, not of subnet {netuid}"
    if manifest.state != "published":
        yield f"the cycle is {manifest.state}, not published"
    for name in ("seed_key", "beacon_block", "beacon_hash", "results_root"):
        if getattr(manifest, name) is None:
            yield f"{name} is missing from the manifest"
    if manifest.block < 0:
        yield f"the miners are said to be frozen in block {manifest.block}, which no chain has"
    if manifest.key_committed_block < manifest.block:
        yield (
            f"the key is said to have been public in block {manifest.key_committed_block}, "
            f"before the miners were frozen in block {manifest.block}"
        )
    uids = Counter(miner.uid for miner in manifest.miners)
    yield from (f"uid {uid} is listed {times} times" for uid, times in uids.items() if times > 1)
    same_program = manifest.config.kinitro_version == __version__
    for environment in manifest.config.environments:
        try:
            spec = get_spec(environment.id)
        except UnknownEnvironment:
            yield f"the environment {environment.id!r} is not known here"
            continue
        if environment.id != spec.id:
            yield f"the environment {environment.id!r} must be written {spec.id!r}"
        version, pack = split_version(environment.version)
        if version != spec.version:
            yield f"{environment.id} has version {environment.version}, here it is {spec.version}"
        elif pack != (manifest.config.pack if SEALED_RUNG in spec.rungs else None):
            yield f"{environment.id} has version {environment.version}, and the cycle's pack is {manifest.config.pack}"
        elif same_program and environment.random_success != spec.random_success:
            yield f"the chance level of {environment.id} is {spec.random_success}, not {environment.random_success}"


def find_key_differences(manifest: Manifest, witnessed: str | None) -> Iterator[str]:
    """Is the revealed key the one that was committed to, as far as anybody saw it?"""
    key = bytes.fromhex(manifest.seed_key or "")
    if len(key) != KEY_BYTES or hash_seed_key(key).hex() != manifest.key_hash:
        yield f"the revealed seed key does not hash to the published key_hash {manifest.key_hash}"
    if witnessed is not None and witnessed != manifest.key_hash:
        yield f"key_hash was {witnessed} before the reveal and is {manifest.key_hash} now"
    if manifest.beacon_block != compute_beacon_number(manifest.key_committed_block):
        yield (
            f"the beacon is block {manifest.beacon_block}; committed in block {manifest.key_committed_block}, "
            f"it must be block {compute_beacon_number(manifest.key_committed_block)}"
        )


def find_result_differences(manifest: Manifest, rows: Sequence[ResultRow]) -> Iterator[str]:
    """Has every miner exactly one result per episode, and do the results have the published Merkle root?"""
    root = compute_results_root(list(rows)).hex()
    if root != manifest.results_root:
        yield f"the results have the Merkle root {root}, published is {manifest.results_root}"
    if any(later.task_id <= earlier.task_id for earlier, later in pairwise(rows)):
        yield "the results are not in order of task id"
    found = Counter((row.uid, row.env_id, row.episode) for row in rows)
    expected = {
        (uid, environment.id, episode)
        for uid in list_players(manifest.config, manifest.miners)
        for environment in manifest.config.environments
        for episode in range(manifest.config.episodes)
    }
    for uid, env_id, episode in sorted(expected - found.keys()):
        yield f"uid {uid} has no result for episode {episode} of {env_id}"
    for uid, env_id, episode in sorted(found.keys() - expected):
        yield f"uid {uid} has a result for episode {episode} of {env_id}, which is not part of the cycle"
    for (uid, env_id, episode), times in found.items():
        if times > 1:
            yield f"uid {uid} has {times} results for episode {episode} of {env_id}"
    yield from _find_count_differences(manifest, rows)
    horizons = {environment.id: environment.max_steps for environment in manifest.config.environments}
    for row in rows:
        if row.outcome not in (TaskOutcome.VOID, TaskOutcome.CANCELLED) and row.env_id in horizons:
            found_wrong = find_one_result_differences(row, horizons[row.env_id], has_trace=row.trace_sha256 is not None)
            yield from (f"task {row.task_id} {difference}" for difference in found_wrong)


def _find_count_differences(manifest: Manifest, rows: Sequence[ResultRow]) -> Iterator[str]:
    counted = Counter(TaskOutcome(row.outcome) for row in rows)
    expected = {outcome.name.lower(): counted[outcome] for outcome in TaskOutcome}
    expected |= {"total": len(rows), "finished": len(rows)}
    for name, number in expected.items():
        if manifest.counts.get(name) != number:
            yield f"the manifest counts {manifest.counts.get(name)} tasks as {name}, the results have {number}"


def find_seed_differences(manifest: Manifest, rows: Sequence[ResultRow]) -> Iterator[str]:
    """Are the seeds the ones that key and beacon give?"""
    signature = None if manifest.drand is None else bytes.fromhex(manifest.drand.signature)
    key, beacon = bytes.fromhex(manifest.seed_key or ""), combine(bytes.fromhex(manifest.beacon_hash or ""), signature)
    versions = {environment.id: environment.version for environment in manifest.config.environments}
    derived: dict[tuple[str, int], str] = {}
    for row in rows:
        if row.env_id not in versions:
            continue
        episode = (row.env_id, row.episode)
        if episode not in derived:
            derived[episode] = derive_seed(key, beacon, row.env_id, versions[row.env_id], row.episode).hex()
        if row.seed != derived[episode]:
            yield (
                f"task {row.task_id} (uid {row.uid}, {row.env_id}, episode {row.episode}) has the seed {row.seed}; "
                f"key and beacon give {derived[episode]}"
            )


def find_verdict_differences(
    manifest: Manifest, rows: Sequence[ResultRow], verdicts: Sequence[VerdictRow]
) -> Iterator[str]:
    """Is every verdict one on a result of that miner, final, and borne out by its own evidence?"""
    results = {row.task_id: row for row in rows}
    frozen = {miner.uid: miner for miner in manifest.miners}
    if any(later.task_id <= earlier.task_id for earlier, later in pairwise(verdicts)):
        yield "the verdicts are not in order of task id"
    for verdict in verdicts:
        result, where = results.get(verdict.task_id), f"the {verdict.verdict} of task {verdict.task_id}"
        miner = frozen.get(verdict.uid)
        if result is None or miner is None or (result.uid, manifest.cycle_id) != (verdict.uid, verdict.cycle_id):
            yield f"{where} is said to be of uid {verdict.uid}, who has no such result in this cycle"
        elif result.outcome not in (Outcome.SUCCESS, Outcome.FAILURE):
            yield f"{where} is on an episode that counts for nothing"
        else:
            rule = manifest.config.verification
            why = find_unfounded(verdict.verdict, verdict.evidence, miner.repo, miner.revision, rule)
            yield from (f"{where}: {one}" for one in why)


def recompute(
    manifest: Manifest, rows: Sequence[ResultRow], verdicts: Sequence[VerdictRow], published: Scores
) -> Scorecard | str:
    """Compute the scorecard again from results and verdicts; returns a sentence if they allow none."""
    identity = PublicationIdentity(manifest.cycle_id, manifest.netuid, manifest.block, published.published_at)
    try:
        return score(identity, manifest.config, manifest.miners, rows, verdicts)
    except (Unscorable, InvalidScoringConfig, TypeError) as error:
        return f"the published results allow no scores: {error}"


def find_score_differences(published: Scores, recomputed: Scores) -> Iterator[str]:
    """Do the results give the published scores, to the last bit?"""
    theirs = {miner.uid: miner for miner in published.miners}
    ours = {miner.uid: miner for miner in recomputed.miners}
    for uid in sorted(ours.keys() - theirs.keys()):
        yield f"uid {uid} took part and has no published score"
    for uid in sorted(theirs.keys() - ours.keys()):
        yield f"uid {uid} has a published score and did not take part"
    for uid in sorted(ours.keys() & theirs.keys()):
        yield from _find_miner_differences(theirs[uid], ours[uid])
    for name in ("cycle_id", "block", "environments", "void_episodes", "notes", "reference"):
        one, other = getattr(published, name), getattr(recomputed, name)
        if name == "notes" and not any(note.startswith(SATURATED) for note in one):  # as 0.1.0 wrote them
            other = [note for note in other if not note.startswith(SATURATED)]
        if one != other:
            yield f"{name} of the scores is {one!r}; the results give {other!r}"
    if theirs.keys() == ours.keys() and list(theirs) != list(ours):
        yield "the miners of the scores are not in order"


def _find_miner_differences(published: MinerScore, recomputed: MinerScore) -> Iterator[str]:
    for name in MinerScore.model_fields:
        theirs, ours = getattr(published, name), getattr(recomputed, name)
        if theirs == ours:
            continue
        if name != "environments":
            yield f"uid {recomputed.uid} has {name} {theirs}; the results give {ours}"
            continue
        for one, other in zip(theirs, ours, strict=False):
            for field in type(other).model_fields:
                if getattr(one, field) != getattr(other, field):
                    yield (
                        f"uid {recomputed.uid} has {field} {getattr(one, field)} on {other.env_id}; "
                        f"the results give {getattr(other, field)}"
                    )
        if len(theirs) != len(ours):
            yield f"uid {recomputed.uid} has scores on {len(theirs)} environments; the cycle has {len(ours)}"


def find_weight_differences(published: Weights, recomputed: Weights) -> Iterator[str]:
    """Are the weights that validators are to set the ones that the results give?"""
    for name in ("weights", "weights_u16", "hotkeys"):
        theirs, ours = getattr(published, name), getattr(recomputed, name)
        for uid in sorted(theirs.keys() | ours.keys()):
            if theirs.get(uid) != ours.get(uid):
                yield f"uid {uid} has {theirs.get(uid)} in {name}; the results give {ours.get(uid)}"
    for name in ("cycle_id", "netuid", "block", "fallback"):
        if getattr(published, name) != getattr(recomputed, name):
            yield f"{name} of the weights is {getattr(published, name)!r}; it must be {getattr(recomputed, name)!r}"


def find_chain_differences(manifest: Manifest, snapshot: ChainSnapshot, beacon_hash: bytes) -> Iterator[str]:
    """Did the chain have these blocks and these miners?"""
    if snapshot.block.hash.hex() != manifest.block_hash:
        yield f"block {manifest.block} has the hash {snapshot.block.hash.hex()} on the chain, not {manifest.block_hash}"
    if beacon_hash.hex() != manifest.beacon_hash:
        yield f"block {manifest.beacon_block}, the beacon, has the hash {beacon_hash.hex()}, not {manifest.beacon_hash}"
    theirs = {miner.uid: miner for miner in manifest.miners}
    ours = {miner.uid: miner for miner in _freeze_again(theirs, snapshot, manifest.config.policies)}
    for uid in sorted(ours.keys() - theirs.keys()):
        yield f"uid {uid} had committed a policy by block {manifest.block} and is missing from the frozen miners"
    for uid in sorted(theirs.keys() - ours.keys()):
        yield f"uid {uid} is among the frozen miners and had committed nothing by block {manifest.block}"
    for uid in sorted(ours.keys() & theirs.keys()):
        yield from _find_frozen_differences(theirs[uid], ours[uid])


def _freeze_again(
    theirs: Mapping[int, FrozenMiner], snapshot: ChainSnapshot, policies: PolicyMode
) -> list[FrozenMiner]:
    """Freeze the miners again, believing the operator's exclusions; `find_unproven_exclusions` names those."""
    miners = []
    for miner in list_candidates(snapshot, allow_private=True, policies=policies):
        published = theirs.get(miner.uid)
        if miner.excluded is None and published is not None and published.excluded is not None:
            miner = exclude(miner, published.excluded)
        miners.append(miner)
    return settle_endpoints(miners)


def _find_frozen_differences(published: FrozenMiner, frozen: FrozenMiner) -> Iterator[str]:
    sealed = frozen.excluded == SEALED
    for name in _PUBLIC_FACTS:
        theirs, ours = getattr(published, name), getattr(frozen, name)
        if theirs != ours and not (name == "endpoint" and frozen.sealed):
            yield f"uid {frozen.uid} has the {name} {theirs!r}; the chain has {ours!r}"
    if frozen.excluded is not None and published.excluded is None and not sealed:
        yield f"uid {frozen.uid} takes part, although {frozen.excluded}"


def find_unproven_exclusions(
    manifest: Manifest, snapshot: ChainSnapshot, holders: Mapping[str, str] | None = None
) -> list[str]:
    """Name the miners excluded for a reason that only the operator can know, such as where a host's name led.

    `holders`: the endpoints of the cycle before, see `list_endpoint_holders`.
    """
    frozen = freeze_miners(snapshot, policies=manifest.config.policies, holders=holders)
    refused = {miner.uid for miner in frozen if miner.excluded not in (None, SEALED)}
    return [
        f"uid {miner.uid} was excluded ({miner.excluded}); the chain alone does not show why"
        for miner in manifest.miners
        if miner.excluded is not None and miner.uid not in refused
    ]
