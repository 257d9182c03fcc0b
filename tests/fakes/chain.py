"""A chain in memory whose blocks the test makes."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from kinitro.chain.commitments import Commitment, encode
from kinitro.chain.drand import DrandNetwork
from kinitro.chain.drand_test_network import sign_round
from kinitro.chain.errors import ChainUnavailable, UnknownBlock
from kinitro.chain.interface import Block, ChainSnapshot, Neuron, RawCommitment, Wallet


class FakeChain:
    """Implements `kinitro.chain.Chain`. `blocks_per_call` blocks pass at every look at the head."""

    def __init__(self, netuid: int = 1, *, blocks_per_call: int = 1) -> None:
        self.netuid = netuid
        self.number = 100
        self.blocks_per_call = blocks_per_call
        self.neurons: list[Neuron] = []
        self.commitments: dict[str, RawCommitment] = {}
        self.owner: str | None = None
        self.written: list[tuple[str, RawCommitment]] = []
        """Every commitment by `commit`, in order: what old blocks show."""
        self.drand: DrandNetwork | None = None
        """None: the chain records no drand. Otherwise it is the test network, whose rounds are all there."""
        self.failures = 0
        """So many calls fail before the next one succeeds."""

    def add_miner(self, uid: int, *, block: int = 50, registered: int = 10, endpoint: str | None = None) -> None:
        endpoint = endpoint or f"https://miner-{uid}.example.com"
        self.add_raw(uid, encode(Commitment(f"owner/policy-{uid}", f"{uid:040x}", endpoint)), block, registered)

    def add_raw(self, uid: int, data: bytes, block: int = 50, registered: int = 10) -> None:
        self.neurons.append(Neuron(uid, f"hotkey-{uid}", f"coldkey-{uid}", registered))
        self.commitments[f"hotkey-{uid}"] = RawCommitment(block, data)

    def _look(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ChainUnavailable("The node does not answer.")
        self.number += self.blocks_per_call

    def _block(self, number: int) -> Block:
        return Block(number, sha256(b"block %d" % number).digest())

    async def head(self) -> Block:
        self._look()
        return self._block(self.number)

    async def finalized_head(self) -> Block:
        self._look()
        return self._block(self.number - 1)

    async def block_hash(self, number: int) -> bytes:
        if number > self.number:
            raise UnknownBlock(f"There is no block {number}.")
        return self._block(number).hash

    async def time_of(self, number: int) -> float:
        return 1_750_000_000.0 + 12 * number

    async def drand_signature(self, number: int) -> bytes | None:
        return sign_round(number)

    async def snapshot(self, netuid: int, block: int | None = None) -> ChainSnapshot:
        self._look()
        number = self.number - 1 if block is None else block
        if not 0 <= number <= self.number:
            raise UnknownBlock(f"There is no block {number}.")
        commitments = dict(self.commitments)
        for hotkey in {hotkey for hotkey, _ in self.written}:
            del commitments[hotkey]
        commitments |= {hotkey: raw for hotkey, raw in self.written if raw.block <= number}
        return ChainSnapshot(netuid, self._block(number), tuple(self.neurons), commitments, self.owner)

    async def hotkey_address(self, wallet: Wallet) -> str:
        return wallet.hotkey

    async def balance(self, coldkey: str) -> float | None:
        return None

    async def commit(self, netuid: int, wallet: Wallet, data: bytes) -> int:
        self._look()
        self.written.append((wallet.hotkey, RawCommitment(self.number, data)))
        self.commitments[wallet.hotkey] = self.written[-1][1]
        return self.number

    async def set_weights(self, netuid: int, wallet: Wallet, weights: Mapping[int, int], version: int = 0) -> int:
        return self.number

    async def weights(self, netuid: int, hotkey: str) -> Mapping[int, int]:
        return {}

    async def close(self) -> None:
        return None
