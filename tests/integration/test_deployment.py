"""The images and the compose file on a real container engine: a cycle runs, and nothing that is killed loses anything.

Slow: everything is built, without any registry. Debian has no Grafana, so its container is left out here; its files
are checked in tests/unit/test_deployment_files.py.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kinitro.chain import Wallet
from kinitro.chain.commitments import Commitment, encode
from kinitro.chain.local import LocalChain
from kinitro.evaluation.no_op_server import NoOpServer
from kinitro.local.ports import free_ports
from tests.fakes.container_engine import debian, docker, import_image

ROOT = Path(__file__).parents[2]
BASE = "kinitro-test-base"
TAG = "test"
NETUID = 7
EPISODES = 30
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

POSTGRES_ENTRYPOINT = """#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
  mkdir -p /var/lib/postgresql/data; chown postgres /var/lib/postgresql/data; chmod 700 /var/lib/postgresql/data
  exec setpriv --reuid postgres --regid postgres --clear-groups "$0" "$@"
fi
data=/var/lib/postgresql/data
if [ ! -s $data/PG_VERSION ]; then
  printf %s "$POSTGRES_PASSWORD" > /tmp/password
  initdb -D $data -U "$POSTGRES_USER" --pwfile /tmp/password --auth scram-sha-256 -E UTF8 --locale C.UTF-8 >/dev/null
  echo 'host all all all scram-sha-256' >> $data/pg_hba.conf
  echo "create database $POSTGRES_DB" | postgres --single -D $data postgres >/dev/null
fi
shift
exec postgres -D $data -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql "$@"
"""


@dataclass(frozen=True)
class Stack:
    """The containers of one compose project."""

    directory: Path
    https_port: int
    password: str

    def compose(self, *arguments: str) -> str:
        command = ["docker-compose", "--project-name", "kinitro", *self._files(), *arguments]
        done = subprocess.run(command, cwd=self.directory, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _files(self) -> list[str]:
        return ["--file", "compose.yaml", "--file", "test.yaml"]

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "-q", service).split()

    def address(self, service: str) -> str:
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return docker("inspect", "--format", form, self.containers(service)[0])

    @property
    def database_url(self) -> str:
        return f"postgresql://kinitro:{self.password}@{self.address('postgres')}/kinitro"

    def logs(self) -> str:
        return self.compose("logs", "--no-color", "--tail", "200")


@pytest.fixture(scope="module")
def images(docker_engine: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    if shutil.which("docker-compose") is None:
        command = ["apt-get", "install", "--yes", "--no-install-recommends", "docker-compose"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"docker-compose is not installed, and cannot be: {done.stderr.strip()[-200:]}")
    directory = tmp_path_factory.mktemp("roots")
    debian(directory / "base", "python3-venv", "bubblewrap", "libseccomp2")
    import_image(directory / "base", BASE)
    services = directory / "services"
    debian(services, "postgresql", "caddy", "prometheus")
    entrypoint = services / "usr" / "local" / "bin" / "postgres-entrypoint"
    entrypoint.write_text(POSTGRES_ENTRYPOINT)
    entrypoint.chmod(0o755)
    binaries = next((services / "usr" / "lib" / "postgresql").iterdir()).name
    path = f"ENV PATH=/usr/lib/postgresql/{binaries}/bin:/usr/local/bin:/usr/bin:/bin"
    import_image(services, "kinitro-test-postgres", path, 'ENTRYPOINT ["/usr/local/bin/postgres-entrypoint"]')
    import_image(services, "kinitro-test-prometheus")
    serve = 'CMD ["caddy","run","--config","/etc/caddy/Caddyfile","--adapter","caddyfile"]'
    import_image(services, "kinitro-test-caddy", "ENV XDG_DATA_HOME=/data", serve)
    build = subprocess.run(
        [str(ROOT / "tools" / "build_images.sh"), "api", "scheduler", "executor", "verifier", "validator"],
        env=os.environ | {"BASE_IMAGE": BASE, "TAG": TAG},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert build.returncode == 0, build.stderr
    assert f"kinitro/verifier:{TAG}" in build.stdout


@pytest.fixture
def stack(images: None, tmp_path: Path) -> Iterator[Stack]:
    shutil.copytree(ROOT / "deploy" / "compose", tmp_path / "deploy" / "compose")
    shutil.copytree(ROOT / "deploy" / "monitoring", tmp_path / "deploy" / "monitoring")
    directory = tmp_path / "deploy" / "compose"
    file = directory / "compose.yaml"  # docker-compose 1.29, which Debian has, cannot say systempaths=unconfined
    file.write_text(file.read_text().replace(', "systempaths=unconfined"', ""))
    http, https = free_ports(2)
    given = {
        "KINITRO_TAG": TAG,
        "KINITRO_NETUID": str(NETUID),
        "KINITRO_NETWORK": "local-dev",
        "KINITRO_DATABASE_PASSWORD": secrets.token_hex(24),
        "KINITRO_EXECUTOR_API_KEY": f"kin_{secrets.token_urlsafe(32)}",
        "KINITRO_VERIFIER_API_KEY": f"kin_{secrets.token_urlsafe(32)}",
        "KINITRO_METRICS_KEY": f"kin_{secrets.token_urlsafe(32)}",
        "GRAFANA_PASSWORD": "unused",
        "KINITRO_SCHEDULER_WALLET_NAME": "owner",
        "KINITRO_SCHEDULER_HOTKEY_NAME": "default",
        "KINITRO_SCHEDULER_EPISODES_PER_ENV": str(EPISODES),
        "KINITRO_SCHEDULER_ENVIRONMENTS": "metaworld/reach-v3,metaworld/push-v3",
        "KINITRO_SCHEDULER_MAX_STEPS": "60",
        "KINITRO_SCHEDULER_REFERENCE": "none",
        "KINITRO_SCHEDULER_EVAL_INTERVAL": "1s",
        "KINITRO_ALLOW_PRIVATE_ENDPOINTS": "true",
        "KINITRO_EXECUTOR_WORKERS": "1",
        "KINITRO_HTTP_PORT": str(http),
        "KINITRO_HTTPS_PORT": str(https),
        "POSTGRES_IMAGE": "kinitro-test-postgres",
        "CADDY_IMAGE": "kinitro-test-caddy",
        "PROMETHEUS_IMAGE": "kinitro-test-prometheus",
    }
    (directory / "secrets").mkdir()
    (directory / ".env").write_text("".join(f"{name}={value}\n" for name, value in given.items()))
    password = given["KINITRO_DATABASE_PASSWORD"]
    (directory / "test.yaml").write_text(
        "services:\n  scheduler:\n    environment:\n"
        f"      KINITRO_LOCAL_CHAIN_URL: postgresql://kinitro:{password}@postgres/kinitro\n"
        "      KINITRO_SCHEDULER_CYCLES: 1\n"
        "      KINITRO_SCHEDULER_VERIFICATION_TIMEOUT: 5s\n"  # there is no hub to verify anything against
        "  verifier:\n    privileged: true\n"
    )
    made = Stack(directory, https, password)
    try:
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "5")


@pytest.fixture
async def miners(stack: Stack) -> AsyncIterator[list[str]]:
    """Two miners where containers can reach them, committed on a chain in the stack's database."""
    stack.compose("up", "--detach", "postgres")
    await until(lambda: health(stack, "postgres") == "healthy", 120)
    chain = await LocalChain.create(stack.database_url, NETUID, block_time_s=0.5)
    subnet = docker("network", "inspect", "kinitro_default", "--format", "{{(index .IPAM.Config 0).Subnet}}")
    servers = [NoOpServer(delay_s=0.02, host=str(next(ip_network(subnet).hosts()))) for _ in range(2)]
    for number, server in enumerate(servers):
        await server.start()
        wallet = Wallet(f"miner-{number}", "default")
        await chain.register(NETUID, wallet)
        await chain.commit(NETUID, wallet, encode(Commitment(f"miner/{number}", f"{number + 1:040x}", server.url)))
    yield [server.url for server in servers]
    for server in servers:
        await server.close()


async def until(condition: Any, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.5)


def health(stack: Stack, service: str) -> str:
    containers = stack.containers(service)
    return docker("inspect", "--format", "{{.State.Health.Status}}", containers[0]) if containers else "none"


async def test_a_cycle_survives_the_death_of_every_container(stack: Stack, miners: list[str]) -> None:
    services = [name for name in stack.compose("config", "--services").split() if name != "grafana"]
    stack.compose("up", "--detach", *services)
    async with httpx2.AsyncClient(base_url=f"https://localhost:{stack.https_port}", verify=False, timeout=10) as api:

        async def ask(path: str) -> Any:
            async with asyncio.timeout(120):
                while True:
                    try:
                        answer = await api.get(path)
                        if answer.status_code == 200:
                            return answer.json()
                    except httpx2.HTTPError:
                        pass
                    await asyncio.sleep(0.5)

        total = len(miners) * 2 * EPISODES
        try:
            for service in ("executor", "api", "scheduler", "proxy", "postgres", "verifier"):
                before = await finished(ask)
                victim = stack.containers(service)[0]
                docker("kill", victim)
                docker("start", victim)
                async with asyncio.timeout(240):
                    while await finished(ask) < min(before + 8, total):  # noqa: ASYNC110 - of other processes
                        await asyncio.sleep(1)
            async with asyncio.timeout(600):
                while (await ask("/v1/status"))["last_published_cycle"] is None:  # noqa: ASYNC110
                    await asyncio.sleep(2)
            results = await ask("/v1/cycles/1/results?limit=1000")
        except (TimeoutError, KeyError):
            pytest.fail(stack.logs())
        counted = [(row["uid"], row["env_id"], row["episode"]) for row in results["results"]]
        assert len(set(counted)) == len(counted) == total
        assert {row["outcome"] for row in results["results"]} <= {1, 2, 3}, "no task is void or was given up"
    found = docker("exec", stack.containers("prometheus")[0], "promtool", "query", "instant",
                   "http://localhost:9090", "max(kinitro_scheduler_leaders) >= 0")  # fmt: skip
    assert "=>" in found


async def finished(ask: Any) -> int:
    """How many tasks of the newest cycle are finished."""
    return int((await ask("/v1/tasks/stats"))["finished"])


def test_an_image_without_its_settings_says_which(images: None) -> None:
    for target, words in (
        ("api", "KINITRO_API_DATABASE_URL"),
        ("scheduler", "KINITRO_SCHEDULER_DATABASE_URL"),
        ("executor", "KINITRO_EXECUTOR_API_URL"),
        ("verifier", "KINITRO_VERIFIER_API_URL"),
        ("validator", "KINITRO_VALIDATOR_BACKEND_URL"),
    ):
        command = ["docker", "run", "--rm", "--read-only", "--tmpfs", "/tmp", f"kinitro/{target}:{TAG}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 2, done.stderr
        assert words in done.stderr
        assert "Traceback" not in done.stderr
