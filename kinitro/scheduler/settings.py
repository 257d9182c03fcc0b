"""Settings of the scheduler: flags, then KINITRO_SCHEDULER_*, then `.env`, then these defaults."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from kinitro import __version__
from kinitro.chain.interface import Wallet
from kinitro.client.messages import HostingLimits
from kinitro.client.records import CycleConfig, CycleEnvironment, PolicyMode, ReferencePolicy, RungRule
from kinitro.client.verdicts import VerificationRule
from kinitro.cycles.ladder import check_names
from kinitro.environments.packs.versions import SEALED_RUNG
from kinitro.environments.registry import bind_all_to_pack, get_spec
from kinitro.environments.sets import EXAM, select_environments
from kinitro.errors import ConfigurationError
from kinitro.policies.shipped import digest_policy
from kinitro.scoring import ScoringConfig
from kinitro.scoring.speed import SPEED_MARGIN
from kinitro.setting_types import Duration, Size, UserPath, UserPathText, split_names
from kinitro.settings import DatabaseUrl, ServiceSettings

_RULE = VerificationRule()
_HOSTING = HostingLimits()


class CycleSettings(ServiceSettings):
    """Settings of the commands `kinitro cycle ...`, a part of the scheduler's."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_SCHEDULER_")
    sections: ClassVar = {"database_url": "Database"}

    database_url: DatabaseUrl = Field(
        description="Use this PostgreSQL database, written as postgresql://user:password@host:5432/database; "
        "the password may be in PGPASSWORD instead."
    )


class SchedulerSettings(CycleSettings):
    """Settings of the scheduler, read from flags, then KINITRO_SCHEDULER_* variables, then `.env`."""

    sections: ClassVar = {
        **CycleSettings.sections,
        "netuid": "Subnet",
        "environments": "Cycles",
        "min_episodes": "Completeness",
        "policies": "Policies",
        "verification_checks": "Verification",
    }

    netuid: int = Field(ge=0, le=65535, description="Evaluate the miners of this subnet.")
    network: str = Field(
        "finney", description="Use this chain: finney, test, local, local-dev, or a ws:// or wss:// URL."
    )
    wallet_name: str | None = Field(
        None,
        min_length=1,
        description="Commit every cycle's seed key on chain with a hotkey of this wallet; validators expect it.",
    )
    hotkey_name: str = Field(
        "default", min_length=1, description="Use this hotkey of the wallet, ideally the subnet owner's."
    )
    wallet_path: UserPathText | None = Field(
        None, description="Look for wallets in this directory; by default in the SDK's, ~/.bittensor/wallets."
    )
    backend_key_file: UserPath | None = Field(
        None, description="Open sealed endpoints with the key in this file (`kinitro keys backend`)."
    )
    allow_private_endpoints: bool = Field(
        False, description="Accept endpoints in loopback and private networks, for a subnet on one machine."
    )

    environments: Annotated[list[str], NoDecode, BeforeValidator(split_names)] = Field(
        default_factory=list,
        description="The environments or sets of them (`mission`, `exam`), separated by commas; by default `exam`.",
    )
    rungs: Literal["fixed", "auto"] = Field(
        "fixed",
        description="Put an environment that is saturated on harder rungs in the next cycle, by a public rule (auto), "
        "or leave the environments as they are named (fixed).",
    )
    episodes_per_env: int = Field(50, ge=1, le=100_000, description="Run this many episodes per miner and environment.")
    max_steps: int | None = Field(
        None, ge=1, le=100_000, description="End every episode after this many steps, if its horizon is longer."
    )
    pack: str | None = Field(
        None,
        min_length=1,
        description="Draw the environments on the rung sealed from this pack (`kinitro pack make`), which no cycle had "
        "before, or from one made for every cycle (new).",
    )
    drand: bool = Field(
        True,
        description="Let seeds follow from a round of drand, too, if the chain records drand: two sources that nobody "
        "controls together.",
    )
    reference: Literal["baseline", "none"] = Field(
        "baseline",
        description="Let this shipped policy play the same episodes, and let only miners earn that are better than it; "
        "or none.",
    )
    eval_interval: Duration = Field(
        timedelta(hours=1), ge=timedelta(0), description="Start a cycle this long after the previous one started."
    )
    cycle_timeout: Duration = Field(
        timedelta(hours=6), gt=timedelta(0), description="Wait at most this long for the tasks of a cycle."
    )
    cycles: int | None = Field(None, ge=1, description="Stop after publishing this many cycles; by default never.")
    poll_interval: Duration = Field(
        timedelta(seconds=1),
        ge=timedelta(milliseconds=10),
        le=timedelta(minutes=1),
        description="Look at the tasks and at the chain at this interval.",
    )
    keep_traces: int = Field(50, ge=1, description="Keep the traces of this many of the newest finished cycles.")

    min_episodes: int | None = Field(
        None,
        ge=1,
        description="Score a cycle only if this many episodes of every environment are complete for all miners; "
        "by default half of them.",
    )
    max_void_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Let a cycle fail if more than this share of an environment's episodes is void.",
    )
    max_laggard_share: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="Leave out the slowest miners if a cycle is incomplete without that, "
        "but at most this share of all miners.",
    )

    policies: PolicyMode = Field(
        "endpoint",
        description="Let miners serve their policies (endpoint), let executors run what miners committed (hosted), or "
        "let executors run those without an endpoint (both).",
    )
    hosted_memory: Size = Field(
        _HOSTING.memory_bytes, ge=2**26, description="Let a hosted policy use this much memory."
    )
    hosted_cpus: float = Field(
        _HOSTING.cpus, gt=0, le=1024, description="Let a hosted policy keep this many cores busy."
    )
    hosted_start: Duration = Field(
        timedelta(seconds=_HOSTING.start_s),
        gt=timedelta(0),
        le=timedelta(hours=1),
        description="Wait at most this long for a hosted policy to start.",
    )
    hosted_size: Size = Field(_HOSTING.upload_bytes, ge=1, description="Host no upload that is larger than this.")
    hosted_concurrency: int = Field(
        _HOSTING.concurrency, ge=1, le=1000, description="Run this many episodes of a hosted miner at once."
    )

    verification_checks: int = Field(
        3,
        ge=0,
        le=1000,
        description="Always record this many episodes of a miner that verification has never found to match.",
    )
    verification_timeout: Duration = Field(
        timedelta(minutes=15), ge=timedelta(0), description="Let scores wait at most this long for verdicts."
    )
    verification_tolerance: float = Field(
        _RULE.tolerance, ge=0, le=2, description="Let two actions agree if no component differs by more than this."
    )
    verification_share: float = Field(
        _RULE.required_share, ge=0, le=1, description="Let a check succeed if at least this share of actions agrees."
    )
    verification_failures: int = Field(
        _RULE.least_failed, ge=1, le=1000, description="Take its weight from a miner only if this many checks failed."
    )
    verification_failure_share: float = Field(
        _RULE.least_failed_share,
        ge=0,
        le=1,
        description="Take its weight from a miner only if also this share of its checks failed.",
    )

    @field_validator("environments")
    @classmethod
    def _without_repetition(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    @property
    def _hosting(self) -> HostingLimits:
        return HostingLimits(
            memory_bytes=self.hosted_memory,
            cpus=self.hosted_cpus,
            start_s=self.hosted_start.total_seconds(),
            upload_bytes=self.hosted_size,
            concurrency=self.hosted_concurrency,
        )

    @property
    def wallet(self) -> Wallet | None:
        """Whose hotkey binds cycles on chain, if any does."""
        return Wallet(self.wallet_name, self.hotkey_name, self.wallet_path) if self.wallet_name else None

    def list_environments(self) -> list[str]:
        """The ids of the environments that were named, or of the default set; raises UnknownEnvironment."""
        named = [spec.id for spec in select_environments(self.environments or [EXAM])]
        if self.rungs == "auto":
            check_names(named)
        return named

    @property
    def needs_pack(self) -> bool:
        """Whether an environment draws from a sealed pack. Raises UnknownEnvironment.

        Raises ConfigurationError if one does and `pack` is missing, or the other way round.
        """
        specs = select_environments(self.environments or [EXAM])
        sealed = [spec.id for spec in specs if SEALED_RUNG in spec.rungs]
        if sealed and self.pack is None:
            raise ConfigurationError(
                f"{sealed[0]} draws from a sealed pack: give --pack new, or --pack FILE from `kinitro pack make`."
            )
        bind_all_to_pack(specs, self.pack)  # whatever its digest will be
        return bool(sealed)

    def cycle_config(
        self, pack: str | None = None, environments: list[str] | None = None, rule: RungRule | None = None
    ) -> CycleConfig:
        """The configuration of a cycle that opens now; raises UnknownEnvironment, ConfigurationError.

        pack: the digest of the pack that the environments on the rung `sealed` are drawn from.
        environments: their ids, by default those that were named; `rule` says how they were found.
        """
        specs = bind_all_to_pack([get_spec(env_id) for env_id in environments or self.list_environments()], pack)
        minimum = self.min_episodes or math.ceil(self.episodes_per_env / 2)
        if minimum > self.episodes_per_env:
            raise ConfigurationError(
                f"--min-episodes {minimum} can never be reached with --episodes-per-env {self.episodes_per_env}: "
                "lower it."
            )
        return CycleConfig(
            environments=[
                CycleEnvironment(
                    id=spec.id,
                    version=spec.version,
                    max_steps=min(spec.max_steps, self.max_steps or spec.max_steps),
                    random_success=spec.random_success,
                )
                for spec in specs
            ],
            rungs=rule,
            episodes=self.episodes_per_env,
            min_episodes=minimum,
            max_void_share=self.max_void_share,
            max_laggard_share=self.max_laggard_share,
            timeout_s=self.cycle_timeout.total_seconds(),
            scoring=asdict(ScoringConfig(speed_margin=SPEED_MARGIN)),
            policies=self.policies,
            hosting=None if self.policies == "endpoint" else self._hosting,
            pack=pack,
            reference=None
            if self.reference == "none"
            else ReferencePolicy(name=self.reference, digest=digest_policy(self.reference)),
            verification=VerificationRule(
                tolerance=self.verification_tolerance,
                required_share=self.verification_share,
                least_failed=self.verification_failures,
                least_failed_share=self.verification_failure_share,
            ),
            kinitro_version=__version__,
        )
