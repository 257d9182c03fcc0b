"""Settings of `kinitro api`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from kinitro.api.addresses import Networks, parse_address
from kinitro.api.forwarding import PREFIX
from kinitro.chain.sealing import parse_public_key
from kinitro.database.tasks import PoolLimits
from kinitro.errors import ConfigurationError
from kinitro.setting_types import Size, split_names
from kinitro.settings import DatabaseUrl, ServiceSettings


class ApiSettings(ServiceSettings):
    """Settings of the API, read from flags, then KINITRO_API_* variables, then `.env`."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_API_")
    sections: ClassVar = {
        "database_url": "Database",
        "host": "Network",
        "auth": "Callers",
        "netuid": "Subnet",
        "lease_ttl_s": "Leases",
        "drain_s": "Stopping",
    }

    database_url: DatabaseUrl = Field(
        description="Use this PostgreSQL database, written as postgresql://user:password@host:5432/database; "
        "the password may be in PGPASSWORD instead."
    )
    database_connections: int = Field(8, ge=2, le=100, description="Open at most this many connections to PostgreSQL.")

    host: str = Field("127.0.0.1", description="Listen on this address.")
    port: int = Field(8000, ge=0, le=65535, description="Listen on this port; 0 chooses a free one.")
    root_path: str = Field(
        "", description="Serve the API below this path, such as /kinitro, to which a reverse proxy forwards."
    )
    trusted_proxies: Annotated[list[str], NoDecode, BeforeValidator(split_names)] = Field(
        ["127.0.0.1", "::1"],
        description="Believe the X-Forwarded headers of these reverse proxies: addresses or networks, "
        "separated by commas.",
    )
    connections_per_address: int = Field(
        128,
        ge=1,
        le=100_000,
        description="Accept at most this many connections from one address (from one /64 network with IPv6); "
        "trusted proxies may open more.",
    )
    header_deadline_s: float = Field(
        10.0, ge=0.1, le=600, description="Close a connection whose request headers take more seconds than this."
    )

    auth: bool = Field(True, description="Require a key of executors (`kinitro keys create`).")
    requests_per_s: float = Field(
        100.0, gt=0, description="Allow this many requests a second for each key, or for each address without a key."
    )
    submit_limit_bytes: Size = Field(
        32 * 2**20, ge=2**16, le=2**30, description="Refuse a request that submits results if its body is larger."
    )
    public_cache_s: float = Field(
        2.0, ge=0, le=300, description="Answer public requests from a cache that is at most this many seconds old."
    )

    videos: Size = Field(
        256 * 2**20,
        ge=0,
        le=2**40,
        description="Keep at most so much of the videos and stills of pages, among the temporary files; 0 makes none.",
    )

    netuid: int | None = Field(
        None, ge=0, le=65535, description="Serve only cycles of this subnet; by default those of all subnets."
    )
    backend_public_key: str | None = Field(
        None,
        description="Publish this public key of the operator, to which miners seal their endpoints "
        "(`kinitro keys backend`).",
    )

    lease_ttl_s: float = Field(
        60.0, ge=1, le=3600, description="End a lease that has had no heartbeat for this many seconds."
    )
    lease_max_age_s: float = Field(
        7200.0, ge=10, le=86400, description="End every lease after this many seconds, whatever its heartbeats."
    )
    max_faults: int = Field(3, ge=1, le=20, description="Make a task void after this many faults of evaluators.")
    max_leases: int = Field(10, ge=1, le=100, description="Make a task void after this many expired leases.")
    fault_retry_s: float = Field(
        10.0, ge=0, le=600, description="Let an executor retry a task in which it had a fault after this many seconds."
    )
    reap_interval_s: float = Field(
        2.0, gt=0, le=60, description="Look for expired leases at this interval, in seconds."
    )
    allow_mixed_physics: bool = Field(
        False, description="Give tasks also to executors whose physics fingerprint is not the cycle's."
    )

    drain_s: float = Field(
        30.0, ge=0, le=300, description="Wait at most this many seconds for requests in flight when stopping."
    )
    drain_notice_s: float = Field(
        0.0,
        ge=0,
        le=60,
        description="Serve on for this many seconds when stopping, while /ready reports `draining`, "
        "so that a load balancer notices.",
    )

    @field_validator("backend_public_key")
    @classmethod
    def _of_x25519(cls, value: str | None) -> str | None:
        return parse_public_key(value.strip()).hex() if value and value.strip() else None

    @property
    def pool_limits(self) -> PoolLimits:
        """The part that the task pool needs."""
        return PoolLimits(
            lease_ttl_s=self.lease_ttl_s,
            lease_max_age_s=self.lease_max_age_s,
            max_faults=self.max_faults,
            max_leases=self.max_leases,
            fault_retry_s=self.fault_retry_s,
            allow_mixed_physics=self.allow_mixed_physics,
        )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: list[str]) -> list[str]:
        Networks(value)
        return value

    @field_validator("root_path")
    @classmethod
    def _is_prefix(cls, value: str) -> str:
        if not PREFIX.fullmatch(value.rstrip("/")):
            raise ValueError("write a path such as /kinitro, of letters, digits and . _ ~ -")
        return value.rstrip("/")

    @property
    def proxies(self) -> Networks:
        """Whose word about a caller's address counts."""
        return Networks(self.trusted_proxies)

    def check_exposure(self, bound: str) -> None:
        """Raises ConfigurationError when anybody on the internet could take tasks without a key.

        `bound` is `host`, or the IP address that it stands for: names, and IPv4 written as IPv6, may mislead.
        """
        if self.auth or bound == "localhost":
            return
        address = parse_address(bound)
        private = address is not None and (address.is_private or address.is_loopback) and not address.is_unspecified
        if not private:
            raise ConfigurationError(
                f"--no-auth is refused with --host {self.host}, which others can reach: "
                "bind a loopback or private address, or create keys with `kinitro keys create`."
            )
