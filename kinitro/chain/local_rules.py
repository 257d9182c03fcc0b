"""What the local chain holds and which transactions it refuses: subtensor's rules, restated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import psycopg
from psycopg.rows import DictRow

from kinitro.chain.errors import ChainUnavailable, TransactionRefused, UnknownSubnet
from kinitro.chain.interface import Block, Hyperparameters
from kinitro.chain.weights import U16_MAX

MAX_UNREVEALED_COMMITS = 10
"""How many commits of weights one hotkey may have unrevealed in one epoch."""

Cursor = psycopg.AsyncCursor[DictRow]


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far the chain is: the head's number, and the seconds until the next block."""

    number: int
    until_next_s: float
    genesis_hash: bytes
    genesis_s: float
    block_time_s: float

    def hash(self, number: int) -> bytes:
        return sha256(self.genesis_hash + number.to_bytes(8, "big")).digest()

    def block(self, lag: int) -> Block:
        """The block `lag` before the head, the genesis at the earliest."""
        number = max(0, self.number - lag)
        return Block(number, self.hash(number))


async def read_state(cursor: Cursor) -> ChainState:
    """Read how far the chain is, by the database's clock; raises ChainUnavailable."""
    await cursor.execute(
        "select genesis_hash, block_time_s, extract(epoch from genesis)::float8 as genesis_s,"
        " extract(epoch from clock_timestamp() - genesis)::float8 as age_s"
        " from local_chain.chain"
    )
    row = await cursor.fetchone()
    if row is None:
        raise ChainUnavailable("The local chain has no genesis: create it with `kinitro demo`.")
    number = int(row["age_s"] // row["block_time_s"])
    until_next_s = (number + 1) * row["block_time_s"] - row["age_s"]
    return ChainState(number, until_next_s, row["genesis_hash"], row["genesis_s"], row["block_time_s"])


async def read_subnet(cursor: Cursor, netuid: int) -> DictRow:
    """Read the owner and hyperparameters of a subnet; raises UnknownSubnet."""
    await cursor.execute("select * from local_chain.subnet where netuid = %s", (netuid,))
    row = await cursor.fetchone()
    if row is None:
        raise UnknownSubnet(f"There is no subnet {netuid} on this chain: check --netuid.")
    return row


def read_hyperparameters(subnet: Mapping[str, Any]) -> Hyperparameters:
    """The hyperparameters in a subnet's row."""
    return Hyperparameters(
        tempo=subnet["tempo"],
        weights_version=subnet["weights_version"],
        weights_rate_limit=subnet["weights_rate_limit"],
        commit_reveal=subnet["commit_reveal"],
        min_stake=subnet["min_stake"],
        reveal_period_epochs=subnet["reveal_period_epochs"],
    )


def find_last_epoch(block: int, tempo: int) -> int:
    """The newest block up to `block` in which an epoch began: one begins every `tempo` blocks."""
    return block // max(1, tempo) * max(1, tempo)


def find_next_epoch(block: int, tempo: int) -> int:
    """The first block later than `block` in which an epoch begins."""
    return find_last_epoch(block, tempo) + max(1, tempo)


async def check_weights(
    cursor: Cursor,
    subnet: Mapping[str, Any],
    neuron: Mapping[str, Any],
    weights: Mapping[int, int],
    version: int,
    block: int,
) -> None:
    """Apply subtensor's rules for setting weights, in its order; raises TransactionRefused."""
    netuid, uid = subnet["netuid"], neuron["uid"]
    is_owner = neuron["hotkey"] == subnet["owner_hotkey"]
    if neuron["stake"] < subnet["min_stake"] and not is_owner:
        raise TransactionRefused(
            f"uid {uid} has a stake of {neuron['stake']:g}, and setting weights on subnet {netuid} needs "
            f"{subnet['min_stake']:g}."
        )
    if version < subnet["weights_version"]:
        raise TransactionRefused(
            f"Weights of version {version} are refused: subnet {netuid} demands {subnet['weights_version']}."
        )
    await cursor.execute(
        "select max(block) as last from local_chain.weights where netuid = %s and hotkey = %s and block >= %s",
        (netuid, neuron["hotkey"], neuron["from_block"]),
    )
    found = await cursor.fetchone()
    last = (found["last"] if found else None) or neuron["from_block"]
    limit = subnet["weights_rate_limit"]
    if last and block - last < limit:
        raise TransactionRefused(
            f"uid {uid} set weights, or was registered, in block {last}, and subnet {netuid} allows it every {limit} "
            f"blocks: wait {limit - (block - last)} more."
        )
    if not (neuron["permit"] or is_owner or set(weights) == {uid}):
        raise TransactionRefused(f"uid {uid} has no validator permit on subnet {netuid}: it needs more stake.")
    if subnet["commit_reveal"]:
        await cursor.execute(
            "select count(*) as unrevealed from local_chain.weights where netuid = %s and hotkey = %s and block >= %s"
            " and reveal_block > %s",
            (netuid, neuron["hotkey"], find_last_epoch(block, subnet["tempo"]), block),
        )
        counted = await cursor.fetchone()
        if counted is not None and counted["unrevealed"] >= MAX_UNREVEALED_COMMITS:
            raise TransactionRefused(
                f"uid {uid} has {MAX_UNREVEALED_COMMITS} commits of weights in this epoch that are not revealed yet: "
                "wait for the next epoch."
            )
    await cursor.execute(
        "select uid from local_chain.neuron where netuid = %s and until_block is null and from_block <= %s",
        (netuid, block),
    )
    registered = {row["uid"] for row in await cursor.fetchall()}
    if unknown := sorted(set(weights) - registered):
        raise TransactionRefused(f"uid {unknown[0]} is not registered on subnet {netuid}.")
    if not weights or not all(0 <= value <= U16_MAX for value in weights.values()):
        raise TransactionRefused(f"Weights must be 1 or more integers from 0 to {U16_MAX}.")
