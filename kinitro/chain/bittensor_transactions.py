"""Sending transactions to a Bittensor node, each with a certain end.

The SDK watches a transaction over the connection that sent it, so that a lost connection, a silent link or a node that
restarts leaves its fate open, although it may be included a moment later. Here only the chain says what became of it:

- its bytes, hash, nonce and the blocks in which it can be included are known before it is sent;
- finalized blocks are read until one of them holds it, or until none can hold it any more, over as many connections as
  that takes;
- meanwhile the same bytes are sent again, which is harmless (they can be included once) and brings them back to a pool
  that has lost them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import bittensor as bt
from bittensor.result import chain_error_from_substrate_request

from kinitro.chain.bittensor_connection import NodeConnection
from kinitro.chain.errors import ChainError, ChainUnavailable, TransactionRefused, TransactionUndecided
from kinitro.logs import get_logger

PREPARE_TIMEOUT_S = 60.0
STEP_TIMEOUT_S = 30.0
"""How long one look at the chain, or the answer to one submission, may take."""
STALL_TIMEOUT_S = 180.0
"""Without a new finalized block, the fate of a transaction is given up as undecided."""
ERA_BLOCKS = 32
"""A transaction can be included in so many blocks after the finalized one in which it was made (or twice, four times as
many while the chain finalizes late); a power of two. About six minutes."""
RESEND_BLOCKS = 4
"""After this many finalized blocks without the transaction, its bytes are sent again."""
ATTEMPTS, RACE_PAUSE_S = 3, 1.0
"""How often a transaction is made anew that loses a race for its nonce or meets an upgrade of the runtime, and the
pause in between."""
FIRST_PAUSE_S, MAX_PAUSE_S = 0.05, 2.0
"""The pauses between two looks at the chain; the first is short, because a node may refuse at once."""

_POOL_CODES, _ALREADY_IMPORTED = range(1000, 1100), 1013
"""JSON-RPC codes with which a node answers a submission that its pool judged."""
_RACES = ("Stale", "Future", "PriorityTooLow", "BadProof", "AncientBirthBlock")
"""Refusals that making the transaction anew cures: another one took the nonce, or the runtime was upgraded."""

EXPLANATIONS = {
    "AccountNotAllowedCommit": "the hotkey is not registered on this subnet",
    "HotKeyNotRegisteredInSubNet": "the hotkey is not registered on this subnet",
    "HotKeyNotRegisteredInNetwork": "the hotkey is not registered on this subnet",
    "SubnetNotExists": "there is no such subnet",
    "SpaceLimitExceeded": "the hotkey committed too many bytes in this epoch, wait for the next one",
    "NeuronNoValidatorPermit": "the hotkey has no validator permit on this subnet",
    "NotEnoughStakeToSetWeights": "the hotkey has too little stake to set weights, add stake",
    "StakeAmountTooLow": "the hotkey has too little stake to set weights, add stake",
    "IncorrectWeightVersionKey": "the subnet demands weights of a newer version, upgrade kinitro",
    "SettingWeightsTooFast": "weights were set a short while ago, wait for the rate limit",
    "CommittingWeightsTooFast": "weights were committed a short while ago, wait for the rate limit",
    "RateLimitExceeded": "weights were set or committed a short while ago, wait for the rate limit",
    "TooManyUnrevealedCommits": "10 commits of weights in this epoch are not revealed yet, wait for the next epoch",
    "WeightVecLengthIsLow": "the subnet wants more weights in a row (min_allowed_weights)",
    "MaxWeightExceeded": "one weight is larger than the subnet allows (max_weights_limit)",
    "Payment": "the account cannot pay the fee of the transaction",
}
"""By the chain's name of an error: what it means, for people."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Transaction:
    """A signed transaction. It can be included in blocks after `born` and up to `last_block`."""

    doing: str
    extrinsic: Any
    address: str
    nonce: int
    born: int
    last_block: int


@dataclass(slots=True)
class _Progress:
    """What following a transaction has found out. `seen`: the finalized block up to which it is not included."""

    seen: int
    sent_at_block: int
    acknowledged: bool = False
    """Whether a transaction pool has accepted it."""
    doubtful: bool = False
    """Whether it was sent and no answer came."""
    due: bool = True
    """Whether it should be sent (again)."""


class _PoolRefusal(TransactionRefused):
    """The pool of the node did not take the transaction."""

    def __init__(self, message: str, name: str | None) -> None:
        super().__init__(message)
        self.is_race = name in _RACES


class Transactions:
    """Sends transactions over a connection and follows each until its fate is certain."""

    def __init__(self, connection: NodeConnection) -> None:
        self._connection = connection

    async def send(self, doing: str, signer: Any, compose: Callable[[], Awaitable[Any]]) -> int:
        """Sign and send what `compose` makes, and follow it to its end; returns the block that includes it.

        Raises TransactionRefused if it failed for good, ChainUnavailable if it was certainly not included,
        TransactionUndecided if the node is away for too long to know.
        """
        for remaining in reversed(range(ATTEMPTS)):
            transaction = await self._prepare(doing, signer, compose)
            try:
                return await self._follow(transaction)
            except _PoolRefusal as refusal:
                if not refusal.is_race or not remaining:
                    raise
                _log.info("transaction_is_made_anew", doing=doing, reason=str(refusal))
            await self._connection.close()  # the next one learns about upgrades of the runtime
            await asyncio.sleep(RACE_PAUSE_S)
        raise AssertionError("unreachable")

    async def settle(self, address: str) -> bool:
        """Wait until earlier transactions of an account are included; returns whether there were any.

        Raises ChainUnavailable.
        """
        waited, deadline, pause_s = False, time.monotonic() + STALL_TIMEOUT_S, FIRST_PAUSE_S
        while True:
            async with self._connection.deadline(STEP_TIMEOUT_S, "looking for transactions on their way"):
                substrate = self._connection.substrate
                substrate.raw.clear_nonce_cache_for_account(address)
                expected = await substrate.account_next_index(address)
                if await self._read_nonce(address, await substrate.block_hash()) >= expected:
                    return waited
            waited = True
            if time.monotonic() > deadline:
                raise ChainUnavailable(
                    f"{self._connection.node} has not included an earlier transaction of {address} for "
                    f"{STALL_TIMEOUT_S:.0f} s: nothing was sent, try again later."
                )
            await asyncio.sleep(pause_s)
            pause_s = min(MAX_PAUSE_S, 1.5 * pause_s)

    async def _prepare(self, doing: str, signer: Any, compose: Callable[[], Awaitable[Any]]) -> _Transaction:
        async with self._connection.deadline(PREPARE_TIMEOUT_S, f"preparing a transaction for {doing}"):
            call = await compose()
            substrate, address = self._connection.substrate, str(signer.ss58_address)
            substrate.raw.clear_nonce_cache_for_account(address)
            nonce = await substrate.account_next_index(address)
            born, head = await substrate.finalized_block_number(), await substrate.block_number()
            period = ERA_BLOCKS
            while head - born > period // 2:
                period *= 2
            try:
                extrinsic = await substrate.raw.create_signed_extrinsic(
                    call, signer, nonce=nonce, era={"period": period, "current": born}
                )
            except ValueError as error:
                if "signed extension" not in str(error):
                    raise
                raise TransactionRefused(
                    f"The runtime of {self._connection.node} (version {await substrate.spec_version()}) wants "
                    f"transactions that this version of the Bittensor SDK cannot sign: upgrade kinitro and bittensor "
                    f"({error})."
                ) from error
            return _Transaction(doing, extrinsic, address, nonce, born, born + period - 1)

    async def _follow(self, transaction: _Transaction) -> int:
        progress = _Progress(transaction.born, transaction.born)
        pause_s, moved = FIRST_PAUSE_S, time.monotonic()
        while True:
            before = progress.seen
            try:
                if progress.due:
                    await self._submit(transaction, progress)
                if (block := await self._look(transaction, progress)) is not None:
                    return block
            except ChainUnavailable as error:
                if progress.seen >= transaction.last_block:
                    raise
                _log.info("transaction_is_followed", doing=transaction.doing, reason=str(error))
                progress.due = True
            if progress.seen > before:
                moved = time.monotonic()
            elif time.monotonic() - moved > STALL_TIMEOUT_S:
                return await self._look_beyond_finalized(transaction, progress)
            if progress.seen - progress.sent_at_block >= RESEND_BLOCKS:
                progress.due = True
            await asyncio.sleep(pause_s)
            pause_s = min(MAX_PAUSE_S, 1.5 * pause_s)

    async def _submit(self, transaction: _Transaction, progress: _Progress) -> None:
        """Send the bytes. Raises _PoolRefusal only if no pool can have taken them, now or before."""
        try:
            async with self._connection.deadline(STEP_TIMEOUT_S, f"sending a transaction for {transaction.doing}"):
                progress.doubtful, certain_so_far = True, not progress.doubtful
                try:
                    await self._connection.substrate.raw.submit_extrinsic(transaction.extrinsic)
                except Exception as error:
                    if (code := _read_code(error)) not in _POOL_CODES:
                        raise
                    if code != _ALREADY_IMPORTED:
                        raise self._explain_pool_refusal(error) from error
            progress.acknowledged = True
        except _PoolRefusal as refusal:
            if not progress.acknowledged and (certain_so_far or not refusal.is_race):
                raise
        progress.due, progress.sent_at_block = False, progress.seen

    async def _look(self, transaction: _Transaction, progress: _Progress) -> int | None:
        """Read the finalized blocks that are new; the block of the transaction, or None if it is not included yet.

        Raises TransactionRefused if it failed, or another one has its nonce; ChainUnavailable if it comes too late.
        """
        async with self._connection.deadline(STEP_TIMEOUT_S, f"following a transaction for {transaction.doing}"):
            substrate = self._connection.substrate
            finalized = await substrate.finalized_block_number()
            if finalized <= progress.seen:
                return None
            while progress.seen < min(finalized, transaction.last_block):
                found = await self._find_in_block(transaction, progress.seen + 1)
                if found is not None:
                    return found
                progress.seen += 1
            if progress.seen >= transaction.last_block:
                raise ChainUnavailable(
                    f"The transaction sent to {self._connection.node} for {transaction.doing} was not included by "
                    f"block {transaction.last_block}, and cannot be any more: try again."
                )
            if await self._read_nonce(transaction.address, await substrate.block_hash(finalized)) > transaction.nonce:
                raise TransactionRefused(
                    f"Another transaction of {transaction.address} was included instead of the one for "
                    f"{transaction.doing}: is the hotkey in use elsewhere?"
                )
        return None

    async def _look_beyond_finalized(self, transaction: _Transaction, progress: _Progress) -> int:
        """The chain does not finalize, or the node does not answer: a block that is not final is better than none."""
        try:
            async with self._connection.deadline(STEP_TIMEOUT_S, f"following a transaction for {transaction.doing}"):
                head = await self._connection.substrate.block_number()
                for number in range(progress.seen + 1, min(head, transaction.last_block) + 1):
                    if (found := await self._find_in_block(transaction, number)) is not None:
                        return found
        except ChainUnavailable:
            pass
        raise TransactionUndecided(
            f"{self._connection.node} has shown no new final block for {STALL_TIMEOUT_S:.0f} s after a transaction for "
            f"{transaction.doing} was sent. Until block {transaction.last_block} it may still be included: look at the "
            "chain before you try again.",
            transaction.last_block,
        )

    async def _find_in_block(self, transaction: _Transaction, number: int) -> int | None:
        """`number`, if that block includes the transaction; raises TransactionRefused if it failed there."""
        substrate = self._connection.substrate
        block_hash = await substrate.block_hash(number)
        result = await substrate.find_extrinsic(transaction.extrinsic.extrinsic_hash, block_hash)
        if result is None:
            return None
        if not result.success:
            raise TransactionRefused(self._explain(result.error, result.message))
        return number

    async def _read_nonce(self, address: str, block_hash: str) -> int:
        account = await self._connection.substrate.query("System", "Account", [address], block_hash)
        return int(account["nonce"])

    def _explain_pool_refusal(self, error: Exception) -> _PoolRefusal:
        known = chain_error_from_substrate_request(error)
        return _PoolRefusal(self._explain(known, known.message), known.name)

    def _explain(self, error: Any, message: str) -> str:
        name = getattr(error, "name", None)
        reason = f"{EXPLANATIONS.get(name, message)} ({name})" if name else message
        return f"{self._connection.node} refused the transaction: {reason}"


def explain_refusal(node: str, error: Exception) -> ChainError | None:
    """The refusal by the SDK's own checks, or None if the connection failed; the SDK raises ChainError for both."""
    if isinstance(error, bt.ChainError):
        is_of_transport = error.code is bt.ErrorCode.UNKNOWN
    else:
        is_of_transport = isinstance(error, bt.RpcConnectionError | bt.ConnectionNotReady)
    return None if is_of_transport else TransactionRefused(f"Weights were not sent to {node}: {error}")


def _read_code(error: Exception) -> int | None:
    """The code of a JSON-RPC error that the node answered with."""
    payload = getattr(error, "payload", None)
    answer = payload.get("error") if isinstance(payload, dict) else None
    code = answer.get("code") if isinstance(answer, dict) else None
    return code if isinstance(code, int) else None
