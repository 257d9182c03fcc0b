"""Writing on chain how a cycle was opened, before its beacon block: what binds the operator to its seed key."""

from __future__ import annotations

from kinitro.chain.interface import Chain, Wallet
from kinitro.chain.seed_commitments import CommitmentHistory, commits_to_the_same
from kinitro.cycles.seeds import compute_beacon_number
from kinitro.logs import get_logger

log = get_logger(__name__)


class KeyBinding:
    """Writes commitments with the operator's hotkey. A restart loses nothing, because the chain keeps everything."""

    def __init__(self, chain: Chain, netuid: int, wallet: Wallet) -> None:
        self._chain = chain
        self._netuid = netuid
        self._wallet = wallet
        self._expected = 0
        """The beacon's block; until it is finalized there is no need to read the chain."""

    async def committed_block(self, data: bytes) -> int | None:
        """Return the block in which the chain first has `data`, once that is final; commit it if it is not there.

        None if it is not final yet. Only finalized blocks decide, so neither a restart nor a reorganisation of the
        chain changes the answer. Raises ChainError.
        """
        finalized = (await self._chain.finalized_head()).number
        if finalized < self._expected:
            return None
        hotkey = await self._chain.hotkey_address(self._wallet)
        history = CommitmentHistory(self._chain, self._netuid, hotkey)
        written = await history.find_first(data, finalized)
        if written is not None:
            return written.block
        newest = await history.at((await self._chain.head()).number)
        if newest is not None and commits_to_the_same(newest.data, data):
            block = newest.block
        else:
            block = await self._chain.commit(self._netuid, self._wallet, data)
            log.info("seed_key_committed", hotkey=hotkey, block=block)
        self._expected = compute_beacon_number(block)
        return None
