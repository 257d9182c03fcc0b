"""Cycles whose seeds follow from a block and a round of drand: from the chain to the audit, and what liars try."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kinitro.audit.audit import audit_cycle
from kinitro.audit.beacon import check_beacon
from kinitro.audit.report import AuditVerdict, Check
from kinitro.chain.drand_test_network import TEST_NETWORK, sign_round
from kinitro.chain.errors import ChainError, UnknownBlock
from kinitro.chain.local import OWNER
from kinitro.client.http import ApiClient
from kinitro.client.records import DrandPulse, Manifest
from kinitro.scheduler import drand_rounds
from kinitro.scheduler.drand_rounds import find_pulse
from tests.fakes.chain import FakeChain
from tests.fakes.executor import run_tasks
from tests.fakes.served_api import served_api
from tests.fakes.subnet import by_skill, subnet
from tests.standin.rest import Answer, Call, RestStandin
from tests.standin.worlds import StandinWorld, World

OPTIONS: dict[str, Any] = {"wallet_name": OWNER.name, "hotkey_name": OWNER.hotkey, "episodes_per_env": 6}


async def test_seeds_follow_from_both_and_the_audit_finds_every_lie(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        net.chain.owner, net.chain.drand = OWNER.hotkey, TEST_NETWORK
        await net.reach("running", **OPTIONS)
        await run_tasks(net.pool, net.executor_id, by_skill)
        await net.reach("published", **OPTIONS)
        async with served_api(empty_database) as url, ApiClient(url) as api:
            manifest = await api.get("/v1/cycles/1/manifest", Manifest)
            report = await audit_cycle(api, 1, sample=0, netuid=1, chain=net.chain)
        assert not report.failures, report.reason
        found = await check_beacon(manifest, net.chain)
        assert found.verdict is AuditVerdict.PASSED
        assert manifest.drand is not None
        assert f"round {manifest.drand.round} of test is signed by its key and belongs to block" in found.detail
        number = manifest.drand.round
        signature = sign_round(number + 1).hex()
        for lie, sentence in (
            ({"drand": DrandPulse(round=number + 1, signature=signature)}, "belongs round"),
            (
                {"drand": DrandPulse(round=number, signature=signature)},
                "is not one of test",
            ),
            ({"drand": None}, "is missing from the manifest"),
            ({"config": manifest.config.model_copy(update={"drand": "mine"})}, "the chain's is test"),
            ({"config": manifest.config.model_copy(update={"drand": None})}, "was opened without one"),
        ):
            assert sentence in difference(await check_beacon(manifest.model_copy(update=lie), net.chain))
        assert (
            "without a chain" in (await check_beacon(manifest.model_copy(update={"network": "local-dev"}), None)).detail
        )
        assert "the chain's is quicknet" in difference(await check_beacon(manifest, None))


def difference(found: Check) -> str:
    assert found.verdict is AuditVerdict.FAILED, found
    return found.differences[0]


async def test_without_drand_the_audit_says_block_hash_only(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        await net.reach("running", **OPTIONS)
        manifest = await net.store.manifest(1)
    assert manifest.config.drand is None
    assert "drand" not in manifest.model_dump_json(), "programs from before can read it"
    found = await check_beacon(manifest, FakeChain())
    assert (found.verdict, found.detail) == (
        AuditVerdict.PASSED,
        "block hash only: the cycle was opened without drand",
    )


class Relay(RestStandin):
    """A relay of drand that answers for one round, perhaps with something else than what was signed."""

    def __init__(self) -> None:
        super().__init__()
        self.signed = 0

    def failure(self, status: int) -> Answer:
        return Answer(status, {"error": "not found"}, {})

    def answer(self, call: Call) -> Answer:
        number = int(call.path.rsplit("/", 1)[1])
        return Answer(200, {"round": number, "signature": sign_round(number + self.signed).hex()}, {})


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    with Relay() as standin:
        monkeypatch.setattr(drand_rounds, "PUBLIC_ENDPOINTS", (standin.url,))
        yield standin


class Forgetful(FakeChain):
    """A chain that has pruned the round, or never recorded it."""

    async def drand_signature(self, number: int) -> bytes | None:
        return None


async def test_a_relay_helps_where_the_chain_has_forgotten_and_cannot_lie(relay: Relay) -> None:
    chain = Forgetful()
    chain.drand = TEST_NETWORK
    assert await find_pulse(chain, "test", 104) is None, "this network has no relays"
    chain.drand = replace(TEST_NETWORK, chain_hash="abcd")
    number = TEST_NETWORK.find_round(await chain.time_of(104))
    assert await find_pulse(chain, "test", 104) == (number, sign_round(number))
    assert relay.calls[-1].path == f"/abcd/public/{number}"
    relay.signed = 1
    assert await find_pulse(chain, "test", 104) is None, "another round's signature"
    for trouble in (
        503,
        Answer(200, b"<html>a proxy's page</html>"),
        Answer(200, {"round": number, "signature": "zz"}),
    ):
        relay.failures["GET", "/abcd/"] = trouble
        assert await find_pulse(chain, "test", 104) is None
    with pytest.raises(ChainError, match="another network or none"):
        await find_pulse(chain, "quicknet", 104)


async def test_a_round_that_is_not_due_is_not_asked_for(relay: Relay) -> None:
    class Young(Forgetful):
        async def time_of(self, number: int) -> float:
            return time.time()

    chain = Young()
    chain.drand = replace(TEST_NETWORK, chain_hash="abcd", margin_s=3600)
    assert await find_pulse(chain, "test", 104) is None
    assert not relay.calls


async def test_chains_tell_the_time_of_blocks_and_the_rounds_they_recorded(world: World) -> None:
    head = (await world.chain.head()).number
    first, second = await world.chain.time_of(head - 1), await world.chain.time_of(head)
    assert second > first > TEST_NETWORK.genesis_s
    number = TEST_NETWORK.find_round(second)
    if isinstance(world, StandinWorld):
        assert await world.chain.drand_signature(number) is None
        world.node.on_chain(lambda runtime: runtime.record_pulse(number, sign_round(number)))
        world.node.advance(1)
    assert await world.chain.drand_signature(number) == sign_round(number)
    assert world.chain.drand is not None
    with pytest.raises(UnknownBlock):
        await world.chain.time_of(head + 1000)
