"""Checks of the wallet's files and of what the chain says about its hotkey."""

from __future__ import annotations

from importlib import import_module
from typing import Literal

from kinitro.chain import ChainSnapshot, Neuron, Wallet, connect
from kinitro.doctor.findings import Found, Look, in_thread

Purpose = Literal["mine", "validate", "bind cycles", "sign"]


def hotkey_file(wallet: Wallet, network: str) -> Look:
    """Whether the hotkey's file can be read and holds a key; nothing of the key but its address is shown."""

    async def look() -> Found:
        if network == "local-dev":
            return Found(f"{wallet.name}/{wallet.hotkey}: wallets of a local chain need no files.")
        return await in_thread(lambda: _look_at_hotkey(wallet))

    return look


def _look_at_hotkey(wallet: Wallet) -> Found:
    import bittensor_core

    from kinitro.policies.signing import parse_hotkey, read_hotkey

    data = read_hotkey(wallet.name, wallet.hotkey, wallet.path)
    if bittensor_core.keyfile_data_is_encrypted(data):
        return Found(f"{wallet.name}/{wallet.hotkey} is there, encrypted: its password must be in the environment.")
    address = parse_hotkey(data, f"The hotkey {wallet.name}/{wallet.hotkey}").ss58_address
    return Found(f"{wallet.name}/{wallet.hotkey} is {address}.")


def registration(wallet: Wallet, network: str, netuid: int, purpose: Purpose) -> Look:
    """Whether the hotkey is registered on the subnet with what its purpose needs, and what its coldkey owns."""

    async def look() -> Found:
        await in_thread(lambda: _import_adapter(network))  # which takes a second, and would stop the other checks
        chain = await connect(network)
        try:
            hotkey = await chain.hotkey_address(wallet)
            snapshot = await chain.snapshot(netuid, (await chain.head()).number)
            neuron = next((neuron for neuron in snapshot.neurons if neuron.hotkey == hotkey), None)
            balance = None if neuron is None else await chain.balance(neuron.coldkey)
        finally:
            await chain.close()
        if neuron is None:
            return Found(
                f"{hotkey} is not registered on subnet {netuid} in block {snapshot.block.number}.",
                f"Register it: `btcli subnets register --netuid {netuid}`.",
                good=False,
            )
        owned = "" if balance is None else f", its coldkey has {balance:.4f} TAO"
        place = f"uid {neuron.uid} on subnet {netuid}{owned}"
        return _judge(purpose, snapshot, neuron, place)

    return look


def _judge(purpose: Purpose, snapshot: ChainSnapshot, neuron: Neuron, place: str) -> Found:
    if purpose == "validate":
        from kinitro.validator.preflight import check_rights

        check_rights(snapshot, neuron, {neuron.uid + 1: 1}, snapshot.hyperparameters.weights_version)
        return Found(f"{place}, stake {neuron.stake:.3f}, may set weights.")
    if purpose == "mine":
        committed = snapshot.valid_commitment(neuron.hotkey)
        if committed is None:
            return Found(f"{place}, nothing committed yet: `kinitro miner-deploy` or `kinitro commit` does it.")
        return Found(f"{place}, committed in block {committed.block}.")
    if purpose == "bind cycles" and neuron.hotkey != snapshot.owner_hotkey:
        return Found(f"{place}; it is not the owner's hotkey, so auditors need --operator-hotkey {neuron.hotkey}.")
    return Found(f"{place}.")


def _import_adapter(network: str) -> None:
    import_module("kinitro.chain.local" if network == "local-dev" else "kinitro.chain.bittensor")
