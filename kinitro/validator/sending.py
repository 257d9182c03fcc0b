"""A row of weights on its way: sent once, whatever happens meanwhile, and looked for on chain afterwards."""

from __future__ import annotations

from kinitro.chain import Chain, ChainError, ChainSnapshot, ChainUnavailable, Neuron, TransactionUndecided, Wallet
from kinitro.logs import get_logger
from kinitro.validator.errors import WeightsLost
from kinitro.validator.memory import Attempt, MemoryFile, PendingReveal, ValidatorMemory
from kinitro.validator.plan import WeightPlan
from kinitro.validator.timing import find_reveal_deadline_block

LONGEST_ERA_BLOCKS = 64
"""Weights that were being sent when this process was killed are included within this many blocks, or never."""

_log = get_logger(__name__)


class Sending:
    """Sends rows for one hotkey; `memory` is kept in `file`."""

    def __init__(
        self, chain: Chain, wallet: Wallet, hotkey: str, netuid: int, memory: ValidatorMemory, file: MemoryFile
    ) -> None:
        self._chain = chain
        self._wallet = wallet
        self._hotkey = hotkey
        self._netuid = netuid
        self._memory = memory
        self._file = file

    async def send(self, snapshot: ChainSnapshot, plan: WeightPlan, publication: str, version: int) -> None:
        """Send a row. What is sent is remembered before, so that it is not sent twice, whatever happens meanwhile."""
        sent_at, row = snapshot.block.number, dict(plan.weights)
        attempt = Attempt(publication=publication, block=sent_at, until_block=sent_at + LONGEST_ERA_BLOCKS, row=row)
        self._remember(attempt)
        try:
            block = await self._chain.set_weights(self._netuid, self._wallet, plan.weights, version)
        except TransactionUndecided as undecided:
            self._remember(attempt.model_copy(update={"until_block": undecided.until_block}))
            raise
        except ChainError:
            self._remember(None)
            raise
        self._note_inclusion(attempt, block, snapshot)
        if not snapshot.hyperparameters.commit_reveal:
            await self._read_back(attempt)

    def _remember(self, attempt: Attempt | None) -> None:
        self._memory.attempt = attempt
        self._file.save(self._memory)

    def _note_inclusion(self, attempt: Attempt, block: int, snapshot: ChainSnapshot) -> None:
        """Note that the chain has included what was sent, in `block`, and when its row must be seen."""
        sealed = snapshot.hyperparameters.commit_reveal
        deadline = find_reveal_deadline_block(snapshot, block) if sealed else block
        self._memory.pending.append(PendingReveal(block=block, deadline_block=deadline, row=attempt.row))
        self._memory.set_publication = attempt.publication
        self._remember(None)
        if sealed:
            _log.info("weights_committed", publication=attempt.publication, block=block, reveal_by_block=deadline)
        else:
            _log.info("weights_set", publication=attempt.publication, block=block, weights=attempt.row)

    async def decide(self, attempt: Attempt, snapshot: ChainSnapshot) -> None:
        """Find out what became of weights that were sent; raises TransactionUndecided if it is too early to say.

        Nobody else sets weights with this hotkey, so weights that it set since then are the ones that were sent.
        """
        neuron = _find_neuron(snapshot, self._hotkey)
        if neuron is not None and neuron.has_set_weights and neuron.last_update > attempt.block:
            self._note_inclusion(attempt, neuron.last_update, snapshot)
        elif snapshot.block.number <= attempt.until_block:
            raise TransactionUndecided(
                f"Weights that were sent after block {attempt.block} are not on chain, and may still be included until "
                f"block {attempt.until_block}: nothing else is sent before.",
                attempt.until_block,
            )
        else:
            _log.info("weights_were_not_included", sent_after_block=attempt.block)
            self._remember(None)

    async def _read_back(self, sent: Attempt) -> None:
        """Read a row back right after it was set. If the chain cannot be read now, the next tick reads it."""
        try:
            found = dict(await self._chain.weights(self._netuid, self._hotkey))
        except ChainUnavailable as error:
            _log.info("weights_not_read_back_yet", reason=str(error))
            return
        if found != sent.row:
            self._memory.pending.clear()
            self._memory.set_publication = None
            self._file.save(self._memory)
            raise WeightsLost(f"The chain shows {found} after {sent.row} was set: it is set again.")
        self._memory.pending.clear()
        self._file.save(self._memory)

    async def check_rows(self, head: int) -> None:
        """Look for the rows themselves, because the chain drops committed weights silently when their reveal fails."""
        found = dict(await self._chain.weights(self._netuid, self._hotkey))
        pending = self._memory.pending
        shown = [index for index, wait in enumerate(pending) if wait.row == found]
        if shown:
            _log.info("weights_are_on_chain", set_in_block=pending[shown[-1]].block, weights=found)
            self._memory.pending = pending[shown[-1] + 1 :]
            self._file.save(self._memory)
        elif pending[0].deadline_block < head:
            late = pending.pop(0)
            self._memory.set_publication = None
            self._file.save(self._memory)
            what = f"set in block {late.block} are not on chain"
            if late.deadline_block > late.block:
                what = f"committed in block {late.block} were not revealed by block {late.deadline_block}"
            raise WeightsLost(f"The weights {what}: the chain has dropped them, and they are set again.")


def _find_neuron(snapshot: ChainSnapshot, hotkey: str) -> Neuron | None:
    return next((neuron for neuron in snapshot.neurons if neuron.hotkey == hotkey), None)
