"""The round of drand that belongs to a cycle's beacon block: from the chain's record, or from drand itself."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated

import httpx2
import msgspec

from kinitro.chain.drand import DrandNetwork
from kinitro.chain.errors import ChainError
from kinitro.chain.interface import Chain
from kinitro.logs import get_logger
from kinitro.outgoing_http import open_client

PUBLIC_ENDPOINTS = ("https://api.drand.sh", "https://api2.drand.sh", "https://drand.cloudflare.com")
"""Relays of the League of Entropy. They cannot lie: what they say must be signed."""
TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 4096
log = get_logger(__name__)


class _Round(msgspec.Struct):
    """The answer of a relay. Source: drand's public HTTP interface, /{chain hash}/public/{round}."""

    round: int
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{96}$")]


async def find_pulse(chain: Chain, name: str, block: int) -> tuple[int, bytes] | None:
    """Find number and signature of the round that belongs to a block; None if it cannot be had yet.

    Raises ChainError, also if the chain's drand network is not the one that the cycle was opened with.
    """
    network = chain.drand
    if network is None or network.name != name:
        raise ChainError(f"The cycle was opened with drand {name}, and the chain records another network or none.")
    number = network.find_round(await chain.time_of(block))
    if time.time() < network.genesis_s + (number - 1) * network.period_s:
        return None
    signature = await chain.drand_signature(number)
    if signature is None or not await asyncio.to_thread(network.is_signed, number, signature):
        signature = await _ask_relays(network, number)
    return None if signature is None else (number, signature)


async def _ask_relays(network: DrandNetwork, number: int) -> bytes | None:
    """Ask the public relays one after the other for a signature; None if none of them has a valid one."""
    if not network.chain_hash:
        return None
    async with open_client(timeout=TIMEOUT_S) as client:
        for relay in PUBLIC_ENDPOINTS:
            try:
                answer = await client.get(f"{relay}/{network.chain_hash}/public/{number}")
                found = msgspec.json.decode(answer.content[:MAX_ANSWER_BYTES], type=_Round)
            except (httpx2.HTTPError, msgspec.DecodeError) as error:
                log.warning("drand_relay_failed", relay=relay, round=number, reason=str(error)[:200])
                continue
            signature = bytes.fromhex(found.signature)
            if found.round == number and await asyncio.to_thread(network.is_signed, number, signature):
                return signature
            log.warning("drand_relay_failed", relay=relay, round=number, reason="it is not signed by drand's key")
    return None
