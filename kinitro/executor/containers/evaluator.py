"""An Evaluator that runs containers: one bridge process per container; strays are removed before and after."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from kinitro.errors import ConfigurationError
from kinitro.evaluation.episodes_in_flight import DEFAULT_EPISODES
from kinitro.evaluation.errors import EvaluatorUnavailable
from kinitro.evaluation.pool import ProcessPool
from kinitro.evaluation.worker import WorkerConfig
from kinitro.executor.containers.bridge import CLEANUP_DEADLINE_S, STRAY_LABEL, BridgeConfig
from kinitro.executor.settings import ExecutorSettings
from kinitro.logs import get_logger

BRIDGE = "kinitro.executor.containers.bridge"
SILENCE_LIMIT_S = 900.0
"""Seconds of silence after which a bridge is killed; starting a container or a pod with all its workers is included."""
log = get_logger(__name__)


class ContainerPool(ProcessPool):
    """Runs `eval_replicas` containers on each Docker host, or as many series of Basilica pods."""

    def __init__(self, settings: ExecutorSettings, packs: Path | None = None) -> None:
        """`packs`: the directory of the executor's sealed packs."""
        self._docker_hosts = settings.docker_hosts if settings.eval_mode == "docker" else []
        self._owner = derive_owner(settings)
        episodes = settings.workers * (settings.fixed_episodes_per_worker or DEFAULT_EPISODES)
        super().__init__(
            [(BRIDGE, config) for config in make_bridge_configs(settings, packs)],
            episodes,
            silence_limit_s=SILENCE_LIMIT_S,
            exit_grace_s=CLEANUP_DEADLINE_S + 2,
        )

    async def start(self) -> None:
        """Remove containers that an earlier process of this executor left behind, then start."""
        await self._reap()
        await super().start()

    async def close(self) -> None:
        """Stop all containers; remove by force those that do not stop."""
        await super().close()
        await self._reap()

    async def _reap(self) -> None:
        for host in self._docker_hosts:
            removed = await asyncio.to_thread(remove_strays, host, self._owner)
            if removed:
                log.warning("stray_containers_removed", host=host or "local", containers=removed)


def derive_owner(settings: ExecutorSettings) -> str:
    """Return the mark of this executor's containers; executors that share a Docker engine need different names."""
    return hashlib.sha256(f"{settings.api_url}\n{settings.name}".encode()).hexdigest()[:16]


def make_bridge_configs(settings: ExecutorSettings, packs: Path | None = None) -> list[BridgeConfig]:
    """Return the configuration of the bridge of each container; raises ConfigurationError."""
    if settings.eval_mode == "local":
        raise ConfigurationError("--eval-mode local does not use containers.")
    if settings.eval_mode == "url" and not settings.eval_url:
        raise ConfigurationError("--eval-mode url needs --eval-url: the address of a running evaluation container.")
    memory = settings.eval_memory  # Docker writes 8g, Kubernetes 8Gi
    if settings.eval_mode == "basilica" and memory[-1] in "kmg":
        memory = f"{memory[:-1]}{memory[-1].upper()}i"
    hosts = settings.docker_hosts if settings.eval_mode == "docker" else [None]
    worker = WorkerConfig(
        allow_private_endpoints=settings.allow_private_endpoints,
        canary_url=settings.canary_url,
        hotkey=settings.read_signing_hotkey(),
        recorders=True,
        log_level=settings.log_level,
        log_format="json",
    )
    variables = {
        "WORKERS": str(settings.workers),
        "EPISODES_PER_WORKER": str(settings.fixed_episodes_per_worker or DEFAULT_EPISODES),
        "WORKER": msgspec.json.encode(worker).decode(),
    }
    token = settings.eval_token.get_secret_value() if settings.eval_token else secrets.token_urlsafe(32)
    return [
        BridgeConfig(
            mode=settings.eval_mode,
            owner=derive_owner(settings),
            name=f"kinitro-eval-{derive_owner(settings)[:8]}-{number}",
            image=settings.eval_image,
            url=settings.eval_url or "",
            host=host,
            memory=memory,
            cpus=settings.eval_cpus,
            gpus=settings.eval_gpus,
            token=token,
            variables=variables,
            packs=None if packs is None else str(packs),
            batch=settings.workers * (settings.fixed_episodes_per_worker or DEFAULT_EPISODES)
            if settings.eval_mode == "basilica"
            else 1,
            log_level=settings.log_level,
            log_format=settings.log_format,
        )
        for number, host in enumerate(host for host in hosts for _ in range(settings.eval_replicas))
    ]


def remove_strays(host: str | None, owned_by: str) -> list[str]:
    """Remove by force every container with this owner's label; return their names. Raises EvaluatorUnavailable."""
    import docker
    from docker.errors import DockerException, NotFound

    removed = []
    try:
        with closing(docker.DockerClient(base_url=host) if host else docker.from_env()) as client:
            for container in client.containers.list(all=True, filters={"label": f"{STRAY_LABEL}={owned_by}"}):
                with suppress(NotFound):
                    container.remove(force=True)
                    removed.append(str(container.name))
    except DockerException as error:
        place = host or "of this machine"
        raise EvaluatorUnavailable(
            f"The Docker engine {place} does not answer ({error}): start it, or use --eval-mode local."
        ) from None
    return removed
