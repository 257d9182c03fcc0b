"""`kinitro commit`, `kinitro show-commitment` and `kinitro keys backend`, from the command line to the chain."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kinitro.chain import bittensor as adapter
from kinitro.chain.commitments import Commitment, SealedEndpoint, decode
from kinitro.chain.sealing import BackendKey
from kinitro.database.schema import upgrade
from tests.fakes.served_api import served_api
from tests.standin.command import kinitro
from tests.standin.worlds import NETUID, StandinWorld, World

REVISION = "0123456789abcdef0123456789abcdef01234567"
POLICY = ("--repo", "alice/pi0", "--revision", REVISION, "--endpoint", "https://pi0.example.com")


def subnet(world: World) -> tuple[str, ...]:
    return ("--netuid", str(NETUID), "--network", world.network)


def signed_by(world: World, name: str) -> tuple[str, ...]:
    wallet, _ = world.wallet(name)
    path = ("--wallet-path", wallet.path) if wallet.path else ()
    return ("--wallet-name", wallet.name, "--hotkey-name", wallet.hotkey, *path)


async def test_commit_and_show(world: World) -> None:
    await world.register("miner")
    arguments = ("commit", *POLICY, *subnet(world), *signed_by(world, "miner"))
    dry = await kinitro(*arguments, "--dry-run", environment=world.environment)
    assert dry.returncode == 0, dry.stderr
    assert "55 bytes (31 + 24)" in dry.stdout
    assert "nothing was written" in dry.stdout
    hotkey = world.wallet("miner")[1]
    head = (await world.chain.head()).number
    assert hotkey not in (await world.chain.snapshot(NETUID, head)).commitments
    done = await kinitro(*arguments, environment=world.environment)
    assert done.returncode == 0, done.stderr
    block = int(done.stdout.rpartition("block ")[2].rstrip(".\n"))
    show = ("show-commitment", *subnet(world), "--uid", "1", "--block", str(block))
    shown = await kinitro(*show, environment=world.environment)
    assert f"{hotkey}, committed in block {block} (55 bytes)" in shown.stdout
    assert REVISION in shown.stdout
    assert "https://pi0.example.com" in shown.stdout


async def test_a_sealed_endpoint_is_for_the_operator_only(standin: StandinWorld, tmp_path: Path) -> None:
    await standin.register("miner")
    public = (await kinitro("keys", "backend", str(tmp_path / "key"))).stdout.strip()
    assert (await kinitro("keys", "backend", str(tmp_path / "key"))).stdout.strip() == public
    arguments = ("commit", *POLICY, *subnet(standin), *signed_by(standin, "miner"))
    done = await kinitro(*arguments, "--encrypt", "--backend-key", public)
    assert done.returncode == 0, done.stderr
    block = done.stdout.rpartition("block ")[2].rstrip(".\n")
    raw = (await standin.chain.snapshot(NETUID, int(block))).commitments[standin.wallet("miner")[1]]
    assert b"example.com" not in raw.data
    show = ("show-commitment", *subnet(standin), "--block", block)
    assert "example.com" not in (await kinitro(*show)).stdout
    opened = await kinitro(*show, "--backend-key-file", str(tmp_path / "key"))
    assert "https://pi0.example.com (sealed)" in opened.stdout
    assert "in the clear" not in done.stdout
    await standin.register("thief")
    await standin.chain.commit(NETUID, standin.wallet("thief")[0], raw.data)
    stolen = await kinitro(
        *("show-commitment", *subnet(standin), "--uid", "2", "--backend-key-file", str(tmp_path / "key")),
        *("--block", str((await standin.chain.head()).number)),
    )
    assert "does not open" in stolen.stdout
    assert "example.com" not in stolen.stdout


async def test_endpoints_are_sealed_wherever_the_operators_key_is_known(
    standin: StandinWorld, empty_database: str
) -> None:
    await standin.register("miner")
    await asyncio.to_thread(upgrade, empty_database)
    public = BackendKey.generate().public.hex()
    arguments = ("commit", *POLICY, *subnet(standin), *signed_by(standin, "miner"), "--dry-run")

    async def endpoint(*more: str, **environment: str) -> str:
        done = await kinitro(*arguments, *more, environment=environment)
        assert done.returncode == 0, done.stderr
        shown = done.stdout[done.stdout.index("Endpoint") :]
        assert ("in the clear, for everybody" in shown) == ("sealed;" not in shown)
        return "sealed" if "sealed; only the operator's key opens it" in shown else "plain"

    async with served_api(empty_database, backend_public_key=public) as url, served_api(empty_database) as silent:
        assert await endpoint("--backend-key", public) == "sealed"
        assert await endpoint(KINITRO_BACKEND_PUBLIC_KEY=public) == "sealed"
        assert await endpoint("--api-url", url) == "sealed"
        assert await endpoint(KINITRO_API_URL=url) == "sealed"
        assert await endpoint("--api-url", url, "--plain-endpoint") == "plain"
        assert await endpoint("--api-url", silent) == "plain", "this operator has no key"
    assert await endpoint() == "plain"
    gone = await kinitro(*arguments, "--api-url", url)
    assert (gone.returncode, gone.stdout) == (3, ""), "not in the clear because an API is down"


async def test_hostile_and_stale_commitments_are_named(standin: StandinWorld) -> None:
    await standin.register("garbage")
    await standin.register("stale")
    await standin.chain.commit(NETUID, standin.wallet("garbage")[0], b"\x1b[31m\xff" * 20)
    await standin.chain.commit(NETUID, standin.wallet("stale")[0], b"{}")
    await standin.register("stale", uid=2)
    head = (await standin.chain.head()).number
    shown = (await kinitro("show-commitment", *subnet(standin), "--block", str(head))).stdout
    assert "unknown format" in shown
    assert "older than the registration" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (("--revision", "main"), 2, "not a full commit hash"),
        (("--revision", REVISION[:8]), 2, "not a full commit hash"),
        (("--repo", "alice"), 2, "owner/name"),
        (("--endpoint", "http://user:hunter2@example.com"), 2, "no user"),
        (("--encrypt",), 2, "--backend-key"),
        (("--encrypt", "--backend-key", "abc"), 2, "64 hexadecimal digits"),
        (("--backend-key", "abc"), 2, "64 hexadecimal digits"),
        (("--plain-endpoint", "--encrypt"), 2, "--plain-endpoint contradicts"),
        (("--wallet-name", "nobody"), 2, "check --wallet-name"),
        (("--hotkey-name", "nobody"), 2, "check --wallet-name"),
        (("--network", "finey"), 2, "no network 'finey'"),
        (("--network", "ws://127.0.0.1:1"), 3, "ws://127.0.0.1:1 failed"),
        (("--netuid", "99"), 2, "There is no subnet 99"),
        (("--netuid", "99", "--dry-run"), 2, "There is no subnet 99"),
    ],
)
async def test_wrong_use_is_one_sentence(standin: StandinWorld, change: tuple[str, ...], code: int, says: str) -> None:
    await standin.register("miner")
    done = await kinitro("commit", *POLICY, *subnet(standin), *signed_by(standin, "miner"), *change)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (code, 1), done.stderr
    assert says in done.stderr


@pytest.mark.parametrize("flags", [(), ("--dry-run",)])
async def test_an_unregistered_hotkey_is_told(standin: StandinWorld, flags: tuple[str, ...]) -> None:
    done = await kinitro("commit", *POLICY, *subnet(standin), *signed_by(standin, "stranger"), *flags)
    assert done.returncode == 1
    assert "the hotkey is not registered on this subnet" in done.stderr


async def test_what_is_on_chain_is_not_committed_again_unless_asked_for(world: World) -> None:
    await world.register("miner")
    _, hotkey = world.wallet("miner")
    arguments = ("commit", *POLICY, *subnet(world), *signed_by(world, "miner"))

    async def run(*more: str) -> tuple[int, str, int]:
        done = await kinitro(*arguments, *more, environment=world.environment)
        snapshot = await world.chain.snapshot(NETUID, (await world.chain.head()).number)
        return done.returncode, done.stdout + done.stderr, snapshot.commitments[hotkey].block

    code, _, first = await run()
    assert code == 0
    for flags in ((), ("--dry-run",)):
        code, said, block = await run(*flags)
        assert (code, block) == (1, first)
        assert f"Block {first} holds exactly this commitment already" in said
        assert "your place in line" in said
        assert "--again" in said
    code, said, second = await run("--again")
    assert code == 0
    assert second > first
    assert f"Replaces    the commitment of block {first}" in said
    await world.register("newcomer", uid=1)
    await world.register("miner")
    code, said, third = await run()
    assert code == 0, "a commitment older than the registration does not count"
    assert third > second
    assert "Replaces" not in said


async def test_a_sealed_commitment_to_the_same_policy_needs_the_flag_too(standin: StandinWorld, tmp_path: Path) -> None:
    await standin.register("miner")
    public = (await kinitro("keys", "backend", str(tmp_path / "key"))).stdout.strip()
    arguments = ("commit", *POLICY, *subnet(standin), *signed_by(standin, "miner"))
    sealed = ("--encrypt", "--backend-key", public)
    assert (await kinitro(*arguments, *sealed)).returncode == 0
    refused = await kinitro(*arguments, *sealed)
    assert (refused.returncode, "--again" in refused.stderr) == (1, True)
    assert "this repository and revision already. Its endpoint is sealed" in refused.stderr
    assert "costs your place in line" in refused.stderr
    moved = ("--endpoint", "https://moved.example.com")
    refused = await kinitro(*arguments, *sealed, *moved)
    assert (refused.returncode, "if it has moved, you must commit again" in refused.stderr) == (1, True)
    assert (await kinitro(*arguments, *sealed, *moved, "--again")).returncode == 0
    other = await kinitro(*arguments, *sealed, "--revision", REVISION[::-1])
    assert other.returncode == 0, other.stderr


async def test_a_commit_whose_answer_is_lost_is_followed(standin: StandinWorld) -> None:
    await standin.register("miner")
    standin.node.troubles["author_submitExtrinsic"] = "lost"
    done = await kinitro("commit", *POLICY, *subnet(standin), *signed_by(standin, "miner"))
    assert done.returncode == 0, done.stderr
    block = int(done.stdout.rpartition("block ")[2].rstrip(".\n"))
    assert (await standin.chain.snapshot(NETUID, block)).commitments[standin.wallet("miner")[1]].block == block


async def test_a_node_that_answers_garbage_or_nothing(standin: StandinWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "CONNECT_TIMEOUT_S", 0.5)
    for mood in ("garbage", "silent"):
        standin.node.mood = mood
        for command in (("commit", *POLICY, *signed_by(standin, "miner")), ("show-commitment",)):
            done = await kinitro(*command, *subnet(standin))
            assert (done.returncode, len(done.stderr.strip().splitlines())) == (3, 1), done.stderr
            assert standin.network in done.stderr


async def test_secrets_stay_secret(standin: StandinWorld) -> None:
    await standin.register("miner")
    with_password = standin.network.replace("ws://", "ws://me:hunter2@") + "/token"
    outputs = []
    for arguments in (
        ("commit", *POLICY, *subnet(standin), *signed_by(standin, "miner")),
        ("commit", *POLICY, "--netuid", "7", "--network", with_password, *signed_by(standin, "miner")),
        ("commit", *POLICY, "--netuid", "7", "--network", "ws://me:hunter2@127.0.0.1:1/token"),
    ):
        done = await kinitro(*arguments)
        outputs.append(done.stdout + done.stderr)
    everything = "".join(outputs)
    assert "127.0.0.1:1" in everything
    assert not standin.created("miner").leaks_into(everything)
    assert "hunter2" not in everything
    assert "token" not in everything


async def test_a_hosted_policy_has_no_endpoint(world: World) -> None:
    await world.register("miner")
    hosted = ("commit", *POLICY[:4], *subnet(world), *signed_by(world, "miner"), "--hosted")
    done = await kinitro(*hosted, environment=world.environment)
    assert done.returncode == 0, done.stderr
    assert "Endpoint    none; executors run the policy" in done.stdout
    block = done.stdout.rpartition("block ")[2].rstrip(".\n")
    show = ("show-commitment", *subnet(world), "--uid", "1", "--block", block)
    assert "Endpoint    none" in (await kinitro(*show, environment=world.environment)).stdout
    again = await kinitro(*hosted, environment=world.environment)
    assert "exactly this commitment already" in again.stderr
    for more, sentence in (
        (("--endpoint", "https://x.example.com"), "Give one of --endpoint URL and --hosted"),
        (("--encrypt",), "there is nothing to seal"),
    ):
        refused = await kinitro(*hosted, *more, environment=world.environment)
        assert refused.returncode == 2
        assert sentence in refused.stderr


async def test_the_operators_key_is_read_from_the_chain(world: World, tmp_path: Path) -> None:
    """It stands beside the commitment to a cycle, and a key that differs from it is refused."""
    await world.register("miner")
    operator = ("--netuid", str(NETUID), "--network", world.network, *signed_by(world, "owner"))
    publish = ("keys", "backend", str(tmp_path / "key"), "--publish", *operator)
    made = await kinitro(*publish, environment=world.environment)
    assert made.returncode == 0, made.stderr
    public = made.stdout.strip()
    assert "Published on subnet" in made.stderr
    again = await kinitro(*publish, environment=world.environment)
    assert "has this key already" in again.stderr
    owner = world.wallet("owner")[1]
    commit = ("commit", *POLICY, *subnet(world), *signed_by(world, "miner"), "--encrypt", "--operator-hotkey", owner)
    done = await kinitro(*commit, environment=world.environment)
    assert done.returncode == 0, done.stderr
    block = int(done.stdout.rpartition("block ")[2].rstrip(".\n"))
    snapshot = await world.chain.snapshot(NETUID, block)
    raw = snapshot.commitments[world.wallet("miner")[1]]
    assert b"example.com" not in raw.data
    sealed = decode(raw.data)
    assert isinstance(sealed, Commitment)
    assert isinstance(sealed.endpoint, SealedEndpoint)
    opened = BackendKey.load(tmp_path / "key").open(sealed.endpoint, world.wallet("miner")[1])
    assert opened == "https://pi0.example.com"
    other = BackendKey.generate().public.hex()
    refused = await kinitro(*commit, "--backend-key", other, "--again", environment=world.environment)
    assert refused.returncode == 2
    assert f"The operator's key on chain is {public}" in refused.stderr
    shown = await kinitro("show-commitment", *subnet(world), "--hotkey", owner, environment=world.environment)
    assert "No miner    an operator's public key" in shown.stdout or shown.returncode == 1


async def test_without_a_key_anywhere_nothing_is_committed_that_had_to_be_sealed(world: World) -> None:
    await world.register("miner")
    commit = ("commit", *POLICY, *subnet(world), *signed_by(world, "miner"), "--encrypt")
    refused = await kinitro(*commit, environment=world.environment)
    assert refused.returncode == 2
    assert "which is not on chain: give --backend-key or --api-url" in refused.stderr
