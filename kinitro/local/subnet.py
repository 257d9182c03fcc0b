"""A whole subnet on one machine, made of the very commands that operators, miners and validators run."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from kinitro.chain import Wallet
from kinitro.chain.commitments import Commitment, encode
from kinitro.chain.local import OWNER, URL_VARIABLE, LocalChain
from kinitro.environments.packs.versions import SEALED_RUNG
from kinitro.environments.registry import get_spec
from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.local.miners import DEMO_MINERS, DemoMiner, digest_content, make_policy_service, write_policy_directory
from kinitro.local.ports import LOOPBACK, free_ports, is_free
from kinitro.local.postgres import LocalPostgres
from kinitro.local.supervisor import Service, Supervisor
from kinitro.sandbox import BubblewrapSandbox, PolicyRepositories, SandboxError

NETUID = 1
NETWORK = "local-dev"
BLOCK_TIME_S = 0.5
TEMPO_BLOCKS = 20
START_DEADLINE_S = 60.0
VALIDATOR = Wallet("validator", "default")
PREFERRED_API_PORT = 8000
HOSTED_MINER = "copycat"
"""Whose policy the executor runs itself, in a sandbox, where that is possible."""
API_DATABASE, SCHEDULER_DATABASE = "KINITRO_API_DATABASE_URL", "KINITRO_SCHEDULER_DATABASE_URL"
"""Addresses with passwords go into environments, which others on this machine cannot read, and not into arguments."""


@dataclass(frozen=True, slots=True)
class SubnetOptions:
    """What a local subnet evaluates, and where it keeps its logs and results."""

    directory: Path
    environments: Sequence[str]
    episodes: int
    """Episodes per miner and environment."""
    max_steps: int
    cycles: int
    workers: int
    api_port: int | None = None
    """None: 8000 if that is free, else any free port."""


@dataclass(slots=True)
class Subnet:
    """A running subnet. Call `check` often."""

    postgres: LocalPostgres
    supervisor: Supervisor
    chain: LocalChain
    api_url: str
    uids: dict[int, DemoMiner]
    hosted: str | None
    """The name of the miner whose policy the executor runs itself; None if this machine has no sandbox."""

    def check(self) -> None:
        """Start again what died. Raises UnavailableError for what cannot stay alive."""
        self.postgres.check()
        self.supervisor.check()

    async def weights_on_chain(self) -> dict[int, int]:
        """What the validator set, read back from the chain: uid -> u16."""
        validator = await self.chain.hotkey_address(VALIDATOR)
        return dict(await self.chain.weights(NETUID, validator))


@asynccontextmanager
async def run_subnet(options: SubnetOptions) -> AsyncIterator[Subnet]:
    """Start everything, and stop everything whatever happens. Raises ConfigurationError, UnavailableError."""
    logs = options.directory / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    api_port = _choose_api_port(options.api_port)
    supervisor = Supervisor(logs)
    with LocalPostgres() as postgres:
        try:
            endpoints = _start_policy_servers(supervisor, options.directory / "miners")
            chain = await LocalChain.create(postgres.url, NETUID, block_time_s=BLOCK_TIME_S, tempo=TEMPO_BLOCKS)
            hosted = await _can_host()
            uids = await _populate(chain, options, endpoints, hosted=hosted)
            await asyncio.to_thread(_run_once, kinitro("db", "init"), {API_DATABASE: postgres.url})
            for service in _list_first_services(postgres.url, api_port):
                supervisor.start(service)
            api_url = f"http://{LOOPBACK}:{api_port}"
            await _wait_for_health(supervisor, {"api": api_url, **endpoints})
            for service in _list_other_services(options, postgres.url, api_url, hosted=hosted):
                supervisor.start(service)
            yield Subnet(postgres, supervisor, chain, api_url, uids, HOSTED_MINER if hosted else None)
        finally:
            await supervisor.stop()


def kinitro(*arguments: str) -> list[str]:
    """The command line of `kinitro <arguments>` in this interpreter."""
    return [sys.executable, "-m", "kinitro", *arguments]


def _list_first_services(database_url: str, port: int) -> list[Service]:
    command = kinitro("api", "--host", LOOPBACK, "--port", str(port), "--no-auth")
    return [Service("api", command, {API_DATABASE: database_url})]


def _list_other_services(options: SubnetOptions, database_url: str, api_url: str, *, hosted: bool) -> list[Service]:
    on_chain = {URL_VARIABLE: database_url}
    network = ["--netuid", str(NETUID), "--network", NETWORK]
    scheduler = kinitro("scheduler", *network, "--allow-private-endpoints")
    scheduler += ["--episodes-per-env", str(options.episodes), "--max-steps", str(options.max_steps)]
    scheduler += ["--environments", ",".join(options.environments), "--cycles", str(options.cycles)]
    if any(SEALED_RUNG in get_spec(env_id).rungs for env_id in options.environments):
        scheduler += ["--pack", "new"]
    # The generalist is the shipped baseline, so the demo has no reference: with it nobody would earn anything.
    scheduler += ["--min-episodes", "1", "--eval-interval", "1s", "--reference", "none"]
    scheduler += ["--wallet-name", OWNER.name, "--hotkey-name", OWNER.hotkey]
    executor = kinitro("executor", "--api-url", api_url, "--workers", str(options.workers), "--allow-private-endpoints")
    validator = kinitro("validate", "--backend-url", api_url, *network)
    validator += ["--wallet-name", VALIDATOR.name, "--hotkey-name", VALIDATOR.hotkey, "--poll-interval", "1s"]
    state = options.directory / "state"
    executor += ["--grace-s", "1", "--no-play-reference"]
    if hosted:
        scheduler += ["--policies", "both", "--hosted-start", "60s"]
        executor += ["--hosted-policies", "1", "--allow-no-control-group", "--cache", str(_locate_uploads(options))]
    validator += ["--state-directory", str(state / "validator")]
    return [
        Service("scheduler", scheduler, on_chain | {SCHEDULER_DATABASE: database_url}),
        Service("executor", executor, {"KINITRO_EXECUTOR_SPOOL_DIR": str(state / "executor")}),
        Service("validator", validator, on_chain),
    ]


def _start_policy_servers(supervisor: Supervisor, parent: Path) -> dict[str, str]:
    """Start the policy servers and return their endpoints by miner; they are still starting when this returns."""
    endpoints: dict[str, str] = {}
    for miner, port in zip(DEMO_MINERS, free_ports(len(DEMO_MINERS)), strict=True):
        supervisor.start(make_policy_service(miner.name, write_policy_directory(miner, parent), port))
        endpoints[miner.name] = f"http://{LOOPBACK}:{port}"
    return endpoints


def _locate_uploads(options: SubnetOptions) -> Path:
    """The executor's cache of uploads, which stands in for the hub."""
    return options.directory / "state" / "uploads"


async def _can_host() -> bool:
    """Whether policies can be isolated here; the demo needs nothing that is not installed."""
    try:
        await BubblewrapSandbox(allow_no_control_group=True).check()
    except SandboxError:
        return False
    return True


async def _populate(
    chain: LocalChain, options: SubnetOptions, endpoints: dict[str, str], *, hosted: bool
) -> dict[int, DemoMiner]:
    """Register validator and miners, and write the miners' commitments one block after the other.

    The hosted miner commits no endpoint, and what it would have uploaded is in the executor's cache.
    """
    policies = options.directory / "miners"
    await chain.register(NETUID, VALIDATOR, validator_permit=True, stake=1000.0)
    uids: dict[int, DemoMiner] = {}
    for miner in DEMO_MINERS:
        wallet = Wallet(miner.name, "default")
        uids[await chain.register(NETUID, wallet)] = miner
        repo, revision = f"demo/{miner.name}", digest_content(policies / miner.name)
        endpoint: str | None = endpoints[miner.name]
        if hosted and miner.name == HOSTED_MINER:
            endpoint = None
            PolicyRepositories(_locate_uploads(options)).keep(repo, revision, policies / miner.name)
        commitment = Commitment(repo, revision, endpoint)
        await chain.commit(NETUID, wallet, encode(commitment))
    return uids


async def _wait_for_health(supervisor: Supervisor, endpoints: dict[str, str]) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    async with httpx2.AsyncClient(timeout=2.0, trust_env=False) as client:
        for name, url in endpoints.items():
            service = name if name == "api" else f"miner-{name}"
            while not await _is_ready(client, f"{url}/health"):
                supervisor.check()
                if time.monotonic() > deadline:
                    raise UnavailableError(
                        f"{service} did not answer at {url} within {START_DEADLINE_S:.0f} s; "
                        f"the end of its log: {supervisor.read_log_end(service)}"
                    )
                await asyncio.sleep(0.1)


async def _is_ready(client: httpx2.AsyncClient, url: str) -> bool:
    """Whether a service is ready; raises UnavailableError if it says that it failed, as a policy server may."""
    try:
        response = await client.get(url)
    except httpx2.TransportError:
        return False
    if response.status_code != 200 and b'"status":"failed"' in response.content:
        raise UnavailableError(f"{url} says that it failed: {response.text[:300]}")
    return response.status_code == 200


def _run_once(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    if done.returncode != 0:
        raise UnavailableError(f"`kinitro {command[3]} {command[4]}` failed: {done.stderr.strip()[-300:]}")


def _choose_api_port(wanted: int | None) -> int:
    if wanted is not None:
        if not is_free(wanted):
            raise ConfigurationError(f"Port {wanted} is already in use: give --api-port another one, or leave it out.")
        return wanted
    return PREFERRED_API_PORT if is_free(PREFERRED_API_PORT) else free_ports(1)[0]
