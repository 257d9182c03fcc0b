"""Settings of the scheduler: flags, then KINITRO_SCHEDULER_*, then `.env`, then these defaults."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from kinitro import __version__
from kinitro.chain.interface import Wallet
from kinitro.client.records import CycleConfig, CycleEnvironment
from kinitro.client.verdicts import VerificationRule
from kinitro.environments.registry import get_spec, scored_specs
from kinitro.errors import ConfigurationError
from kinitro.scoring import ScoringConfig
from kinitro.settings import Duration, ServiceSettings, UserPath, UserPathText, normalize_database_url


class CycleSettings(ServiceSettings):
    """What the commands `kinitro cycle ...` need: the same variables as the scheduler's."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_SCHEDULER_")

    database_url: str = Field(description="postgresql://user:password@host:5432/database")

    @field_validator("database_url")
    @classmethod
    def _normalized(cls, value: str) -> str:
        return normalize_database_url(value)


class SchedulerSettings(ServiceSettings):
    """What an operator decides about cycles."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_SCHEDULER_")

    netuid: int = Field(ge=0, le=65535, description="The subnet.")
    network: str = Field("finney", description="finney, test, a ws:// or wss:// URL, or local-dev.")
    database_url: str = Field(description="postgresql://user:password@host:5432/database")
    episodes_per_env: int = Field(50, ge=1, le=100_000, description="Episodes per miner and environment.")
    environments: Annotated[list[str], NoDecode] = Field(
        default_factory=list, description="Environment ids, separated by commas; default: the scored ones."
    )
    max_steps: int | None = Field(None, ge=1, le=100_000, description="Shorter horizon for all environments.")
    eval_interval: Duration = Field(
        timedelta(hours=1), ge=timedelta(0), description="From one cycle's start to the next one's."
    )
    cycle_timeout: Duration = Field(
        timedelta(hours=6), gt=timedelta(0), description="What the tasks of a cycle may take."
    )
    min_episodes: int | None = Field(
        None, ge=1, description="Episodes per environment, complete for all miners, that a cycle needs; default: half."
    )
    max_void_share: float = Field(0.1, ge=0, le=1, description="Void episodes of an environment at most.")
    max_laggard_share: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="Share of the miners that may be too slow without spoiling it for the rest.",
    )
    verification_checks: int = Field(
        3, ge=0, le=1000, description="Episodes that are always recorded of a miner that was never found to match."
    )
    verification_timeout: Duration = Field(
        timedelta(minutes=15), ge=timedelta(0), description="How long verdicts may keep the scores waiting."
    )
    verification_tolerance: float = Field(
        VerificationRule().tolerance, ge=0, le=2, description="Within which actions must agree."
    )
    verification_share: float = Field(
        VerificationRule().required_share, ge=0, le=1, description="Of an episode's actions that must agree."
    )
    verification_failures: int = Field(
        VerificationRule().least_failed, ge=1, le=1000, description="Failed checks that cost a miner its weight."
    )
    verification_failure_share: float = Field(
        VerificationRule().least_failed_share, ge=0, le=1, description="And at least this share of its checks."
    )
    cycles: int | None = Field(None, ge=1, description="Stop after publishing this many.")
    poll_interval: Duration = Field(
        timedelta(seconds=1),
        ge=timedelta(milliseconds=10),
        le=timedelta(minutes=1),
        description="Between two looks at the tasks or the chain.",
    )
    keep_traces: int = Field(50, ge=1, description="Newest finished cycles whose traces are kept.")
    backend_key_file: UserPath | None = Field(
        None, description="The key that opens sealed endpoints (`kinitro keys backend`)."
    )
    wallet_name: str | None = Field(
        None, min_length=1, description="Whose hotkey commits every cycle's seed key on chain; validators want that."
    )
    hotkey_name: str = Field("default", min_length=1, description="Its hotkey, best the subnet owner's.")
    wallet_path: UserPathText | None = Field(None, description="Where wallets are; default: the SDK's directory.")
    allow_private_endpoints: bool = Field(False, description="For a subnet on one machine: miners may be on it.")

    @field_validator("environments", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        parts = [value] if isinstance(value, str) else value
        return [name.strip() for part in parts for name in str(part).split(",") if name.strip()]

    @field_validator("environments")
    @classmethod
    def _without_repetition(cls, value: list[str]) -> list[str]:
        return list(dict.fromkeys(value))

    @field_validator("database_url")
    @classmethod
    def _normalized(cls, value: str) -> str:
        return normalize_database_url(value)

    @property
    def wallet(self) -> Wallet | None:
        """Whose hotkey binds cycles on chain, if any does."""
        return Wallet(self.wallet_name, self.hotkey_name, self.wallet_path) if self.wallet_name else None

    def cycle_config(self) -> CycleConfig:
        """The configuration of a cycle that opens now; raises UnknownEnvironment, ConfigurationError."""
        specs = [get_spec(name) for name in self.environments] or list(scored_specs())
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
            episodes=self.episodes_per_env,
            min_episodes=minimum,
            max_void_share=self.max_void_share,
            max_laggard_share=self.max_laggard_share,
            timeout_s=self.cycle_timeout.total_seconds(),
            scoring=asdict(ScoringConfig()),
            verification=VerificationRule(
                tolerance=self.verification_tolerance,
                required_share=self.verification_share,
                least_failed=self.verification_failures,
                least_failed_share=self.verification_failure_share,
            ),
            kinitro_version=__version__,
        )
