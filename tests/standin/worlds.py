"""A subnet on either chain, with the powers that tests need over it; the contract tests run on both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

from kinitro.chain import Chain, Wallet
from kinitro.chain.bittensor import BittensorChain
from kinitro.chain.local import OWNER, LocalChain, derive_local_address
from tests.standin.node import FINALITY_LAG_BLOCKS, StandinNode, serve_node
from tests.standin.runtime import Runtime
from tests.standin.wallets import CreatedWallet, create_wallet

NETUID = 7
BLOCK_TIME_S = 0.05
RAO = 10**9


class World(Protocol):
    """`network` and `environment` let a subprocess join."""

    chain: Chain
    network: str
    environment: Mapping[str, str]

    def wallet(self, name: str) -> tuple[Wallet, str]:
        """A wallet and its hotkey's address; the same for the same name. `owner` owns the subnet and has uid 0."""

    async def register(self, name: str, *, permit: bool = False, stake: float = 0.0, uid: int | None = None) -> int:
        """Give the wallet's hotkey a slot; returns when the chain shows it."""

    async def set_rules(self, **rules: Any) -> None:
        """Change hyperparameters, by the names of `kinitro.chain.Hyperparameters`."""

    async def advance(self, blocks: int) -> None:
        """Let blocks pass."""

    async def reveal(self, name: str, row: Mapping[int, int]) -> None:
        """Let the weights that were committed last be revealed; they must be `row`."""


class LocalWorld:
    def __init__(self, chain: LocalChain, url: str) -> None:
        self.chain = chain
        self.network = "local-dev"
        self.environment = {"KINITRO_LOCAL_CHAIN_URL": url}
        self._chain = chain
        self._url = url

    def wallet(self, name: str) -> tuple[Wallet, str]:
        wallet = OWNER if name == "owner" else Wallet(name, "default")
        return wallet, derive_local_address(wallet)

    async def register(self, name: str, *, permit: bool = False, stake: float = 0.0, uid: int | None = None) -> int:
        return await self._chain.register(NETUID, self.wallet(name)[0], validator_permit=permit, stake=stake, uid=uid)

    async def set_rules(self, **rules: Any) -> None:
        with psycopg.connect(self._url) as connection:
            for name, value in rules.items():
                connection.execute(f"update local_chain.subnet set {name} = %s", (value,))

    async def advance(self, blocks: int) -> None:
        await self._chain.advance(blocks)

    async def reveal(self, name: str, row: Mapping[int, int]) -> None:
        await self._chain.advance(2 * (await self._chain.snapshot(NETUID)).hyperparameters.tempo)


class StandinWorld:
    def __init__(self, chain: BittensorChain, node: StandinNode, directory: Path) -> None:
        self.chain = chain
        self.network = node.url
        self.environment: dict[str, str] = {}
        self.node = node
        self._directory = directory
        self._wallets: dict[str, CreatedWallet] = {}
        owner = self.created("owner")
        node.on_chain(lambda runtime: runtime.add_subnet(NETUID, owner.hotkey, owner.coldkey))
        node.on_chain(lambda runtime: _apply_rules(runtime, {"weights_rate_limit": 0, "commit_reveal": False}))
        node.advance(1 + FINALITY_LAG_BLOCKS)

    def created(self, name: str) -> CreatedWallet:
        if name not in self._wallets:
            self._wallets[name] = create_wallet(self._directory, name)
        return self._wallets[name]

    def wallet(self, name: str) -> tuple[Wallet, str]:
        created = self.created(name)
        return created.wallet, created.hotkey

    async def register(self, name: str, *, permit: bool = False, stake: float = 0.0, uid: int | None = None) -> int:
        who = self.created(name)
        rao = int(stake * RAO)
        number = self.node.on_chain(
            lambda runtime: runtime.register(NETUID, who.hotkey, who.coldkey, stake=rao, permit=permit, uid=uid)
        )
        self.node.advance(1)
        return number

    async def set_rules(self, **rules: Any) -> None:
        self.node.on_chain(lambda runtime: _apply_rules(runtime, rules))
        self.node.advance(1)

    async def advance(self, blocks: int) -> None:
        self.node.advance(blocks)

    async def reveal(self, name: str, row: Mapping[int, int]) -> None:
        hotkey = self.created(name).hotkey
        self.node.on_chain(lambda runtime: runtime.reveal(NETUID, hotkey, row))
        self.node.advance(1)


_STORAGE_NAMES = {
    "tempo": "Tempo",
    "weights_version": "WeightsVersionKey",
    "weights_rate_limit": "WeightsSetRateLimit",
    "commit_reveal": "CommitRevealWeightsEnabled",
    "reveal_period_epochs": "RevealPeriodEpochs",
    "min_allowed_weights": "MinAllowedWeights",
    "max_weight_limit": "MaxWeightsLimit",
}


def _apply_rules(runtime: Runtime, rules: Mapping[str, Any]) -> None:
    for name, value in rules.items():
        if name == "min_stake":
            runtime.put("SubtensorModule", "StakeThreshold", value=int(value * RAO))
        else:
            runtime.put("SubtensorModule", _STORAGE_NAMES[name], NETUID, value=value)


@asynccontextmanager
async def local_world(url: str) -> AsyncIterator[LocalWorld]:
    chain = await LocalChain.create(url, NETUID, block_time_s=BLOCK_TIME_S)
    await chain.advance(10)
    yield LocalWorld(chain, url)


@asynccontextmanager
async def standin_world(directory: Path) -> AsyncIterator[StandinWorld]:
    with serve_node(BLOCK_TIME_S) as node:
        node.advance(10)
        chain = await BittensorChain.connect(node.url)
        try:
            yield StandinWorld(chain, node, directory)
        finally:
            await chain.close()
