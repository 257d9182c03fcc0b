"""Rivals copy endpoints, which are public: the scheduler keeps them with their owners, and the audit proves it."""

from __future__ import annotations

from kinitro.audit import checks
from kinitro.audit.audit import find_preceding_holders
from kinitro.chain.commitments import Commitment, encode
from kinitro.chain.interface import RawCommitment
from kinitro.client.http import ApiClient
from kinitro.client.records import FrozenMiner
from kinitro.database.cycles import Cycle
from kinitro.policies.messages import PolicyHealth
from tests.fakes.served_api import api_in_a_thread
from tests.fakes.subnet import Subnet, subnet

OWNER, THIEF = 5, 1
STOLEN = "http://MINER-5.example.com/."


def commit(net: Subnet, uid: int, endpoint: str, block: int) -> None:
    data = encode(Commitment(f"owner/policy-{uid}", f"{uid:040x}", endpoint))
    net.chain.commitments[f"hotkey-{uid}"] = RawCommitment(block, data)


async def opened(net: Subnet, named: dict[str, str] | None = None) -> tuple[Cycle, dict[int, FrozenMiner]]:
    """The next cycle, cancelled, and its frozen miners. `named`: the hotkey that /health of an endpoint names."""

    async def probe(endpoint: str) -> PolicyHealth:
        return PolicyHealth(hotkey=(named or {}).get(endpoint))

    scheduler = net.scheduler()
    scheduler.probe = probe
    await scheduler.step()
    cycle = await net.store.latest(1)
    assert cycle is not None
    await net.store.cancel(cycle.id, "The next one, please.")
    return cycle, {miner.uid: miner for miner in await net.store.miners(cycle.id)}


async def test_committing_again_does_not_lose_the_endpoint_to_a_copy(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        _, before = await opened(net)
        assert before[OWNER].excluded is None
        net.chain.add_miner(THIEF, block=60, endpoint=STOLEN)
        commit(net, OWNER, "https://miner-5.example.com", block=70)
        cycle, miners = await opened(net)
        assert miners[OWNER].excluded is None
        assert "uid 5 committed the same endpoint, and took part with it" in str(miners[THIEF].excluded)

        manifest = await net.store.manifest(cycle.id)
        snapshot = await net.chain.snapshot(1, cycle.block)
        with api_in_a_thread(empty_database) as url:
            async with ApiClient(url) as api:
                holders = await find_preceding_holders(api, manifest)
        assert holders["miner-5.example.com/"] == "hotkey-5"
        assert not list(checks.find_chain_differences(manifest, snapshot, b""))[1:], "but for the beacon, never drawn"
        assert checks.find_unproven_exclusions(manifest, snapshot, holders) == []
        robbed = manifest.model_copy(
            update={"miners": [m.model_copy(update={"excluded": None}) for m in manifest.miners]}
        )
        found = list(checks.find_chain_differences(robbed, snapshot, b""))
        assert any("takes part, although uid 1 committed the same endpoint" in difference for difference in found)


async def test_the_server_decides_against_a_squatter(empty_database: str) -> None:
    async with subnet(empty_database) as net:
        net.chain.add_miner(THIEF, block=20, endpoint=STOLEN)
        _, miners = await opened(net)
        assert miners[THIEF].excluded is None, "first, and nobody has said anything"
        assert "uid 1 committed the same endpoint in block 20" in str(miners[OWNER].excluded)
        cycle, miners = await opened(net, {"https://miner-5.example.com": "hotkey-5", STOLEN: "hotkey-5"})
        assert miners[OWNER].excluded is None
        assert "says that it serves the hotkey 'hotkey-5'" in str(miners[THIEF].excluded)
        manifest = await net.store.manifest(cycle.id)
        snapshot = await net.chain.snapshot(1, cycle.block)
        assert not list(checks.find_chain_differences(manifest, snapshot, b""))[1:]
        [shown] = checks.find_unproven_exclusions(manifest, snapshot)
        assert shown.startswith("uid 1 was excluded")
