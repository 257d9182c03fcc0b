"""When to set weights: once per epoch, early enough for a retry, and soon after a publication. Pure."""

from __future__ import annotations

from kinitro.chain.interface import Neuron, Snapshot

MIN_MARGIN_BLOCKS = 10


def due_block(snapshot: Snapshot, neuron: Neuron, *, news: bool) -> int:
    """The first block in which weights should be set, never earlier than the chain's rate limit allows.

    With news: as soon as allowed. Without: in the last quarter of every epoch in which nothing was set, which leaves
    time for a newer publication before and for retries after.
    """
    rules, now = snapshot.hyperparameters, snapshot.block.number
    allowed = neuron.last_update + rules.weights_rate_limit if neuron.last_update else now
    if news:
        return max(now, allowed)
    epoch_blocks = rules.tempo + 1
    next_epoch = snapshot.next_epoch_block
    if next_epoch is None:
        return max(now, allowed, neuron.last_update + rules.tempo if neuron.last_update else now)
    margin = min(rules.tempo, max(MIN_MARGIN_BLOCKS, epoch_blocks // 4))
    already_set = neuron.last_update >= next_epoch - epoch_blocks and neuron.last_update > 0
    deadline = next_epoch + epoch_blocks if already_set else next_epoch
    return max(now, allowed, deadline - margin)


def reveal_deadline_block(snapshot: Snapshot, committed: int) -> int:
    """The block by which weights committed in `committed` must be revealed, with an epoch in reserve."""
    rules = snapshot.hyperparameters
    return committed + (rules.reveal_period_epochs + 2) * (rules.tempo + 1)
