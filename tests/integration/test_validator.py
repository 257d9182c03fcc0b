"""The validator on both chains: what it sets, what it refuses, what it survives."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from kinitro import supervision
from kinitro.chain import Chain, ChainSnapshot, ChainUnavailable, TransactionUndecided, UnknownSubnet, Wallet
from kinitro.chain import bittensor_transactions as transactions
from kinitro.client.errors import ApiNotFound, ApiUnavailable
from kinitro.client.messages import Weights
from kinitro.errors import ConfigurationError
from kinitro.validator import service
from kinitro.validator.auditing import NoAudit
from kinitro.validator.errors import AuditRefused, NothingToSet, WeightsLost, WeightsRefused
from kinitro.validator.service import Validator, keep_setting
from kinitro.validator.settings import ValidatorSettings
from tests.standin.backend import publication
from tests.standin.runtime import Runtime
from tests.standin.worlds import NETUID, StandinWorld, World

MINERS = ("one", "two", "three")
TEMPO = 2000
"""So long that no epoch ends while a test runs, unless it wants to."""
TO_NEXT_QUARTER = 2 * TEMPO - 300
"""From the first blocks of a chain to the last quarter of its second epoch."""


class Backend:
    """Publishes `weights`; None for nothing yet, an error to be raised."""

    def __init__(self) -> None:
        self.weights: Weights | Exception | None = None

    async def weights_latest(self) -> Weights:
        if self.weights is None:
            raise ApiNotFound("nothing was published yet", 404)
        if isinstance(self.weights, Exception):
            raise self.weights
        return self.weights


@pytest.fixture
async def world(world: World) -> World:
    await populate(world)
    return world


@pytest.fixture
async def standin(standin: StandinWorld) -> StandinWorld:
    await populate(standin)
    return standin


async def populate(world: World) -> None:
    for name in MINERS:
        await world.register(name)
    await world.register("validator", permit=True, stake=10.0)


async def open_validator(
    world: World, backend: Backend, state: Path, *, audit: Callable[[Weights], object] | None = None, **changes: object
) -> Validator:
    wallet, _ = world.wallet("validator")
    settings = ValidatorSettings(
        backend_url="http://backend",
        netuid=NETUID,
        network=world.network,
        wallet_name=wallet.name,
        hotkey_name=wallet.hotkey,
        wallet_path=wallet.path,
        state_directory=state,
        **changes,
    )

    async def connect(network: str) -> Chain:
        return world.chain

    class Audit(NoAudit):
        async def check(self, publication: Weights) -> None:
            if audit is not None:
                audit(publication)

    return await Validator.open(settings, connect, backend, Audit())


def published(
    world: World, cycle: int, shares: Mapping[str, float], age: timedelta = timedelta(0), first_uid: int = 1
) -> Weights:
    hotkeys = {MINERS.index(name) + first_uid: world.wallet(name)[1] for name in shares}
    by_uid = {MINERS.index(name) + first_uid: share for name, share in shares.items()}
    return publication(cycle, NETUID, by_uid, hotkeys, published_at=datetime.now(UTC) - age)


async def row(world: World) -> dict[int, int]:
    return dict(await world.chain.weights(NETUID, world.wallet("validator")[1]))


async def test_sets_what_is_new_and_then_once_per_epoch(world: World, tmp_path: Path) -> None:
    await world.set_rules(tempo=TEMPO)
    backend = Backend()
    validator = await open_validator(world, backend, tmp_path)
    assert await validator.tick() is None
    backend.weights = published(world, 1, {"one": 0.75, "two": 0.25})
    plan = await validator.tick()
    assert plan is not None
    assert await row(world) == plan.weights == {1: 65535, 2: 21845}
    assert await validator.tick() is None
    backend.weights = published(world, 2, {"three": 1.0})
    assert (await validator.tick()) is not None
    assert await row(world) == {3: 65535}
    assert await validator.tick() is None
    await world.advance(TO_NEXT_QUARTER)
    assert (await validator.tick()) is not None
    assert await validator.tick() is None


async def test_waits_for_the_rate_limit(world: World, tmp_path: Path) -> None:
    await world.set_rules(weights_rate_limit=300)
    backend = Backend()
    validator = await open_validator(world, backend, tmp_path)
    backend.weights = published(world, 1, {"one": 1.0})
    assert await validator.tick() is None
    with pytest.raises(WeightsRefused, match=r"was registered in block \d+, and subnet 7 allows .* every 300 blocks"):
        await validator.set_once()
    await world.advance(300)
    await validator.tick()
    backend.weights = published(world, 2, {"two": 1.0})
    assert await validator.tick() is None
    with pytest.raises(WeightsRefused, match="allows it every 300 blocks"):
        await validator.set_once()
    await world.advance(300)
    assert await validator.tick() is not None
    assert await row(world) == {2: 65535}


async def test_remembers_over_restarts_and_repeats_up_to_max_age(world: World, tmp_path: Path) -> None:
    await world.set_rules(tempo=TEMPO)
    backend = Backend()
    backend.weights = published(world, 1, {"one": 1.0}, age=timedelta(hours=47))
    await (await open_validator(world, backend, tmp_path)).tick()
    backend.weights = ApiUnavailable("the API is gone")
    again = await open_validator(world, backend, tmp_path)
    assert await again.tick() is None
    assert str(again.problem) == "the API is gone"
    await world.advance(TO_NEXT_QUARTER)
    assert (await again.tick()) is not None
    impatient = await open_validator(world, backend, tmp_path, max_age=timedelta(hours=1))
    await world.advance(TEMPO)
    with pytest.raises(WeightsRefused, match=r"47\.0 h old.*scoring has stopped"):
        await impatient.tick()


async def test_weights_follow_a_hotkey_that_moved(world: World, tmp_path: Path) -> None:
    backend = Backend()
    validator = await open_validator(world, backend, tmp_path)
    backend.weights = published(world, 1, {"one": 0.5, "two": 0.5})
    await world.register("newcomer", uid=2)
    with pytest.raises(WeightsRefused, match="50% of the weight"):
        await validator.tick()
    assert await row(world) == {}
    await world.register("two", uid=5)
    await validator.tick()
    assert await row(world) == {1: 65535, 5: 65535}


async def test_burns_to_the_owner_or_not_at_all(world: World, tmp_path: Path) -> None:
    backend = Backend()
    backend.weights = published(world, 1, {})
    validator = await open_validator(world, backend, tmp_path)
    await validator.tick()
    assert await row(world) == {0: 65535}
    await world.register("newcomer", uid=0)
    backend.weights = published(world, 2, {})
    with pytest.raises(WeightsRefused, match=r"the owner's hotkey .* has no uid"):
        await validator.tick()
    assert await row(world) == {0: 65535}


async def test_keeps_the_last_weights_if_asked_to(world: World, tmp_path: Path) -> None:
    backend = Backend()
    backend.weights = published(world, 1, {})
    validator = await open_validator(world, backend, tmp_path, if_none_qualify="keep-last")
    with pytest.raises(WeightsRefused, match="there are no last weights"):
        await validator.tick()
    backend.weights = published(world, 2, {"two": 1.0})
    await validator.tick()
    backend.weights = published(world, 3, {})
    await validator.tick()
    assert await row(world) == {2: 65535}


async def test_a_backend_that_lies_changes_nothing(world: World, tmp_path: Path) -> None:
    backend = Backend()
    good = backend.weights = published(world, 5, {"one": 1.0})
    validator = await open_validator(world, backend, tmp_path)
    await validator.tick()
    lies = [
        (published(world, 6, {"two": 1.0}).model_copy(update={"netuid": 8}), "for subnet 8"),
        (published(world, 4, {"two": 1.0}, age=timedelta(hours=1)), "older than cycle 5"),
        (published(world, 6, {"two": 1.0}).model_copy(update={"weights_u16": {1: 0}}), "contradict themselves"),
    ]
    for lie, says in lies:
        backend.weights = lie
        assert await validator.tick() is None
        assert says in str(validator.problem)
        with pytest.raises(WeightsRefused, match=says):
            await validator.set_once()
    assert await row(world) == {1: 65535}
    backend.weights = good
    await validator.tick()
    assert validator.problem is None


async def test_what_fails_its_audit_is_not_set(world: World, tmp_path: Path) -> None:
    backend, audits = Backend(), []

    def audit(weights: Weights) -> None:
        audits.append(weights.cycle_id)
        if weights.cycle_id == 2:
            raise AuditRefused("Cycle 2 does not pass its audit: an outcome was flipped.")

    validator = await open_validator(world, backend, tmp_path, audit=audit)
    backend.weights = published(world, 1, {"one": 1.0})
    await validator.tick()
    backend.weights = published(world, 2, {"two": 1.0})
    for _ in range(3):
        await validator.tick()
        assert "flipped" in str(validator.problem)
    with pytest.raises(AuditRefused, match="flipped"):
        await validator.set_once()
    assert audits == [1, 2], "one audit for each publication, not one for each look"
    assert await row(world) == {1: 65535}
    backend.weights = published(world, 3, {"three": 1.0})
    await validator.tick()
    assert await row(world) == {3: 65535}


async def test_a_dry_run_sets_nothing(world: World, tmp_path: Path) -> None:
    backend = Backend()
    backend.weights = published(world, 1, {"one": 1.0})
    validator = await open_validator(world, backend, tmp_path)
    assert (await validator.set_once(dry_run=True)).weights == {1: 65535}
    assert await row(world) == {}


async def test_nothing_published_yet(world: World, tmp_path: Path) -> None:
    with pytest.raises(NothingToSet, match="published no weights yet"):
        await (await open_validator(world, Backend(), tmp_path)).set_once()


# --- commit-reveal -------------------------------------------------------------------------------------------------


async def test_sees_that_committed_weights_were_revealed(world: World, tmp_path: Path) -> None:
    await world.set_rules(commit_reveal=True, tempo=TEMPO)
    backend = Backend()
    validator = await open_validator(world, backend, tmp_path)
    backend.weights = published(world, 1, {"one": 1.0})
    await validator.tick()
    assert await row(world) == {}
    restarted = await open_validator(world, backend, tmp_path)
    assert len(restarted._memory.pending) == 1
    await world.reveal("validator", {1: 65535})
    await restarted.tick()
    assert restarted._memory.pending == []


async def test_commits_that_the_chain_dropped_are_found_and_repeated(standin: StandinWorld, tmp_path: Path) -> None:
    await standin.set_rules(commit_reveal=True, tempo=TEMPO)
    backend = Backend()
    validator = await open_validator(standin, backend, tmp_path)
    backend.weights = published(standin, 1, {"one": 1.0})
    await validator.tick()
    hotkey = standin.wallet("validator")[1]
    standin.node.on_chain(lambda runtime: runtime.reveal(NETUID, hotkey, None))
    await standin.advance(3 * TEMPO + 20)
    with pytest.raises(WeightsLost, match="were not revealed by block"):
        await validator.tick()
    assert await validator.tick() is not None
    await standin.reveal("validator", {1: 65535})
    await validator.tick()
    assert validator._memory.pending == []


# --- months --------------------------------------------------------------------------------------------------------


async def test_survives_dead_backends_and_nodes(
    standin: StandinWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_BACKOFF_S", 0.05)
    monkeypatch.setattr(transactions, "STEP_TIMEOUT_S", 3.0)
    monkeypatch.setattr(transactions, "STALL_TIMEOUT_S", 3.0)
    backend = Backend()
    backend.weights = ApiUnavailable("the API is not up yet")
    attempts = 0

    async def opened() -> Validator:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise ChainUnavailable("the node is not up yet")
        return await open_validator(standin, backend, tmp_path)

    work = asyncio.create_task(keep_setting(opened, 0.02))
    await asyncio.sleep(0.3)
    assert not work.done()
    backend.weights = published(standin, 1, {"one": 1.0})
    await eventually(standin, {1: 65535})
    standin.node.drop_connections()
    backend.weights = published(standin, 2, {"two": 1.0})
    await eventually(standin, {2: 65535})
    await asyncio.to_thread(standin.node.stop)
    backend.weights = published(standin, 3, {"three": 1.0})
    await asyncio.sleep(0.3)
    await asyncio.to_thread(standin.node.start)
    await eventually(standin, {3: 65535})
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_a_mistake_of_ours_does_not_end_it() -> None:
    attempts = 0
    enough = asyncio.Event()

    async def opened() -> Validator:
        nonlocal attempts
        attempts += 1
        if attempts == 3:
            enough.set()
        raise KeyError("a mistake")

    work = asyncio.create_task(keep_setting(opened, 0.01))
    async with asyncio.timeout(20):
        await enough.wait()
    assert not work.done()
    work.cancel()
    await asyncio.wait([work])


@pytest.mark.parametrize("spoil", ["nothing may be written", "the disk is full", "a directory"])
async def test_a_memory_that_cannot_be_saved_stops_no_weights(
    world: World, tmp_path: Path, spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    state = tmp_path / "state"
    if spoil == "nothing may be written":
        state.write_text("a file where the directory should be")
    elif spoil == "the disk is full":
        monkeypatch.setattr(os, "fsync", full)
    backend = Backend()
    backend.weights = published(world, 1, {"one": 1.0})
    validator = await open_validator(world, backend, state)
    if spoil == "a directory":
        hotkey = world.wallet("validator")[1]
        genesis = (await world.chain.block_hash(0)).hex()[:12]
        (state / f"validator-{genesis}-{NETUID}-{hotkey}.json").mkdir(parents=True)
    assert await validator.tick() is not None
    assert await row(world) == {1: 65535}
    backend.weights = published(world, 2, {"two": 1.0})
    await world.advance(TO_NEXT_QUARTER)
    assert await validator.tick() is not None
    assert await row(world) == {2: 65535}


@pytest.mark.parametrize("content", [b"", b'{"acc', b"\xff\xfe\x00", b"[]", None], ids=repr)
async def test_a_memory_that_cannot_be_read_is_a_new_one(world: World, tmp_path: Path, content: bytes | None) -> None:
    hotkey = world.wallet("validator")[1]
    genesis = (await world.chain.block_hash(0)).hex()[:12]
    path = tmp_path / f"validator-{genesis}-{NETUID}-{hotkey}.json"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    backend = Backend()
    backend.weights = published(world, 1, {"one": 1.0})
    assert await (await open_validator(world, backend, tmp_path)).tick() is not None
    assert await row(world) == {1: 65535}
    assert path.is_dir() or b'"accepted"' in path.read_bytes()


async def test_a_subnet_that_it_has_set_weights_on_may_be_denied_by_a_node(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart too: a unit that ends with exit code 2 is not started again."""
    backend = Backend()
    backend.weights = published(world, 1, {"one": 1.0})
    assert await (await open_validator(world, backend, tmp_path)).tick() is not None
    denied = asyncio.Event()

    async def denies(netuid: int, block: int | None = None) -> ChainSnapshot:
        denied.set()
        raise UnknownSubnet(f"There is no subnet {netuid}.")

    monkeypatch.setattr(world.chain, "snapshot", denies)
    backend.weights = published(world, 2, {"two": 1.0})
    work = asyncio.create_task(keep_setting(lambda: open_validator(world, backend, tmp_path), 0.02))
    await asyncio.wait_for(denied.wait(), 20)
    denied.clear()
    await asyncio.wait_for(denied.wait(), 20)
    monkeypatch.undo()
    async with asyncio.timeout(45):
        while await row(world) != {2: 65535}:
            assert not work.done()
            await asyncio.sleep(0.05)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


class Breaking:
    """A chain that loses the answer to `set_weights`: "before" it is sent, or "after" it was included."""

    def __init__(self, chain: Chain, when: str) -> None:
        self._chain = chain
        self.when: str | None = when
        self.sent = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._chain, name)

    async def set_weights(self, netuid: int, wallet: Wallet, weights: Mapping[int, int], version: int = 0) -> int:
        self.sent += 1
        when, self.when = self.when, None
        head = (await self._chain.head()).number
        if when == "before":
            raise TransactionUndecided("The node is away.", head + 30)
        block = await self._chain.set_weights(netuid, wallet, weights, version)
        if when == "after":
            raise TransactionUndecided("The node is away.", head + 30)
        if when == "killed":
            raise asyncio.CancelledError
        return block


async def open_breaking(world: World, backend: Backend, state: Path, when: str) -> tuple[Validator, Breaking]:
    chain = Breaking(world.chain, when)
    validator = await open_validator(world, backend, state)
    validator._chain = validator._sending._chain = chain
    return validator, chain


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("when", ["after", "killed"])
async def test_a_row_that_was_included_after_all_is_not_set_again(
    world: World, tmp_path: Path, when: str, sealed: bool
) -> None:
    await world.set_rules(tempo=TEMPO, commit_reveal=sealed)
    backend = Backend()
    backend.weights = published(world, 1, {"one": 1.0})
    validator, chain = await open_breaking(world, backend, tmp_path, when)
    with pytest.raises((TransactionUndecided, asyncio.CancelledError)):
        await validator.tick()
    restarted, _ = await open_breaking(world, backend, tmp_path, "never")
    for again in (validator, restarted) if when == "after" else (restarted,):
        assert await again.tick() is None
        assert again._memory.attempt is None
        assert again._memory.set_publication is not None
        assert len(again._memory.pending) == int(sealed)
    assert chain.sent == 1
    if sealed:
        await world.reveal("validator", {1: 65535})
        await restarted.tick()
    assert await row(world) == {1: 65535}
    assert restarted._memory.pending == []


async def test_once_after_an_unknown_fate_sets_nothing_twice(world: World, tmp_path: Path) -> None:
    backend = Backend()
    backend.weights = published(world, 1, {"one": 1.0})
    validator, chain = await open_breaking(world, backend, tmp_path, "after")
    with pytest.raises(TransactionUndecided):
        await validator.set_once()
    assert (await validator.set_once()).weights == {1: 65535}
    assert chain.sent == 1
    await validator.set_once()
    assert chain.sent == 2, "what is asked for anew is set anew"


async def test_nothing_is_sent_while_something_else_may_still_be_included(world: World, tmp_path: Path) -> None:
    backend = Backend()
    backend.weights = published(world, 1, {"one": 1.0})
    validator, chain = await open_breaking(world, backend, tmp_path, "before")
    for _ in range(2):
        with pytest.raises(TransactionUndecided):
            await validator.tick()
    assert chain.sent == 1
    await world.advance(40)
    assert await validator.tick() is not None
    assert chain.sent == 2
    assert await row(world) == {1: 65535}


async def test_weights_that_were_set_stand_when_they_cannot_be_read_back(world: World, tmp_path: Path) -> None:
    backend = Backend()
    backend.weights = published(world, 1, {"one": 1.0})
    validator = await open_validator(world, backend, tmp_path)
    chain = validator._sending._chain = Breaking(world.chain, "never")

    async def away(netuid: int, hotkey: str) -> Mapping[int, int]:
        raise ChainUnavailable("the node is away")

    chain.weights = away
    assert await validator.tick() is not None
    restarted = await open_validator(world, backend, tmp_path)
    assert await restarted.tick() is None
    assert restarted._memory.pending == []


async def test_the_end_of_an_outage_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_BACKOFF_S", 0.01)
    said: list[str] = []
    monkeypatch.setattr(
        supervision,
        "log",
        SimpleNamespace(
            warning=lambda event, **fields: said.append(f"{event}: {fields['reason']}"),
            info=lambda event, **_fields: said.append(event),
        ),
    )
    looks = iter([ChainUnavailable("away"), ChainUnavailable("away"), None, None, ChainUnavailable("away"), None])
    finished = asyncio.Event()

    class Looking:
        problem = None
        has_set_weights = False

        async def tick(self) -> None:
            look = next(looks, finished)
            if look is finished:
                finished.set()
            elif isinstance(look, Exception):
                raise look

        async def close(self) -> None:
            return None

    async def opened() -> Validator:
        return Looking()

    work = asyncio.create_task(keep_setting(opened, 0.001))
    await asyncio.wait_for(finished.wait(), 20)
    work.cancel()
    assert said == ["cannot_set_weights: away", "loop_works_again"] * 2


async def test_wrong_settings_end_it_at_once() -> None:
    async def opened() -> Validator:
        raise ConfigurationError("no such wallet")

    with pytest.raises(ConfigurationError, match="no such wallet"):
        await asyncio.wait_for(keep_setting(opened, 0.01), 5)


async def eventually(world: StandinWorld, expected: Mapping[int, int]) -> None:
    """What the chain itself holds, without the connection that is being disturbed."""
    hotkey = world.wallet("validator")[1]
    deadline = time.monotonic() + 45
    while True:
        found = world.node.on_chain(lambda runtime: _stored_row(runtime, hotkey))
        if found == expected:
            return
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


def _stored_row(runtime: Runtime, hotkey: str) -> dict[int, int]:
    uid = int(runtime.get("SubtensorModule", "Uids", NETUID, hotkey))
    return {int(target): int(value) for target, value in runtime.get("SubtensorModule", "Weights", NETUID, uid)}
