"""Was a cycle bound on chain before its beacon block existed: its seed key, its miners, its configuration?

The operator's hotkey writes a digest of each opening (`kinitro.chain.seed_commitments`), one cycle after the other. A
cycle is proven if the chain had its digest in the block that its beacon is counted from, and if the commitment before
that one belongs to the cycle before, where it should be. So nobody can write many and publish the best of them.
"""

from __future__ import annotations

from kinitro.audit.report import Check
from kinitro.chain.errors import ChainError, ChainUnavailable
from kinitro.chain.interface import Chain, RawCommitment
from kinitro.chain.seed_commitments import (
    CommitmentHistory,
    SeedCommitment,
    commits_to_the_same,
    decode_seed_commitment,
)
from kinitro.client.http import ApiClient
from kinitro.client.records import Manifest, digest_opening
from kinitro.errors import KinitroError, UnavailableError

NAME = "binding"
MAX_STEPS = 20
"""How many cycles that ended before they had a beacon are looked back past."""


async def check_binding(api: ApiClient, manifest: Manifest, chain: Chain | None, operator: str | None) -> Check:
    """Compare a cycle with what the operator wrote on chain; `operator` is its hotkey, default: the subnet owner's.

    The check is skipped ("not proven") if nothing was written or the node does not have these blocks, and unavailable
    if the node does not answer or the API cannot be asked for the cycle before.
    """
    if chain is None:
        return Check.skipped(NAME, "not proven: no chain was given to look for what the operator committed")
    try:
        hotkey = operator or (await chain.snapshot(manifest.netuid, manifest.key_committed_block)).owner_hotkey
        if hotkey is None:
            return Check.skipped(NAME, "not proven: the subnet has no owner's hotkey; name the operator's")
        return await _compare(api, manifest, CommitmentHistory(chain, manifest.netuid, hotkey), hotkey)
    except ChainUnavailable as error:
        return Check.unavailable(NAME, f"the chain could not be read: {error}")
    except ChainError as error:
        return Check.skipped(NAME, f"not proven: the chain could not be read: {error}")
    except UnavailableError as error:
        return Check.unavailable(NAME, f"the cycle before could not be read: {error}")
    except KinitroError as error:
        return Check.of(NAME, "", [f"the operator does not publish the cycle before: {error}"])


async def _compare(api: ApiClient, manifest: Manifest, history: CommitmentHistory, hotkey: str) -> Check:
    block = manifest.key_committed_block
    found = await history.at(block)
    seed = decode_seed_commitment(found.data) if found is not None else None
    if found is None or seed is None:
        return Check.skipped(NAME, f"not proven: {hotkey} had committed to no seed key on chain by block {block}")
    if not commits_to_the_same(found.data, make_seed_commitment(manifest).encode()):
        return Check.of(
            NAME,
            "",
            [
                f"in block {block} the chain has the digest {seed.digest.hex()} of cycle {seed.cycle}; what was "
                f"published of cycle {manifest.cycle_id} gives {digest_opening(manifest).hex()}"
            ],
        )
    if found.block != block:
        return Check.of(NAME, "", [f"the commitment is of block {found.block}, the cycle says {block}"])
    before = await history.at(block - 1)
    differences, predecessor = await _follow(api, manifest.cycle_id, before, history)
    return Check.of(NAME, f"committed on chain by {hotkey} in block {block}, {predecessor}", differences)


async def _follow(
    api: ApiClient, cycle_id: int, before: RawCommitment | None, history: CommitmentHistory
) -> tuple[list[str], str]:
    """List what is wrong with the commitments before that of `cycle_id`; and say in words what comes before it."""
    told = "the first of this hotkey"
    for step in range(MAX_STEPS):
        if before is None:
            return [], told
        seed = decode_seed_commitment(before.data)
        if seed is None:
            return [f"before cycle {cycle_id}, the hotkey had committed to something other than a cycle"], ""
        if seed.is_only_a_key:
            written = await history.find_first(before.data, before.block)
            before = written.before if written is not None else None
            continue
        if seed.cycle >= cycle_id:
            return [
                f"before the commitment to cycle {cycle_id} the chain has another one, to cycle {seed.cycle}, of block "
                f"{before.block}: there was a choice"
            ], ""
        manifest = await api.get(f"/v1/cycles/{seed.cycle}/manifest", Manifest)
        if not commits_to_the_same(make_seed_commitment(manifest).encode(), before.data):
            return [
                f"the commitment before, of block {before.block}, has the digest {seed.digest.hex()} of cycle "
                f"{seed.cycle}; what was published of that cycle gives {digest_opening(manifest).hex()}"
            ], ""
        if step == 0:
            told = f"after cycle {seed.cycle} ({manifest.state})"
        written = await history.find_first(before.data, before.block)
        if written is None:
            return [f"block {before.block} does not show the commitment that later blocks date to it"], ""
        if manifest.beacon_block is not None:
            if written.block != manifest.key_committed_block:
                return [
                    f"cycle {seed.cycle} was committed to in block {written.block}, it says "
                    f"{manifest.key_committed_block}"
                ], ""
            return [], told
        cycle_id, before = seed.cycle, written.before
    return [f"{MAX_STEPS} cycles in a row were opened and given up before they had a beacon"], ""


def make_seed_commitment(manifest: Manifest) -> SeedCommitment:
    """Make the commitment that the chain must have for a cycle."""
    return SeedCommitment(manifest.cycle_id, digest_opening(manifest))
