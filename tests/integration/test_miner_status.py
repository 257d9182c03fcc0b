"""`kinitro status` and its route: what a miner is told, and what nobody is told before the reveal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kinitro.chain import Wallet
from kinitro.chain.local import derive_local_address
from kinitro.database.publications import PublicationStore
from kinitro.policies.signing import RequestSigner, load_hotkey
from tests.fakes.api import serving
from tests.fakes.executor import run_tasks
from tests.fakes.pool_rows import rows
from tests.fakes.problems import PAGE
from tests.fakes.published import Published
from tests.fakes.subnet import Subnet, subnet
from tests.fakes.verifier import verify
from tests.standin.command import Done, kinitro
from tests.standin.wallets import create_wallet

STRANGER = derive_local_address(Wallet("stranger", "default"))
FAULTY = 5
"""The uid whose server is at fault in a quarter of its episodes."""


def rule(task: Any) -> int:
    """Outcomes of every kind: 1 success, 2 failure, 3 policy fault, 4 evaluator fault."""
    if task.uid == FAULTY and task.episode % 4 == 0:
        return 3
    return 1 if task.uid == 9 else 2


@pytest.fixture(autouse=True)
def _answers_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for twenty times what they took, which may be seconds on a busy machine."""
    monkeypatch.setattr("kinitro.api.cache.KEPT_COSTS", 0)


@pytest.fixture
async def net(empty_database: str, tmp_path: Path) -> AsyncIterator[Subnet]:
    """A running cycle of three miners and one that is excluded; uid 5 has a wallet on disk."""
    async with subnet(empty_database) as opened:
        opened.chain.add_raw(11, b"nonsense", block=60)
        await opened.reach("running", episodes_per_env=4, verification_timeout="0")
        hotkey = create_wallet(tmp_path, "miner").hotkey
        await opened.one("update cycle_miner set hotkey = %s where uid = %s returning 1", hotkey, FAULTY)
        yield opened


@pytest.fixture
async def api_url(net: Subnet) -> AsyncIterator[str]:
    async with serving(net.url) as url:
        yield url


async def read(url: str, miner: object) -> dict[str, Any]:
    async with httpx2.AsyncClient() as client:
        answer = await client.get(f"{url}/v1/miners/{miner}/status")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_nothing_of_a_running_cycle_is_told_but_counts(net: Subnet, api_url: str) -> None:
    await run_tasks(net.pool, net.executor_id, rule, limit=15)
    (faults,) = await net.one("select count(*) from task where outcome = 'policy_fault'")
    assert faults
    found = await read(api_url, FAULTY)
    assert found["progress"] == {"total": 8, "finished": 5, "policy_faults": None, "void": None}
    assert found["last_score"] is found["last_cycle"] is None
    text = json.dumps(found)
    assert not any(word in text for word in ("seed", "success", "metaworld", "episode", "outcome"))
    assert not any(seed in text for (seed,) in rows(net.url, "select encode(seed, 'hex') from task"))


async def test_counts_of_all_miners_do_not_tell_it_either(net: Subnet, api_url: str) -> None:
    """Together with how many of a miner's episodes are finished they would: both grow by one at the same time."""
    async with httpx2.AsyncClient(base_url=api_url) as client:
        await run_tasks(net.pool, net.executor_id, rule)
        running = (await client.get("/v1/tasks/stats")).json()
        assert (running["finished"], running["by_outcome"]) == (24, {})
        assert all(counts == {"total": 12, "finished": 12} for counts in running["by_environment"].values())
        await verify_all(net)
        await net.reach("published", episodes_per_env=4, verification_timeout="0")
        over = (await client.get("/v1/tasks/stats")).json()
    assert (over["by_outcome"]["success"], over["by_outcome"]["policy_fault"]) == (8, 2)
    assert sum(counts["success"] for counts in over["by_environment"].values()) == 8


async def test_the_miner_itself_is_told_its_faults(net: Subnet, api_url: str, tmp_path: Path) -> None:
    await run_tasks(net.pool, net.executor_id, rule)
    rows(net.url, "update task set reason = 'timeout' where outcome = 'policy_fault' and env = 0")
    rows(net.url, "update task set reason = 'an invention' where outcome = 'policy_fault' and env = 1")
    signer = RequestSigner(load_hotkey("miner", "default", tmp_path))
    path = f"/v1/miners/{FAULTY}/status"

    async def ask(headers: dict[str, str], miner: object = FAULTY) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=api_url) as client:
            return await client.get(f"/v1/miners/{miner}/status", headers=headers)

    signed = await ask(dict(signer("GET", path, b"")))
    assert signed.json()["progress"]["policy_faults"] == {"timeout": 1, "other": 1}
    assert signed.headers["cache-control"] == "no-store"
    assert (await ask({})).json()["progress"]["policy_faults"] is None, "the signed answer is not remembered for others"
    by_another = await ask(dict(signer("GET", "/v1/miners/9/status", b"")), 9)
    assert (by_another.status_code, "another hotkey" in by_another.text) == (403, True)
    for change in (
        {"x-bittensor-signature": "0x" + "ab" * 64},
        {"x-bittensor-signature": "no number"},
        {"x-bittensor-nonce": "1"},
        {"x-bittensor-nonce": "9" * 30},
        {"x-bittensor-hotkey": "nobody"},
        {"x-bittensor-crypto": "none"},
        {"x-bittensor-version": "2"},
    ):
        assert (await ask(dict(signer("GET", path, b"")) | change)).status_code == 401, change
    assert (await ask(dict(signer("POST", path, b"")))).status_code == 401


async def test_after_the_reveal_everybody_sees_everything(net: Subnet, api_url: str) -> None:
    await run_tasks(net.pool, net.executor_id, rule)
    await verify_all(net)
    await net.reach("published", episodes_per_env=4, verification_timeout="0")
    found = await read(api_url, FAULTY)
    assert found["progress"]["policy_faults"] == {"other": 2}
    assert (found["last_cycle"], found["last_score"]["uid"]) == (found["cycle_id"], FAULTY)
    first = await read(api_url, 2)
    assert (first["commitment"]["place"], found["commitment"]["place"], found["participants"]) == (1, 2, 3)
    assert (await read(api_url, first["hotkey"])) == first


async def verify_all(net: Subnet) -> None:
    from kinitro.database.verifications import Verifications

    await verify(Verifications(net.connection), net.executor_id, "physics-1")


async def test_one_pass_serves_everybody(net: Subnet, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = 0
    original = PublicationStore.progress

    async def counted(self: PublicationStore, *arguments: Any) -> Any:
        nonlocal passes
        passes += 1
        return await original(self, *arguments)

    monkeypatch.setattr(PublicationStore, "progress", counted)
    async with serving(net.url, public_cache_s=300) as url, httpx2.AsyncClient(base_url=url) as client:
        asked = ["2", "5", "9", "11", "hotkey-9", "999", STRANGER, "05"]
        answers = await asyncio.gather(*(client.get(f"/v1/miners/{miner}/status") for miner in asked))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 404, 404, 200]
    assert passes == 1


async def test_the_tasks_of_other_cycles_are_not_read(net: Subnet) -> None:
    others = (
        "insert into task (cycle_id, uid, env, episode, seed) select 99, 1, 0, n, '' from generate_series(1, 20000) n"
    )
    rows(net.url, others)
    rows(net.url, "analyze task")
    from kinitro.database.publications import SQL

    query = SQL("PROGRESS", cycle=1, known=["timeout"])
    plan = "\n".join(
        line for (line,) in await (await net.connection.execute(f"explain {query.text}", query.parameters)).fetchall()
    )
    assert "Index" in plan
    assert "Seq Scan" not in plan.replace("Seq Scan on cycle", "")


async def show(api_url: str, *arguments: str) -> Done:
    return await kinitro("status", "--api-url", api_url, *arguments)


async def test_the_command_says_what_to_do_and_ends_with_a_code(net: Subnet, api_url: str, tmp_path: Path) -> None:
    fine = await show(api_url, "--uid", "9")
    assert fine.returncode == 0, fine.stderr
    assert "place 3 of 3" in fine.stdout
    assert "0 of 8 are finished" in fine.stdout
    assert "keep your server running" in fine.stdout
    excluded = await show(api_url, "--uid", "11")
    assert excluded.returncode == 4
    assert "does not count: " in excluded.stdout
    assert "commit again" in excluded.stdout
    await run_tasks(net.pool, net.executor_id, rule, limit=15)
    wallet = ("--wallet-name", "miner", "--wallet-path", str(tmp_path))
    quiet = await show(api_url, "--uid", str(FAULTY))
    assert (quiet.returncode, "add --wallet-name" in quiet.stdout) == (0, True)
    own = await show(api_url, *wallet)
    assert own.returncode == 4
    assert "ended 2 of 5 finished episodes by faults" in own.stdout
    assert "kinitro check" in own.stdout
    as_json = json.loads((await show(api_url, *wallet, "--json")).stdout)
    assert as_json["action_needed"] is True
    assert as_json["uid"] == FAULTY
    assert "faults" in as_json["next"][0]


async def test_watching_ends_when_something_must_be_done(net: Subnet, api_url: str, tmp_path: Path) -> None:
    wallet = ("--wallet-name", "miner", "--wallet-path", str(tmp_path))
    watching = asyncio.create_task(show(api_url, *wallet, "--watch", "--every", "0.1", "--json"))
    await asyncio.sleep(0)
    await run_tasks(net.pool, net.executor_id, rule, limit=15)
    done = await asyncio.wait_for(watching, 60)
    assert done.returncode == 4
    statuses = [json.loads(line) for line in done.stdout.splitlines()]
    assert [status["action_needed"] for status in statuses] == [False] * (len(statuses) - 1) + [True]


async def test_what_cannot_be_shown_is_one_sentence(net: Subnet, api_url: str, tmp_path: Path) -> None:
    create_wallet(tmp_path, "other")

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n" + PAGE)
        await writer.drain()
        writer.close()

    proxy = await asyncio.start_server(page, "127.0.0.1", 0)
    html = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    other = ("--wallet-name", "other", "--wallet-path", str(tmp_path))
    tries: list[tuple[tuple[str, ...], int, str]] = [
        (("--uid", "77"), 1, "found no commitment of uid 77"),
        (("--hotkey", STRANGER), 1, f"found no commitment of the hotkey {STRANGER}"),
        (("--hotkey", "hotkey-9"), 1, "not an SS58 address"),
        ((), 2, "Whose status?"),
        (("--uid", "1", "--hotkey", STRANGER), 2, "give one of them"),
        (("--uid", "5", *other), 1, "another hotkey"),
        (("--hotkey", STRANGER, *other), 2, "is not the address of other/default"),
        (("--uid", "5", "--wallet-name", "missing"), 2, "cannot be read"),
        (("--uid", "5", "--api-url", "http://127.0.0.1:9"), 3, "is the API running there?"),
        (("--uid", "5", "--api-url", html), 3, "is it a Kinitro API of this version?"),
    ]
    async with proxy:
        for arguments, code, says in tries:
            done = await show(api_url, *arguments)
            assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), (arguments, done.stderr)
            assert says in done.stderr


async def test_an_api_of_another_version_is_named(net: Subnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinitro.client.http.ApiClient.miner_status", _ask_a_route_of_the_future)
    async with serving(net.url) as url:
        done = await show(url, "--uid", "5")
    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert "is not known to the API there: is it of this version" in done.stderr


async def _ask_a_route_of_the_future(self: Any, miner: object, signer: object) -> Any:
    from kinitro.client.messages import MinerStatus

    return await self.get(f"/v9/miners/{miner}/status", MinerStatus)


async def test_an_empty_database_has_no_miners(empty_database: str) -> None:
    from kinitro.database.schema import upgrade

    await asyncio.to_thread(upgrade, empty_database)
    async with serving(empty_database) as url:
        done = await show(url, "--uid", "5")
    assert (done.returncode, "No cycle has looked at any commitment yet" in done.stderr) == (1, True)


async def test_last_scores_and_checks_of_a_published_cycle(published: Published) -> None:
    async with serving(published.url) as url:
        best, cheat, excluded = [await show(url, "--uid", str(uid)) for uid in (9, 2, 11)]
    assert best.returncode == 0, best.stdout
    assert "leads 2 of 2 environments" in best.stdout
    assert "Verified    match " in best.stdout
    assert cheat.returncode == 4
    assert "mismatch 3, disqualified" in cheat.stdout
    assert "Verification disqualified you in cycle 1: deploy exactly what you committed" in cheat.stdout
    assert excluded.returncode == 4
    assert "took place without this miner" in excluded.stdout
