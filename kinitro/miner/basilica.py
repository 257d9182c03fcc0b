"""A policy server on Basilica: created, followed until it answers, taken down again if it does not."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kinitro.chain.ss58 import InvalidAddress, decode_address
from kinitro.errors import ConfigurationError
from kinitro.miner.cloud import Cloud, CloudError
from kinitro.miner.errors import DeploymentFailed, ServiceError
from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyError, PolicyFailed

DEFAULT_IMAGE: Final = "python:3.12-slim"
PORT: Final = 8000
MAX_NAME_CHARACTERS: Final = 63 - 9
"""A DNS label, less the hyphen and the 8 digits of the revision."""
POLL_INTERVAL_S: Final = 3.0
LOG_LINES: Final = 40
"""How many lines of the server's log are shown when it does not start."""
LOAD_FAILED: Final = "RobotPolicy.load failed"
"""What the template's server logs when its policy cannot be loaded, so that waiting for it is useless.

Until the deployment is ready, its /health cannot be asked."""
START_SCRIPT: Final = """set -e
export HOME=/tmp/home PATH="/tmp/venv/bin:$PATH"
mkdir -p "$HOME"
python3 -m venv --system-site-packages /tmp/venv
pip install --quiet --no-cache-dir huggingface_hub
python3 -c '
import os
from huggingface_hub import snapshot_download
repo, revision = os.environ["POLICY_REPO"], os.environ["POLICY_REVISION"]
try:
    snapshot_download(repo, revision=revision, local_dir="/tmp/policy", token=False)
except Exception:
    if "POLICY_READ_TOKEN" not in os.environ:
        raise
    snapshot_download(repo, revision=revision, local_dir="/tmp/policy", token=os.environ["POLICY_READ_TOKEN"])
'
exec env -u POLICY_READ_TOKEN sh -ec '
cd /tmp/policy
pip install --quiet --no-cache-dir -r requirements.txt
if [ -n "$KINITRO_EVALUATORS" ]; then pip install --quiet --no-cache-dir bittensor-core; fi
exec uvicorn server:app --host 0.0.0.0 --port 8000
'
"""
"""Serves exactly what everybody can download: the committed revision. A token is used while the repository is still
private. It is gone from the environment before anything of the upload runs, also from /proc/1/environ: `unset` alone
would leave it there, so the shell is replaced."""
EVALUATORS_VARIABLE: Final = "KINITRO_EVALUATORS"
"""Hotkeys that may call the server: read here from the environment, and given to the deployment."""
EVERYBODY: Final = (
    f"{EVALUATORS_VARIABLE} is not set: everybody who finds the endpoint can use your policy and slow it down. "
    "docs/miner-guide.md says how to serve evaluators only."
)


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and the image that the policy server runs on."""

    gpu_count: int = 0
    min_vram_gb: int | None = None
    """The least memory of each GPU, in GB; None: any."""
    cpu: str = "2"
    memory: str = "4Gi"
    image: str = DEFAULT_IMAGE
    """The container image; it needs python3 with pip and venv."""

    def __post_init__(self) -> None:
        """Check the values; raises ConfigurationError."""
        if self.min_vram_gb is not None and not self.gpu_count:
            raise ConfigurationError(f"--min-vram {self.min_vram_gb} needs --gpu-count 1 or more.")
        if not re.fullmatch(r"(?!0*\.?0*m?$)[0-9]*\.?[0-9]+m?", self.cpu):
            raise ConfigurationError(f"--cpu {self.cpu!r} is not a number of cores: write 2, 0.5 or 500m.")
        if not re.fullmatch(r"[1-9][0-9]*(Ki|Mi|Gi|Ti|k|M|G|T)", self.memory):
            raise ConfigurationError(f"--memory {self.memory!r} is not an amount of memory: write 4Gi or 512Mi.")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment whose server answers."""

    name: str
    """The name that Basilica gave it, which may differ from the one that was asked for."""
    endpoint: str


def name_deployment(repo: str, revision: str, name: str | None = None) -> str:
    """Name the deployment after `name` (or the repository) and the revision, so that a second try finds the first.

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


def list_evaluators() -> list[str]:
    """List the SS58 addresses that the environment names; if there is none, everybody may call.

    Raises ConfigurationError.
    """
    named = [key.strip() for key in os.environ.get(EVALUATORS_VARIABLE, "").split(",") if key.strip()]
    for address in named:
        _check_address(address, EVALUATORS_VARIABLE)
    return named


def _check_address(address: str, setting: str) -> None:
    """Raise ConfigurationError unless this is an SS58 address: with a misspelt one the owner itself is shut out."""
    try:
        decode_address(address)
    except InvalidAddress as error:
        raise ConfigurationError(f"{setting} cannot be used. {error}") from None


def deploy(
    repo: str,
    revision: str,
    machine: Machine,
    *,
    name: str | None = None,
    timeout_s: float = 900.0,
    report: Callable[[str], None] = lambda _: None,
    allow_private: bool = False,
    hotkey: str | None = None,
    read_token: str | None = None,
) -> Deployed:
    """Serve `repo` at `revision`; returns when /health answers ok.

    hotkey:      SS58 address that the server names in /health, so that its endpoint cannot be another miner's.
    read_token:  downloads the revision as long as the repository is private.

    A deployment of the same name is followed instead of made anew. One that was made here and does not come up, or
    that is interrupted, is deleted. Raises ConfigurationError, ServiceError, DeploymentFailed.
    """
    wanted = name_deployment(repo, revision, name)
    if not list_evaluators():
        report(EVERYBODY)
    cloud = Cloud(report)
    limit = time.monotonic() + timeout_s
    existing = cloud.find(wanted)
    found, made_here = (
        (existing.instance_name, False)
        if existing
        else _create(cloud, wanted, machine, _make_request(repo, revision, machine, hotkey, read_token))
    )
    report(f"{'Created' if made_here else 'Found'} deployment {found}")
    try:
        endpoint = _wait_until_ready(cloud, found, limit, report)
        _wait_until_healthy(endpoint, limit, report, allow_private)
    except BaseException as error:
        if isinstance(error, DeploymentFailed):
            _show_log(cloud, found, report)
        if made_here:
            _delete(cloud, found, report)
        raise
    return Deployed(found, endpoint)


def _create(cloud: Cloud, wanted: str, machine: Machine, request: dict[str, Any]) -> tuple[str, bool]:
    """Create a deployment, and find it if it exists although the answer was lost; returns its name, and True."""
    try:
        return cloud.create(wanted, machine.image, request), True
    except CloudError as error:
        created = cloud.find(wanted) if error.may_have_happened else None
        if created is None:
            raise
        return created.instance_name, True


def _make_request(
    repo: str, revision: str, machine: Machine, hotkey: str | None, read_token: str | None
) -> dict[str, Any]:
    from basilica import HealthCheckConfig, ProbeConfig

    if hotkey:
        _check_address(hotkey, "--hotkey (or KINITRO_HOTKEY)")
    env = {"POLICY_REPO": repo, "POLICY_REVISION": revision}
    env |= {"KINITRO_HOTKEY": hotkey} if hotkey else {}
    env |= {"POLICY_READ_TOKEN": read_token} if read_token else {}
    request: dict[str, Any] = {
        "port": PORT,
        "command": ["sh", "-c", START_SCRIPT],
        "env": env,
        "cpu": machine.cpu,
        "memory": machine.memory,
        "public": True,
        "health_check": HealthCheckConfig(
            startup=ProbeConfig("/health", PORT, initial_delay_seconds=10, period_seconds=10, failure_threshold=120),
            readiness=ProbeConfig("/health", PORT, initial_delay_seconds=0, period_seconds=10),
        ),
    }
    if evaluators := list_evaluators():
        request["env"][EVALUATORS_VARIABLE] = ",".join(evaluators)
    if machine.gpu_count:
        request |= {"gpu_count": machine.gpu_count, "min_gpu_memory_gb": machine.min_vram_gb}
    return request


def _wait_until_ready(cloud: Cloud, name: str, limit: float, report: Callable[[str], None]) -> str:
    """Follow the deployment until its container runs; returns its URL."""
    last = ""
    while True:
        now = cloud.look(name)
        phase = now.phase or now.state
        if phase != last:
            report(f"{name}: {phase}, {now.replicas.ready} of {now.replicas.desired} running")
            last = phase
        elif _load_failed(cloud, name):
            raise DeploymentFailed(f"The policy of {name} could not be loaded; its log says why.")
        if now.state == "Failed" or now.phase == "failed":
            raise DeploymentFailed(f"The deployment {name} failed: {now.message or 'Basilica gives no reason'}.")
        if now.state in ("Active", "Running") and 0 < now.replicas.desired <= now.replicas.ready:
            return str(now.url).rstrip("/")
        _sleep(limit, f"The deployment {name} is still {phase}")


def _load_failed(cloud: Cloud, name: str) -> bool:
    """Whether the log says that loading failed; False if the log cannot be read yet."""
    try:
        return any(LOAD_FAILED in line for line in cloud.log(name, LOG_LINES))
    except ServiceError:
        return False


def _wait_until_healthy(endpoint: str, limit: float, report: Callable[[str], None], allow_private: bool) -> None:
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
        except PolicyFailed as error:
            raise DeploymentFailed(f"{endpoint} does not work. {error}") from None
        except PolicyError as error:
            if error.reason != last:
                report(f"{endpoint}/health: {error}")
                last = error.reason
            _sleep(limit, f"{endpoint}/health does not answer: {error}")
        else:
            return


def _sleep(limit: float, state: str) -> None:
    """Wait for the next look, or give up; raises DeploymentFailed."""
    if time.monotonic() + POLL_INTERVAL_S > limit:
        raise DeploymentFailed(f"{state} at the time limit; look at its log above, or give it a longer --timeout.")
    time.sleep(POLL_INTERVAL_S)


def _show_log(cloud: Cloud, name: str, report: Callable[[str], None]) -> None:
    try:
        lines = cloud.log(name, LOG_LINES)
    except ServiceError as error:
        report(str(error))
        return
    for line in lines:
        report(f"| {line}")


def _delete(cloud: Cloud, name: str, report: Callable[[str], None]) -> None:
    try:
        cloud.delete(name)
    except ServiceError as error:
        report(str(error))
    else:
        report(f"Deleted deployment {name}")
