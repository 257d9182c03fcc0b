"""Wallets on disk, as `btcli wallet create` leaves them: a directory per wallet, a file per hotkey."""

from __future__ import annotations

import itertools
import json
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

    def leaks_into(self, text: str) -> bool:
        """Whether any two neighbouring words of the mnemonic, or the secret that the file holds, occur in a text."""
        words = self.mnemonic.split()
        pairs = [" ".join(pair) for pair in itertools.pairwise(words)]
        file = Path(self.wallet.path or "") / self.wallet.name / "hotkeys" / self.wallet.hotkey
        secrets = [value for key, value in json.loads(file.read_text()).items() if key in ("secretSeed", "privateKey")]
        if not secrets:
            raise ValueError(f"{file} holds no secret")
        return any(secret.removeprefix("0x") in text for secret in (*pairs, *secrets))


def create_wallet(directory: Path, name: str, hotkey: str = "default") -> CreatedWallet:
    """Write a wallet of which only the hotkey can sign: validators keep the coldkey elsewhere."""
    secrets: list[str] = []
    files = bt.Wallet(name, hotkey, str(directory))
    files.create_new_hotkey(suppress=True, on_mnemonic=secrets.append)
    coldkey = Keypair.create_from_uri(f"//{name}").ss58_address
    return CreatedWallet(Wallet(name, hotkey, str(directory)), files.hotkey.ss58_address, coldkey, secrets[0])
