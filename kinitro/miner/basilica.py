"""A policy server on Basilica: created, followed until it answers, taken down again if it does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kinitro.errors import ConfigurationError
from kinitro.miner.errors import DeploymentFailed, ServiceError
from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyError

if TYPE_CHECKING:
    from basilica import BasilicaClient

TOKEN_VARIABLE: Final = "BASILICA_API_TOKEN"
DEFAULT_IMAGE: Final = "python:3.12-slim"
PORT: Final = 8000
MAX_NAME_CHARACTERS: Final = 63 - 9
"""A DNS label, less the hyphen and the 8 digits of the revision."""
POLL_INTERVAL_S: Final = 3.0
LOG_LINES: Final = 40
"""Of the server's log, shown when it does not come up."""
START_SCRIPT: Final = """set -e
export HOME=/tmp/home PATH="/tmp/venv/bin:$PATH"
mkdir -p "$HOME"
python3 -m venv --system-site-packages /tmp/venv
pip install --quiet --no-cache-dir huggingface_hub
python3 -c '
import os
from huggingface_hub import snapshot_download
repo, revision = os.environ["POLICY_REPO"], os.environ["POLICY_REVISION"]
snapshot_download(repo, revision=revision, local_dir="/tmp/policy", token=False)
'
cd /tmp/policy
pip install --quiet --no-cache-dir -r requirements.txt
exec uvicorn server:app --host 0.0.0.0 --port 8000
"""
"""Serves exactly what everybody can download: the committed revision, fetched without a token."""

_EXPLANATIONS: Final[dict[type[Exception], str]] = {
    PermissionError: f"the token in {TOKEN_VARIABLE} is not valid or may not do this: make a new one",
    KeyError: "there is no such deployment",
    ConnectionError: "Basilica was not there: try again",
    TimeoutError: "Basilica did not answer: try again",
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What the policy server runs on."""

    gpu_count: int = 0
    min_vram_gb: int | None = None
    """Of each GPU."""
    cpu: str = "2"
    memory: str = "4Gi"
    image: str = DEFAULT_IMAGE
    """Needs python3 with pip and venv."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A server that answers."""

    name: str
    """Basilica's, which may differ from the one asked for."""
    endpoint: str


def deployment_name(repo: str, revision: str, name: str | None = None) -> str:
    """`name`, or the repository's, and the revision: the same each time, so that a second try finds the first.

    Raises ConfigurationError.
    """
    if name is None:
        name = re.sub(r"[^a-z0-9]+", "-", repo.partition("/")[2].lower()).strip("-")[:MAX_NAME_CHARACTERS].strip("-")
        name = name if name[:1].isalpha() else f"policy-{name}".strip("-")[:MAX_NAME_CHARACTERS].strip("-")
    if len(name) > MAX_NAME_CHARACTERS or not re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", name):
        raise ConfigurationError(
            f"--name {name!r} is not allowed: 2 to {MAX_NAME_CHARACTERS} lower-case letters, digits and hyphens, "
            "a letter first."
        )
    return f"{name}-{revision[:8]}"


def deploy(
    repo: str,
    revision: str,
    machine: Machine,
    *,
    name: str | None = None,
    timeout_s: float = 900.0,
    report: Callable[[str], None] = lambda _: None,
    allow_private: bool = False,
    poll_interval_s: float = POLL_INTERVAL_S,
) -> Deployed:
    """Serve `repo` at `revision`; returns when /health answers ok.

    A deployment of the same name is followed instead of made anew. One that was made here and does not come up, or
    that is interrupted, is deleted. Raises ConfigurationError, ServiceError, DeploymentFailed.
    """
    wanted = deployment_name(repo, revision, name)
    client = _client()
    limit = time.monotonic() + timeout_s
    with _named_errors(f"{wanted} could not be deployed"):
        existing = next(
            (d for d in client.list_deployments().deployments if wanted in (d.instance_name, d.friendly_name)), None
        )
        found = existing or client.create_deployment(wanted, machine.image, **_request(repo, revision, machine))
    report(f"{'Found' if existing else 'Created'} deployment {found.instance_name}")
    try:
        endpoint = _wait_until_ready(client, found.instance_name, limit, report, poll_interval_s)
        _wait_until_healthy(endpoint, limit, report, poll_interval_s, allow_private)
    except BaseException as error:
        if isinstance(error, DeploymentFailed):
            _show_log(client, found.instance_name, report)
        if existing is None:
            _delete(client, found.instance_name, report)
        raise
    return Deployed(found.instance_name, endpoint)


def required_token() -> str:
    """The token from the environment; raises ConfigurationError."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise ConfigurationError(f"{TOKEN_VARIABLE} is not set: export a Basilica API token in it.")
    return token


def _client() -> BasilicaClient:
    token = required_token()
    from basilica import BasilicaClient

    return BasilicaClient(api_key=token)


def _request(repo: str, revision: str, machine: Machine) -> dict[str, Any]:
    from basilica import HealthCheckConfig, ProbeConfig

    request: dict[str, Any] = {
        "port": PORT,
        "command": ["sh", "-c", START_SCRIPT],
        "env": {"POLICY_REPO": repo, "POLICY_REVISION": revision},
        "cpu": machine.cpu,
        "memory": machine.memory,
        "public": True,
        "health_check": HealthCheckConfig(
            startup=ProbeConfig("/health", PORT, initial_delay_seconds=10, period_seconds=10, failure_threshold=120),
            readiness=ProbeConfig("/health", PORT, initial_delay_seconds=0, period_seconds=10),
        ),
    }
    if machine.gpu_count:
        request |= {"gpu_count": machine.gpu_count, "min_gpu_memory_gb": machine.min_vram_gb}
    return request


def _wait_until_ready(
    client: BasilicaClient, name: str, limit: float, report: Callable[[str], None], interval_s: float
) -> str:
    """Follow the deployment until its container runs; returns its URL."""
    last = ""
    while True:
        with _named_errors(f"The deployment {name} could not be followed"):
            now = client.get_deployment(name)
        phase = now.phase or now.state
        if phase != last:
            report(f"{name}: {phase}, {now.replicas.ready} of {now.replicas.desired} running")
            last = phase
        if now.state == "Failed" or now.phase == "failed":
            raise DeploymentFailed(f"The deployment {name} failed: {now.message or 'Basilica gives no reason'}.")
        if now.state in ("Active", "Running") and 0 < now.replicas.desired <= now.replicas.ready:
            return str(now.url).rstrip("/")
        _sleep(limit, interval_s, f"The deployment {name} is still {phase}")


def _wait_until_healthy(
    endpoint: str, limit: float, report: Callable[[str], None], interval_s: float, allow_private: bool
) -> None:
    async def ask() -> None:
        policy = HttpPolicy(endpoint, allow_private=allow_private)
        try:
            await policy.health()
        finally:
            await policy.close()

    last = ""
    while True:
        try:
            asyncio.run(ask())
        except PolicyError as error:
            if error.reason != last:
                report(f"{endpoint}/health: {error}")
                last = error.reason
            _sleep(limit, interval_s, f"{endpoint}/health does not answer: {error}")
        else:
            return


def _sleep(limit: float, interval_s: float, state: str) -> None:
    """Wait for the next look, or give up; raises DeploymentFailed."""
    if time.monotonic() + interval_s > limit:
        raise DeploymentFailed(f"{state} at the time limit; look at its log above, or give it a longer --timeout.")
    time.sleep(interval_s)


def _show_log(client: BasilicaClient, name: str, report: Callable[[str], None]) -> None:
    try:
        with _named_errors(f"The log of {name} could not be read"):
            log = client.get_deployment_logs(name, tail=LOG_LINES)
    except ServiceError as error:
        report(str(error))
        return
    for line in str(log).splitlines()[-LOG_LINES:]:
        report(f"| {line}")


def _delete(client: BasilicaClient, name: str, report: Callable[[str], None]) -> None:
    try:
        with _named_errors(f"The deployment {name} could not be deleted; delete it yourself, it may cost money"):
            client.delete_deployment(name)
    except ServiceError as error:
        report(str(error))
    else:
        report(f"Deleted deployment {name}")


@contextlib.contextmanager
def _named_errors(what: str) -> Iterator[None]:
    """Turn the SDK's errors, which are builtin ones, into one sentence that holds no token."""
    try:
        yield
    except (PermissionError, KeyError, ConnectionError, TimeoutError, RuntimeError, ValueError) as error:
        why = next((text for kind, text in _EXPLANATIONS.items() if isinstance(error, kind)), None)
        raise ServiceError(f"{what}: {why or _without_token(str(error))[:300]}.") from None


def _without_token(text: str) -> str:
    return text.replace(os.environ.get(TOKEN_VARIABLE) or "\0", "***").strip().rstrip(".")
