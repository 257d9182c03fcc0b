"""The Bittensor adapter on nodes that lag, lie, fall silent, reorganise and restart; how strict the stand-in is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import bittensor as bt
import pytest

from kinitro.chain import ChainUnavailable, TransactionRefused, UnknownNetwork, UnknownWallet, Wallet
from kinitro.chain import bittensor as adapter
from kinitro.chain.bittensor import BittensorChain
from tests.standin.runtime import InvalidTransaction
from tests.standin.worlds import NETUID, StandinWorld, standin_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[StandinWorld]:
    async with standin_world(tmp_path) as standin:
        yield standin


async def works(world: StandinWorld) -> bool:
    snapshot = await world.chain.snapshot(NETUID)
    return snapshot.netuid == NETUID and len(snapshot.block.hash) == 32


async def test_garbage_is_named_and_survived(world: StandinWorld) -> None:
    world.node.mood = "garbage"
    for call in (world.chain.head(), world.chain.snapshot(NETUID), world.chain.block_hash(1)):
        with pytest.raises(ChainUnavailable, match="failed while"):
            await call
    with pytest.raises(ChainUnavailable):
        await BittensorChain.connect(world.network)
    world.node.mood = "well"
    assert await works(world)


async def test_silence_ends_at_the_deadline(world: StandinWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "READ_TIMEOUT_S", 0.3)
    world.node.mood = "silent"
    with pytest.raises(ChainUnavailable, match=r"no answer within 0 s while reading the head"):
        await world.chain.head()
    monkeypatch.undo()
    world.node.mood = "well"
    assert await works(world)


@pytest.mark.parametrize("code", [1000, 1011])
async def test_dropped_connections_are_made_anew(
    world: StandinWorld, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(adapter, "READ_TIMEOUT_S", 1.0)
    for _ in range(2):
        world.node.drop_connections(code)
        try:
            assert await works(world)
        except ChainUnavailable:
            assert await works(world)


async def test_a_restart_is_survived(world: StandinWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "READ_TIMEOUT_S", 1.0)
    world.node.stop()
    with pytest.raises(ChainUnavailable):
        await world.chain.head()
    monkeypatch.undo()
    world.node.start()
    assert await works(world)


async def test_a_slow_node_is_waited_for(world: StandinWorld) -> None:
    await world.register("miner")
    world.node.lag_s = 0.03
    assert await works(world)
    assert await world.chain.commit(NETUID, world.wallet("miner")[0], b"data") > 0


async def test_a_reorganisation_moves_the_head_but_nothing_finalized(world: StandinWorld) -> None:
    finalized, head = await world.chain.finalized_head(), await world.chain.head()
    world.node.reorganise(2)
    assert await world.chain.block_hash(finalized.number) == finalized.hash
    assert await world.chain.block_hash(head.number - 1) != head.hash
    assert (await world.chain.head()).number >= head.number
    assert await works(world)


async def test_a_transaction_survives_a_reorganisation(world: StandinWorld) -> None:
    """The SDK gives up watching a retracted transaction, which then goes into another block."""
    await world.register("miner")
    wallet, hotkey = world.wallet("miner")
    committing = asyncio.create_task(world.chain.commit(NETUID, wallet, b"data"))
    await asyncio.to_thread(world.node.wait_for_request, "author_submitAndWatchExtrinsic")
    await world.advance(1)
    await asyncio.to_thread(world.node.reorganise, 1)
    with contextlib.suppress(ChainUnavailable):
        await committing
    await world.advance(1)
    head = (await world.chain.head()).number
    assert (await world.chain.snapshot(NETUID, head)).commitments[hotkey].data == b"data"


async def test_a_connection_lost_while_waiting_says_that_the_fate_is_unknown(world: StandinWorld) -> None:
    await world.register("miner")
    wallet, hotkey = world.wallet("miner")
    committing = asyncio.create_task(world.chain.commit(NETUID, wallet, b"data"))
    await asyncio.to_thread(world.node.wait_for_request, "author_submitAndWatchExtrinsic")
    await asyncio.to_thread(world.node.drop_connections)
    with pytest.raises(ChainUnavailable, match="unknown"):
        await committing
    await world.advance(1)
    head = (await world.chain.head()).number
    assert (await world.chain.snapshot(NETUID, head)).commitments[hotkey].data == b"data"


async def test_nobody_listens() -> None:
    with pytest.raises(ChainUnavailable, match=r"ws://127\.0\.0\.1:1"):
        await BittensorChain.connect("ws://127.0.0.1:1")


@pytest.mark.parametrize("network", ["finey", "", "http://127.0.0.1", "ws://", "ws://:99999999"])
async def test_unknown_networks(network: str) -> None:
    with pytest.raises(UnknownNetwork, match="--network"):
        await BittensorChain.connect(network)


async def test_wallets_that_do_not_open(world: StandinWorld, tmp_path: Path) -> None:
    wallet, _ = world.wallet("miner")
    hotkeys = tmp_path / "miner" / "hotkeys"
    with pytest.raises(UnknownWallet, match="hotkeys there: default"):
        await world.chain.hotkey_address(Wallet("miner", "other", wallet.path))
    with pytest.raises(UnknownWallet):
        await world.chain.hotkey_address(Wallet("a/b", "c", wallet.path))
    (hotkeys / "broken").write_text('{"secretPhrase": "abandon ability able"')
    with pytest.raises(UnknownWallet, match="cannot be opened") as caught:
        await world.chain.commit(NETUID, Wallet("miner", "broken", wallet.path), b"data")
    assert "abandon" not in str(caught.value)


@pytest.mark.slow
async def test_an_encrypted_hotkey_opens_with_a_password_from_the_environment(
    world: StandinWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.wallet("miner")
    files = bt.Wallet("miner", "locked", str(tmp_path))
    files.create_new_hotkey(suppress=True, hotkey_password="correct horse")
    locked = Wallet("miner", "locked", str(tmp_path))
    assert await world.chain.hotkey_address(locked) == files.hotkeypub.ss58_address
    with pytest.raises(UnknownWallet, match=r"password in the environment") as caught:
        await world.chain.commit(NETUID, locked, b"data")
    assert "horse" not in str(caught.value)
    await world.register("miner")
    monkeypatch.setenv(bt.Wallet("miner", "locked", str(tmp_path)).hotkey_file.env_var_name(), "wrong")
    with pytest.raises(UnknownWallet, match=r"password in the environment"):
        await world.chain.commit(NETUID, locked, b"data")


async def test_commitment_space_per_epoch(world: StandinWorld) -> None:
    await world.register("miner")
    await world.set_rules(tempo=1000)
    wallet, _ = world.wallet("miner")
    for _ in range(8):
        await world.chain.commit(NETUID, wallet, bytes(384))
    with pytest.raises(TransactionRefused, match="too many bytes in this epoch"):
        await world.chain.commit(NETUID, wallet, bytes(384))
    await world.advance(1001)
    await world.chain.commit(NETUID, wallet, bytes(384))


async def test_rows_that_break_the_subnets_limits(world: StandinWorld) -> None:
    await world.register("validator", permit=True)
    await world.register("miner")
    await world.set_rules(min_allowed_weights=2)
    with pytest.raises(TransactionRefused, match="at least 2"):
        await world.chain.set_weights(NETUID, world.wallet("validator")[0], {1: 1})


async def test_the_node_checks_signatures_itself(world: StandinWorld) -> None:
    await world.register("miner")
    keypair = bt.Wallet("miner", "default", world.wallet("miner")[0].path).hotkey
    substrate = bt.RpcSubstrate(world.network, fallback_endpoints=[])
    await substrate.connect()
    call = await substrate.compose(
        bt.calls.Commitments.set_commitment(netuid=NETUID, info={"fields": [[{"Raw1": b"x"}]]})
    )
    data, _ = await substrate.sign_extrinsic(call, keypair, nonce=0, period=64)
    await substrate.close()
    world.node.on_chain(lambda runtime: runtime.check(data))
    for position in (40, 60, len(data) - 1):
        changed = bytearray(data)
        changed[position] ^= 1
        with pytest.raises(InvalidTransaction):
            world.node.on_chain(lambda runtime, changed=changed: runtime.check(bytes(changed)))
