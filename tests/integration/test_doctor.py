"""`kinitro doctor` with real parts: a database, an API, both kinds of chains, servers that never answer."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kinitro.database.keys import create_key
from kinitro.database.schema import status, upgrade
from kinitro.doctor.findings import Examination, Found, examine_all
from kinitro.errors import UnavailableError
from tests.fakes.api import serving
from tests.fakes.pool_rows import rows
from tests.standin.command import kinitro
from tests.standin.worlds import NETUID, StandinWorld, World

OLDER = Path(__file__).parent / "database" / "landed" / "10_0005_11a6eee.sql"


@pytest.fixture(autouse=True)
def _home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setattr("kinitro.doctor.findings.DEADLINE_S", 120.0)  # a busy machine is not what is tested
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "home")
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "STATE_DIRECTORY", "HF_HOME", "HF_TOKEN", "HF_READ_TOKEN"):
        monkeypatch.delenv(name, raising=False)


async def run(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, dict[str, Any], str]:
    """Exit code, findings by name, and everything that was printed."""
    done = await kinitro("doctor", *arguments, "--json", environment=environment)
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report["missing"] == sum(one["state"] == "missing" for one in report["findings"])
    assert (done.returncode != 0) == bool(report["missing"])
    return done.returncode, {one["name"]: one for one in report["findings"]}, done.stdout


def states(found: Mapping[str, Any], *names: str) -> list[str]:
    return [found[name]["state"] for name in names]


@pytest.fixture
async def migrated(empty_database: str) -> str:
    await asyncio.to_thread(upgrade, empty_database)
    return empty_database


def signed_by(world: World, name: str) -> tuple[str, ...]:
    wallet, _ = world.wallet(name)
    path = ("--wallet-path", wallet.path) if wallet.path else ()
    return ("--wallet-name", wallet.name, "--hotkey-name", wallet.hotkey, *path)


async def test_a_validator_has_everything_or_is_told_what_it_lacks(world: World, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create database doctor_of_validators")
    url = f"{postgres_url.rpartition('/')[0]}/doctor_of_validators"
    try:
        await asyncio.to_thread(upgrade, url)
        await world.register("validator", permit=True, stake=10.0)
        async with serving(url, netuid=NETUID) as api:
            common = ("validator", "--api-url", api, "--netuid", str(NETUID), "--network", world.network)
            code, found, text = await run(*common, *signed_by(world, "validator"), environment=world.environment)
            assert code == 0, text
            assert "may set weights" in found["registration"]["detail"]
            assert states(found, "api", "clock", "state", "hotkey file") == ["ok"] * 4
            code, found, _ = await run(*common, *signed_by(world, "stranger"), environment=world.environment)
            assert code == 1
            assert "is not registered on subnet 7" in found["registration"]["detail"]
            await world.register("poor")
            code, found, _ = await run(*common, *signed_by(world, "poor"), environment=world.environment)
            assert (code, "validator permit" in found["registration"]["detail"]) == (1, True)
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("drop database doctor_of_validators with (force)")


async def test_the_balance_of_the_coldkey_is_shown_where_there_is_one(standin: StandinWorld) -> None:
    await standin.register("miner")
    account = standin.created("miner").coldkey

    def give(runtime: Any) -> None:
        stored = runtime.get("System", "Account", account)
        stored["data"]["free"] = 1_500_000_000
        runtime.put("System", "Account", account, value=stored)

    standin.node.on_chain(give)
    standin.node.advance(1)
    arguments = ("miner", "--netuid", str(NETUID), "--network", standin.network, *signed_by(standin, "miner"))
    _, found, text = await run(*arguments)
    assert found["registration"]["state"] == "ok", text
    assert "its coldkey has 1.5000 TAO" in found["registration"]["detail"]
    assert "nothing committed yet" in found["registration"]["detail"]
    assert found["hotkey file"]["detail"].endswith(f"{standin.created('miner').hotkey}.")
    assert not standin.created("miner").leaks_into(text)


async def test_an_older_schema_is_named_and_left_as_it_is(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("set check_function_bodies = off")
        connection.execute(OLDER.read_text().encode())
    before = await asyncio.to_thread(status, empty_database)
    code, found, _ = await run("operator", environment={"KINITRO_API_DATABASE_URL": empty_database})
    assert code == 1
    assert "run `kinitro db init`" in found["database of api"]["detail"]
    assert await asyncio.to_thread(status, empty_database) == before


async def test_keys_are_looked_at_by_their_scopes(migrated: str) -> None:
    with psycopg.connect(migrated, autocommit=True) as connection:
        keys = {scope: create_key(connection, f"holder-of-{scope}", scope)[1] for scope in ("tasks", "read", "verify")}

    async def look(executor: str, verifier: str) -> tuple[list[str], str]:
        _, found, text = await run(
            "operator",
            "--api-url",
            url,
            environment={"KINITRO_EXECUTOR_API_KEY": executor, "KINITRO_VERIFIER_API_KEY": verifier},
        )
        assert not any(secret in text for secret in (executor, verifier))
        return states(found, "api of executor", "key of executor", "key of verifier"), text

    async with serving(migrated) as url:
        before = rows(migrated, "select count(*) from lease"), rows(migrated, "select count(*) from executor")
        assert (await look(keys["tasks"], keys["verify"]))[0] == ["ok", "ok", "ok"]
        assert (await look(keys["read"], keys["tasks"]))[0] == ["ok", "missing", "ok"]
        kinds, text = await look(keys["verify"], "kin_unheard_of")
        assert kinds == ["ok", "missing", "missing"]
        assert "'tasks' is needed" in text
        assert "unknown or revoked" in text
        assert (rows(migrated, "select count(*) from lease"), rows(migrated, "select count(*) from executor")) == before


async def test_services_that_are_not_configured_here_are_optional(migrated: str) -> None:
    code, found, text = await run("operator", environment={"KINITRO_API_DATABASE_URL": migrated})
    assert code == 0, text
    assert found["settings of scheduler"]["state"] == found["settings of executor"]["state"] == "optional"
    assert found["database of api"]["state"] == "ok"
    code, found, _ = await run("operator")
    assert (code, found["settings of api"]["state"]) == (1, "missing"), "nothing at all is configured"
    begun = {"KINITRO_API_DATABASE_URL": migrated, "KINITRO_EXECUTOR_API_KEY": "kin_x"}
    code, found, _ = await run("operator", environment=begun)
    assert (code, found["settings of executor"]["state"]) == (1, "missing"), "an executor that lacks its API"


async def test_a_scheduler_is_looked_at(migrated: str, tmp_path: Path) -> None:
    environment = {
        "KINITRO_SCHEDULER_DATABASE_URL": migrated,
        "KINITRO_SCHEDULER_NETUID": "1",
        "KINITRO_SCHEDULER_ENVIRONMENTS": "metaworld/push",
        "KINITRO_SCHEDULER_BACKEND_KEY_FILE": str(tmp_path / "missing"),
    }
    code, found, _ = await run("operator", environment=environment)
    assert code == 1
    assert "did you mean metaworld/push-v3" in found["cycles"]["detail"]
    assert "cannot be read" in found["backend key"]["detail"]
    assert "No wallet is given" in found["hotkey of scheduler"]["detail"]
    assert found["database of scheduler"]["state"] == "ok"


async def test_the_sandbox_is_attacked(migrated: str) -> None:
    async with serving(migrated, auth=False) as url:
        code, found, text = await run(
            "operator",
            "--api-url",
            url,
            environment={"KINITRO_VERIFIER_ALLOW_NO_CONTROL_GROUP": "1", "KINITRO_VERIFIER_CACHE_SIZE": "1m"},
        )
    assert found["sandbox"]["state"] == "ok", text
    assert "Attacks from inside failed" in found["sandbox"]["detail"]
    assert found["key of verifier"]["detail"] == "The API needs no key."
    assert code == 0, text


async def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, found, _ = await run(
        "validator", "--api-url", "http://127.0.0.1:9", "--netuid", "1", "--network", "ws://127.0.0.1:9",
        environment={"KINITRO_VALIDATOR_STATE_DIRECTORY": str(tmp_path / "file" / "state")},
    )  # fmt: skip
    assert code == 1
    assert "cannot be written" in found["state"]["detail"]
    assert "is the API running there?" in found["api"]["detail"]
    assert "ws://127.0.0.1:9 failed while connecting" in found["registration"]["detail"]
    assert "cannot be read" in found["hotkey file"]["detail"]
    code, found, _ = await run("validator", "--netuid", "1", "--network", "local-dev")
    assert (code, "--backend-url" in found["settings"]["detail"]) == (1, True)


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that accepts connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@asynccontextmanager
async def silence() -> AsyncIterator[dict[str, str]]:
    """The environment of somebody all of whose servers are silent."""
    with silent_server() as port:
        at = f"http://127.0.0.1:{port}"
        yield {
            "KINITRO_API_URL": at,
            "KINITRO_NETWORK": f"ws://127.0.0.1:{port}",
            "KINITRO_NETUID": "1",
            "KINITRO_API_DATABASE_URL": f"postgresql://me:hunter2@127.0.0.1:{port}/x",
            "KINITRO_SCHEDULER_DATABASE_URL": f"postgresql://me:hunter2@127.0.0.1:{port}/x",
            "KINITRO_SCHEDULER_WALLET_NAME": "w",
            "HF_ENDPOINT": at,
            "HF_TOKEN": "hf_hunter2hunter2",
            "HF_READ_TOKEN": "hf_reader_hunter2",
            "BASILICA_API_URL": at,
            "BASILICA_API_TOKEN": "basilica_hunter2",
            "DOCKER_HOST": f"tcp://127.0.0.1:{port}",
        }


SILENT = {
    "miner": {"registration", "hub token", "hub read token", "basilica token", "api", "clock", "endpoint"},
    "validator": {"registration", "api", "clock"},
    "operator": {"database of api", "api of executor", "key of executor", "clock of verifier", "container engine"},
}


@pytest.mark.parametrize("role", SILENT)
async def test_silent_servers_hold_nobody_up(role: str, tmp_path: Path) -> None:
    """In a process of its own, so that its end is seen, too: no thread that waits for a server keeps it."""
    async with silence() as environment:
        wallet = await asyncio.to_thread(_create_wallet, tmp_path)
        endpoint = ("--endpoint", environment["KINITRO_API_URL"]) if role == "miner" else ()
        command = [sys.executable, "-m", "kinitro", "doctor", role, "--json", *wallet, *endpoint]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, check=False, env=_clean(environment), timeout=120
        )
    assert done.returncode == 1, done.stderr
    found = {one["name"]: one for one in json.loads(done.stdout)["findings"]}
    assert {name for name in SILENT[role] if found[name]["state"] == "ok"} == set()
    assert "hunter2" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in Path.cwd().rglob("*")) == [], "nothing is written at home"


def _create_wallet(directory: Path) -> tuple[str, ...]:
    from tests.standin.wallets import create_wallet

    create_wallet(directory, "mine")
    return ("--wallet-name", "mine", "--wallet-path", str(directory))


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    import os

    return {**os.environ, **environment}


async def test_what_hangs_is_given_up_and_the_rest_is_told() -> None:
    never = asyncio.Event()

    async def hang() -> Found:
        await never.wait()
        return Found("never")

    async def hang_for_good() -> Found:
        while not never.is_set():
            try:
                await never.wait()
            except asyncio.CancelledError:
                continue
        return Found("never")

    async def fail() -> Found:
        raise UnavailableError("The token s3cret is unknown.")

    async def crash() -> Found:
        raise ZeroDivisionError("s3cret")

    async def succeed() -> Found:
        return Found("There it is.")

    looks = {"hangs": hang, "hangs for good": hang_for_good, "fails": fail, "crashes": crash, "succeeds": succeed}
    examinations = [Examination(name, look, required=name != "fails") for name, look in looks.items()]
    found = {one.name: one for one in await examine_all(examinations, ["s3cret"], deadline_s=0.1)}
    never.set()
    assert [one.state.value for one in found.values()] == ["missing", "missing", "optional", "missing", "ok"]
    assert found["hangs"].detail == "There was no answer within 0.1 s."
    assert found["fails"].detail == "The token *** is unknown."
    assert found["crashes"].detail == "The check itself failed (ZeroDivisionError): please report it."


async def test_without_a_role_only_the_machine_is_looked_at() -> None:
    done = await kinitro("doctor")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "Nothing that is needed is missing."
    assert "packages as declared" in done.stdout
    assert "mujoco-" in done.stdout
