"""Do the seeds of a cycle follow from two sources that nobody controls together: a block and a round of drand?"""

from __future__ import annotations

import asyncio

from kinitro.audit.report import Check
from kinitro.chain.drand import QUICKNET, DrandNetwork
from kinitro.chain.drand_test_network import TEST_NETWORK
from kinitro.chain.errors import ChainError, ChainUnavailable
from kinitro.chain.interface import Chain
from kinitro.client.records import Manifest

NAME = "beacon"
LOCAL_CHAIN = "local-dev"


async def check_beacon(manifest: Manifest, chain: Chain | None) -> Check:
    """Verify the signature of the cycle's drand round, and that it is the round that belongs to the beacon block.

    Which network must have signed is the chain's to say, and not the manifest's: otherwise an operator could name one
    whose key it has. Without a chain it is drand's quicknet, except for a chain on one machine.
    """
    if manifest.config.drand is None:
        if manifest.drand is not None:
            return Check.of(NAME, "", ["a round of drand is named, and the cycle was opened without one"])
        return Check.of(NAME, "block hash only: the cycle was opened without drand", [])
    network = _find_network(manifest, chain)
    if network is None or network.name != manifest.config.drand:
        known = "none" if network is None else network.name
        return Check.of(NAME, "", [f"the drand network is said to be {manifest.config.drand}; the chain's is {known}"])
    if manifest.drand is None:
        return Check.of(NAME, "", [f"the round of {network.name} is missing from the manifest"])
    number, signature = manifest.drand.round, bytes.fromhex(manifest.drand.signature)
    if not await asyncio.to_thread(network.is_signed, number, signature):
        return Check.of(NAME, "", [f"the signature of round {number} is not one of {network.name}"])
    signed = f"round {number} of {network.name} is signed by its key"
    if chain is None or manifest.beacon_block is None:
        return Check.of(NAME, f"{signed}; without a chain it was not compared with the time of the block", [])
    try:
        expected = network.find_round(await chain.time_of(manifest.beacon_block))
    except ChainUnavailable as error:
        return Check.unavailable(NAME, f"the chain could not be read: {error}")
    except ChainError as error:
        return Check.skipped(NAME, f"not checked: the chain could not be read: {error}")
    if number != expected:
        return Check.of(NAME, "", [f"the round is {number}; to block {manifest.beacon_block} belongs round {expected}"])
    return Check.of(NAME, f"{signed} and belongs to block {manifest.beacon_block}", [])


def _find_network(manifest: Manifest, chain: Chain | None) -> DrandNetwork | None:
    if chain is not None:
        return chain.drand
    return TEST_NETWORK if manifest.network == LOCAL_CHAIN else QUICKNET
