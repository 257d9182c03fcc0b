"""Checks of what the chain would refuse, made before a transaction is sent. All of them are pure."""

from __future__ import annotations

from collections.abc import Mapping

from kinitro.chain.interface import ChainSnapshot, Neuron
from kinitro.validator.errors import WeightsRefused


def find_neuron(snapshot: ChainSnapshot, hotkey: str) -> Neuron:
    """Find the neuron of the validator's hotkey; raises WeightsRefused."""
    for neuron in snapshot.neurons:
        if neuron.hotkey == hotkey:
            return neuron
    raise WeightsRefused(
        f"The hotkey {hotkey} is not registered on subnet {snapshot.netuid}: register it "
        f"(`btcli subnets register --netuid {snapshot.netuid}`)."
    )


def check_rights(snapshot: ChainSnapshot, neuron: Neuron, weights: Mapping[int, int], version: int) -> None:
    """Check permit, stake and version key; raises WeightsRefused."""
    rules, netuid = snapshot.hyperparameters, snapshot.netuid
    if version < rules.weights_version:
        raise WeightsRefused(
            f"Subnet {netuid} demands weights of version {rules.weights_version}, and this kinitro sets version "
            f"{version}: upgrade it."
        )
    is_owner = neuron.hotkey == snapshot.owner_hotkey
    if neuron.stake < rules.min_stake and not is_owner:
        raise WeightsRefused(
            f"The hotkey has a stake of {neuron.stake:.3f} on subnet {netuid}, and setting weights needs "
            f"{rules.min_stake:.3f}: add stake to {neuron.hotkey}."
        )
    only_itself = set(weights) == {neuron.uid}
    if not (neuron.validator_permit or is_owner or only_itself):
        raise WeightsRefused(
            f"uid {neuron.uid} has no validator permit on subnet {netuid}: only the hotkeys with the most stake get "
            f"one, at the end of an epoch. Add stake to {neuron.hotkey}, or wait for the next epoch."
        )


def check_row(snapshot: ChainSnapshot, neuron: Neuron, weights: Mapping[int, int]) -> None:
    """Check the subnet's limits on rows of weights; raises WeightsRefused."""
    rules, netuid = snapshot.hyperparameters, snapshot.netuid
    if set(weights) == {neuron.uid}:
        return
    fewest = min(rules.min_allowed_weights, len(snapshot.neurons))
    if len(weights) < fewest:
        raise WeightsRefused(
            f"Subnet {netuid} wants at least {fewest} weights (min_allowed_weights), and only "
            f"{len(weights)} are positive: its owner must lower the limit."
        )
    share = max(weights.values()) / sum(weights.values())
    if share * 65535 > rules.max_weight_limit:
        raise WeightsRefused(
            f"Subnet {netuid} allows one miner at most {rules.max_weight_limit / 65535:.1%} of the weight "
            f"(max_weights_limit), and {share:.1%} were published: its owner must raise the limit."
        )


def check_rate_limit(snapshot: ChainSnapshot, neuron: Neuron) -> None:
    """Check the rate limit; raises WeightsRefused while the chain would still refuse weights as too fast."""
    limit = snapshot.hyperparameters.weights_rate_limit
    wait = neuron.last_update + limit - snapshot.block.number
    if not neuron.last_update or wait <= 0:
        return
    since, rule = (
        ("set weights", "it") if neuron.has_set_weights else ("was registered", "setting weights from then on")
    )
    raise WeightsRefused(
        f"uid {neuron.uid} {since} in block {neuron.last_update}, and subnet {snapshot.netuid} allows {rule} every "
        f"{limit} blocks: wait {wait} more blocks."
    )
