"""Wallets on disk, as `btcli wallet create` leaves them: a directory per wallet, a file per hotkey."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bittensor as bt
from bittensor.keyfiles import Keypair

from kinitro.chain import Wallet


@dataclass(frozen=True)
class CreatedWallet:
    """`mnemonic` is the hotkey's secret."""

    wallet: Wallet
    hotkey: str
    coldkey: str
    mnemonic: str


def create_wallet(directory: Path, name: str, hotkey: str = "default") -> CreatedWallet:
    """Write a wallet of which only the hotkey can sign: validators keep the coldkey elsewhere."""
    secrets: list[str] = []
    files = bt.Wallet(name, hotkey, str(directory))
    files.create_new_hotkey(suppress=True, on_mnemonic=secrets.append)
    coldkey = Keypair.create_from_uri(f"//{name}").ss58_address
    return CreatedWallet(Wallet(name, hotkey, str(directory)), files.hotkey.ss58_address, coldkey, secrets[0])
