"""Which checks which role needs, from the settings that its programs would read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from kinitro.chain.interface import Wallet
from kinitro.doctor import chain, machine, services
from kinitro.doctor.findings import Examination, Found
from kinitro.errors import ConfigurationError
from kinitro.sandbox.uploads import HUB

if TYPE_CHECKING:
    from kinitro.executor.settings import ExecutorSettings
    from kinitro.settings import ServiceSettings
    from kinitro.verification.settings import VerifierSettings

S = TypeVar("S", bound="ServiceSettings")
Role = Literal["miner", "validator", "operator"]
SECRET_VARIABLES = ("HF_TOKEN", "HF_READ_TOKEN", "BASILICA_API_TOKEN", "PGPASSWORD")
GIB = 2**30


@dataclass(slots=True)
class AskedAbout:
    """What is asked about; None: not given."""

    api_url: str | None = None
    netuid: int | None = None
    network: str | None = None
    wallet_name: str | None = None
    hotkey_name: str | None = None
    wallet_path: str | None = None
    endpoint: str | None = None
    secrets: list[str | None] = field(default_factory=lambda: [os.environ.get(name) for name in SECRET_VARIABLES])
    """Values that no line of the report may show."""


def list_examinations(role: Role | None, subject: AskedAbout) -> list[Examination]:
    """List the checks of a role; without one, only those of the machine. Adds what is secret to `subject.secrets`."""
    if role == "miner":
        return list(_for_miner(subject))
    if role == "validator":
        return list(_for_validator(subject))
    if role == "operator":
        return list(_for_operator(subject))
    return list(_for_machine())


def _for_machine(*, physics_required: bool = True, not_needed: frozenset[str] = frozenset()) -> Iterator[Examination]:
    yield Examination("python and packages", machine.python_and_packages(not_needed))
    yield Examination("cpu and physics", machine.look_at_physics, physics_required)
    cache = machine.find_compiler_cache()
    yield Examination("compiler cache", machine.directory(cache, "machine code of the renderer", GIB // 10), False)


def _for_miner(subject: AskedAbout) -> Iterator[Examination]:
    yield from _for_machine(physics_required=False)
    hub_cache = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface").expanduser()
    yield Examination("hub cache", machine.directory(hub_cache, "files of the hub", GIB), False)
    wallet = Wallet(subject.wallet_name or "default", subject.hotkey_name or "default", subject.wallet_path)
    network = subject.network or "finney"
    yield Examination("hotkey file", chain.hotkey_file(wallet, network))
    if subject.netuid is None:
        yield _not_given("registration", "The subnet is not known", "Give --netuid, or set KINITRO_NETUID.")
    else:
        yield Examination("registration", chain.registration(wallet, network, subject.netuid, "mine"))
    yield Examination("hub token", services.hub_token("HF_TOKEN", may_write=True))
    yield Examination("hub read token", services.hub_token("HF_READ_TOKEN", may_write=False), False)
    yield Examination("basilica token", services.look_at_basilica, False)
    if subject.endpoint is None:
        yield _not_given("endpoint", "No policy server was named", "Give --endpoint URL to look at yours.", False)
    else:
        yield Examination("endpoint", services.endpoint(subject.endpoint))
    if subject.api_url is None:
        yield _not_given("api", "The API's address is not known", "Give --api-url, or set KINITRO_API_URL.", False)
    else:
        yield Examination("api", services.api(subject.api_url, subject.netuid))
    yield Examination("clock", services.clock(subject.api_url or os.environ.get("HF_ENDPOINT") or HUB))
    yield Examination("container engine", machine.look_at_container_engine, False)


def _for_validator(subject: AskedAbout) -> Iterator[Examination]:
    from kinitro.validator.settings import ValidatorSettings

    settings = _load(ValidatorSettings, subject, backend_url=subject.api_url)
    if isinstance(settings, ConfigurationError):
        yield Examination("settings", services.configured(settings))
        yield from _for_machine(physics_required=False, not_needed=machine.NOT_FOR_VALIDATORS)
        return
    yield Examination("settings", _describe("They can be read."))
    unchecked = settings.allow_unchecked
    yield from _for_machine(
        physics_required=settings.audit and not unchecked,
        not_needed=machine.NOT_FOR_VALIDATORS if unchecked else frozenset(),
    )
    yield Examination("state", machine.directory(settings.state_directory, "what was set and audited", GIB // 10))
    wallet = Wallet(settings.wallet_name, settings.hotkey_name, settings.wallet_path)
    yield Examination("hotkey file", chain.hotkey_file(wallet, settings.network))
    yield Examination("registration", chain.registration(wallet, settings.network, settings.netuid, "validate"))
    yield Examination("api", services.api(settings.backend_url, settings.netuid))
    yield Examination("clock", services.clock(settings.backend_url))


def _for_operator(subject: AskedAbout) -> Iterator[Examination]:
    from psycopg.conninfo import conninfo_to_dict

    from kinitro.api.settings import ApiSettings
    from kinitro.executor.settings import ExecutorSettings
    from kinitro.scheduler.settings import SchedulerSettings
    from kinitro.verification.settings import VerifierSettings

    yield from _for_machine()
    api = _load(ApiSettings, subject)
    scheduler = _load(SchedulerSettings, subject)
    executor = _load(ExecutorSettings, subject)
    verifier = _load(VerifierSettings, subject)
    found = {"api": api, "scheduler": scheduler, "executor": executor, "verifier": verifier}
    none = all(isinstance(one, ConfigurationError) and not _is_begun(name) for name, one in found.items())
    for name, one in found.items():
        if isinstance(one, ConfigurationError):
            yield Examination(f"settings of {name}", services.configured(one), required=none or _is_begun(name))
        else:
            yield Examination(f"settings of {name}", _describe("They can be read."))
    urls: dict[str, str] = {}
    for name, one in (("api", api), ("scheduler", scheduler)):
        if not isinstance(one, ConfigurationError):
            urls.setdefault(one.database_url, name)
    for url, name in urls.items():
        subject.secrets.append(str(conninfo_to_dict(url).get("password") or ""))
        yield Examination(f"database of {name}", services.database(url))
    if not isinstance(scheduler, ConfigurationError):
        yield from _for_scheduler(scheduler)
    if not isinstance(executor, ConfigurationError):
        yield from _for_worker("executor", executor, "tasks", subject)
        yield from _for_executor(executor)
    if not isinstance(verifier, ConfigurationError):
        yield from _for_worker("verifier", verifier, "verify", subject)
        room = min(verifier.cache_size, 4 * verifier.max_repo_size)
        yield Examination("uploads", machine.directory(verifier.cache, "uploads of miners", room))
        yield Examination("sandbox", machine.sandbox(verifier))
    docker = any(
        not isinstance(one, ConfigurationError) and needed
        for one, needed in (
            (executor, getattr(executor, "eval_mode", "") == "docker"),
            (verifier, getattr(verifier, "sandbox", "") == "docker"),
        )
    )
    yield Examination("container engine", machine.look_at_container_engine, docker)


def _for_scheduler(settings: Any) -> Iterator[Examination]:
    async def look_at_cycle() -> Found:
        config = settings.cycle_config()
        return Found(f"{len(config.environments)} environments, {config.episodes} episodes of each per miner.")

    yield Examination("cycles", look_at_cycle)
    if settings.backend_key_file is not None:
        yield Examination("backend key", _look_at_backend_key(settings.backend_key_file))
    if settings.wallet is None:
        what = "No wallet is given, so that no cycle is bound on chain"
        yield _not_given("hotkey of scheduler", what, "Give --wallet-name to the scheduler: validators expect it.")
        return
    yield Examination("hotkey of scheduler", chain.hotkey_file(settings.wallet, settings.network))
    look = chain.registration(settings.wallet, settings.network, settings.netuid, "bind cycles")
    yield Examination("registration", look)


def _look_at_backend_key(path: Path) -> Any:
    async def look() -> Found:
        from kinitro.chain.sealing import BackendKey

        return Found(f"{path} opens endpoints that are sealed to {BackendKey.load(path).public.hex()}.")

    return look


def _for_executor(settings: ExecutorSettings) -> Iterator[Examination]:
    yield Examination("spool", machine.directory(settings.spool_dir, "results while the API is away", GIB))
    if settings.wallet_name is not None:
        wallet = Wallet(settings.wallet_name, settings.hotkey_name, settings.wallet_path)
        yield Examination("hotkey of executor", chain.hotkey_file(wallet, "finney"))


def _for_worker(
    name: str, settings: ExecutorSettings | VerifierSettings, scope: Literal["tasks", "verify"], subject: AskedAbout
) -> Iterator[Examination]:
    if settings.api_key is not None:
        subject.secrets.append(settings.api_key.get_secret_value())
    yield Examination(f"api of {name}", services.api(settings.api_url, None))
    yield Examination(f"key of {name}", services.api_key(settings.api_url, settings.api_key, scope))
    yield Examination(f"clock of {name}", services.clock(settings.api_url))


def _load(settings: type[S], subject: AskedAbout, **flags: Any) -> S | ConfigurationError:
    """Load settings, with what was given as flags; the error if they cannot be used."""
    names = {setting.name for setting in settings.declared()}
    given = ("api_url", "netuid", "network", "wallet_name", "hotkey_name", "wallet_path")
    values = {name: getattr(subject, name) for name in given if name in names}
    try:
        return settings.load(**values | flags)
    except ConfigurationError as error:
        return error


def _is_begun(service: str) -> bool:
    """Whether any variable in the environment or in `.env` is about this service."""
    from dotenv import dotenv_values

    from kinitro.settings import ENV_FILE, without_service_links

    prefix = f"KINITRO_{service.upper()}_"
    variables = {**dotenv_values(ENV_FILE), **os.environ}
    return any(
        name.upper().startswith(prefix) and value for name, value in without_service_links(variables, prefix).items()
    )


def _describe(detail: str) -> Any:
    async def look() -> Found:
        return Found(detail)

    return look


def _not_given(name: str, what: str, todo: str, required: bool = True) -> Examination:
    return Examination(name, services.unset(f"{what}.", todo), required)
