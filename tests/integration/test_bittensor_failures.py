"""The Bittensor adapter on nodes that lag, lie, fall silent, reorganise and restart; how strict the stand-in is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import bittensor as bt
import pytest

from kinitro.chain import ChainUnavailable, UnknownNetwork, UnknownWallet, Wallet
from kinitro.chain import bittensor as adapter
from kinitro.chain.bittensor import BittensorChain
from tests.standin.runtime import InvalidTransaction
from tests.standin.worlds import NETUID, StandinWorld


async def works(standin: StandinWorld) -> bool:
    snapshot = await standin.chain.snapshot(NETUID)
    return snapshot.netuid == NETUID and len(snapshot.block.hash) == 32


async def test_garbage_is_named_and_survived(standin: StandinWorld) -> None:
    standin.node.mood = "garbage"
    for call in (standin.chain.head(), standin.chain.snapshot(NETUID), standin.chain.block_hash(1)):
        with pytest.raises(ChainUnavailable, match="failed while"):
            await call
    with pytest.raises(ChainUnavailable):
        await BittensorChain.connect(standin.network)
    standin.node.mood = "well"
    assert await works(standin)


async def test_silence_ends_at_the_deadline(standin: StandinWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "READ_TIMEOUT_S", 0.3)
    standin.node.mood = "silent"
    with pytest.raises(ChainUnavailable, match=r"no answer within 0 s while reading the head"):
        await standin.chain.head()
    monkeypatch.undo()
    standin.node.mood = "well"
    assert await works(standin)


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_dropped_connections_are_made_anew(standin: StandinWorld, code: int) -> None:
    for _ in range(2):
        await asyncio.to_thread(standin.node.drop_connections, code)
        assert await asyncio.wait_for(works(standin), adapter.READ_TIMEOUT_S / 2)


READS = ("chain_getHeader", "chain_getFinalizedHead", "state_getStorageAt", "state_queryStorageAt", "state_call")


@pytest.mark.parametrize("method", READS)
@pytest.mark.parametrize("trouble", ["polite", "lost"])
async def test_a_read_whose_connection_ends_is_repeated_at_once(
    standin: StandinWorld, method: str, trouble: str
) -> None:
    standin.node.troubles[method] = trouble
    assert await asyncio.wait_for(works(standin), adapter.READ_TIMEOUT_S / 2)
    assert standin.node.troubles == {} or method not in standin.node.requests


@pytest.mark.parametrize(
    ("differences", "told"), [({}, True), ({"tells_epochs": False}, True), ({"tells_last_epoch": False}, True)]
)
async def test_runtimes_that_lack_a_call_or_an_item(
    standin: StandinWorld, differences: dict[str, bool], told: bool
) -> None:
    standin.node.on_chain(lambda runtime: runtime.upgrade(9001, **differences))
    chain = await BittensorChain.connect(standin.network)
    try:
        snapshot = await chain.snapshot(NETUID)
    finally:
        await chain.close()
    assert (snapshot.next_epoch_block is not None) == told


async def test_a_runtime_that_tells_nothing_about_epochs(standin: StandinWorld) -> None:
    standin.node.on_chain(lambda runtime: runtime.upgrade(9001, tells_epochs=False, tells_last_epoch=False))
    chain = await BittensorChain.connect(standin.network)
    try:
        snapshot = await chain.snapshot(NETUID)
    finally:
        await chain.close()
    assert (snapshot.next_epoch_block, snapshot.last_epoch_block) == (None, None)
    assert snapshot.hyperparameters.tempo == 360


async def test_a_restart_is_survived(standin: StandinWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "READ_TIMEOUT_S", 1.0)
    standin.node.stop()
    with pytest.raises(ChainUnavailable):
        await standin.chain.head()
    monkeypatch.undo()
    standin.node.start()
    assert await works(standin)


async def test_a_slow_node_is_waited_for(standin: StandinWorld) -> None:
    await standin.register("miner")
    standin.node.lag_s = 0.03
    assert await works(standin)
    assert await standin.chain.commit(NETUID, standin.wallet("miner")[0], b"data") > 0


async def test_a_reorganisation_moves_the_head_but_nothing_finalized(standin: StandinWorld) -> None:
    finalized, head = await standin.chain.finalized_head(), await standin.chain.head()
    standin.node.reorganise(2)
    assert await standin.chain.block_hash(finalized.number) == finalized.hash
    assert await standin.chain.block_hash(head.number - 1) != head.hash
    assert (await standin.chain.head()).number >= head.number
    assert await works(standin)


async def test_nobody_listens() -> None:
    with pytest.raises(ChainUnavailable, match=r"ws://127\.0\.0\.1:1"):
        await BittensorChain.connect("ws://127.0.0.1:1")


@pytest.mark.parametrize("network", ["finey", "", "http://127.0.0.1", "ws://", "ws://:99999999"])
async def test_unknown_networks(network: str) -> None:
    with pytest.raises(UnknownNetwork, match="--network"):
        await BittensorChain.connect(network)


async def test_wallets_that_do_not_open(standin: StandinWorld, tmp_path: Path) -> None:
    wallet, _ = standin.wallet("miner")
    hotkeys = tmp_path / "miner" / "hotkeys"
    with pytest.raises(UnknownWallet, match="hotkeys there: default"):
        await standin.chain.hotkey_address(Wallet("miner", "other", wallet.path))
    with pytest.raises(UnknownWallet):
        await standin.chain.hotkey_address(Wallet("a/b", "c", wallet.path))
    (hotkeys / "broken").write_text('{"secretPhrase": "abandon ability able"')
    with pytest.raises(UnknownWallet, match="cannot be opened") as caught:
        await standin.chain.commit(NETUID, Wallet("miner", "broken", wallet.path), b"data")
    assert "abandon" not in str(caught.value)


@pytest.mark.slow
async def test_an_encrypted_hotkey_opens_with_a_password_from_the_environment(
    standin: StandinWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin.wallet("miner")
    files = bt.Wallet("miner", "locked", str(tmp_path))
    files.create_new_hotkey(suppress=True, hotkey_password="correct horse")
    locked = Wallet("miner", "locked", str(tmp_path))
    assert await standin.chain.hotkey_address(locked) == files.hotkeypub.ss58_address
    with pytest.raises(UnknownWallet, match=r"password in the environment") as caught:
        await standin.chain.commit(NETUID, locked, b"data")
    assert "horse" not in str(caught.value)
    await standin.register("miner")
    monkeypatch.setenv(bt.Wallet("miner", "locked", str(tmp_path)).hotkey_file.env_var_name(), "wrong")
    with pytest.raises(UnknownWallet, match=r"password in the environment"):
        await standin.chain.commit(NETUID, locked, b"data")


async def test_the_node_checks_signatures_itself(standin: StandinWorld) -> None:
    await standin.register("miner")
    keypair = bt.Wallet("miner", "default", standin.wallet("miner")[0].path).hotkey
    substrate = bt.RpcSubstrate(standin.network, fallback_endpoints=[])
    await substrate.connect()
    call = await substrate.compose(
        bt.calls.Commitments.set_commitment(netuid=NETUID, info={"fields": [[{"Raw1": b"x"}]]})
    )
    data, _ = await substrate.sign_extrinsic(call, keypair, nonce=0, period=64)
    await substrate.close()
    standin.node.on_chain(lambda runtime: runtime.check(data))
    for position in (40, 60, len(data) - 1):
        changed = bytearray(data)
        changed[position] ^= 1
        with pytest.raises(InvalidTransaction):
            standin.node.on_chain(lambda runtime, changed=changed: runtime.check(bytes(changed)))
