"""When to set weights: once per epoch, early enough for a retry, and soon after a publication. Pure."""

from __future__ import annotations

from kinitro.chain.interface import ChainSnapshot, Neuron

MIN_MARGIN_BLOCKS = 10
LOOK_AGAIN_BLOCKS = 5
"""The schedule can change: a subnet's owner may trigger an epoch, which the chain announces ten blocks before, and may
change the tempo. So nobody waits for longer without a look."""


def find_due_block(snapshot: ChainSnapshot, neuron: Neuron, *, news: bool) -> int:
    """Find the first block in which weights should be set, never earlier than the chain's rate limit allows.

    With news: as soon as allowed. Without: in the last quarter of every epoch in which nothing was set, which leaves
    time for a newer publication before and for retries after. An epoch is `tempo` blocks from where the last one began;
    weights that are set in the block in which it begins count for the next one.
    """
    rules, now = snapshot.hyperparameters, snapshot.block.number
    allowed = neuron.last_update + rules.weights_rate_limit if neuron.last_update else now
    if news:
        return max(now, allowed)
    next_epoch = snapshot.next_epoch_block
    if next_epoch is None:
        return max(now, allowed, neuron.last_update + rules.tempo if neuron.has_set_weights else now)
    margin = min(rules.tempo, max(MIN_MARGIN_BLOCKS, rules.tempo // 4))
    began = next_epoch - rules.tempo if snapshot.last_epoch_block is None else snapshot.last_epoch_block
    already_set = neuron.has_set_weights and neuron.last_update >= began
    deadline = next_epoch + rules.tempo if already_set else next_epoch
    return max(now, allowed, deadline - margin)


def find_next_look_block(snapshot: ChainSnapshot, due: int) -> int:
    """Find the block in which to decide again whether weights are due."""
    return min(due, snapshot.block.number + LOOK_AGAIN_BLOCKS)


def find_reveal_deadline_block(snapshot: ChainSnapshot, committed: int) -> int:
    """Find the block by which weights committed in block `committed` must be revealed, with an epoch in reserve."""
    rules = snapshot.hyperparameters
    return committed + (rules.reveal_period_epochs + 2) * rules.tempo + MIN_MARGIN_BLOCKS
