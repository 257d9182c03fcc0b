"""Settings of `kinitro api`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from kinitro.api.addresses import Networks, parse_address
from kinitro.api.forwarding import PREFIX
from kinitro.chain.sealing import parse_public_key
from kinitro.database.tasks import PoolLimits
from kinitro.errors import ConfigurationError
from kinitro.settings import ServiceSettings, normalize_database_url


class ApiSettings(ServiceSettings):
    """Read from flags, then KINITRO_API_* variables, then `.env`."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_API_")

    database_url: str = Field(description="postgresql://user:password@host:5432/database")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    auth: bool = Field(True, description="Executors need a key (`kinitro keys create`).")
    netuid: int | None = Field(None, ge=0, le=65535, description="Serve only this subnet's cycles.")
    allow_mixed_physics: bool = Field(False, description="Give tasks to executors with another physics fingerprint.")
    lease_ttl_s: float = Field(60.0, ge=1, le=3600, description="A lease without a heartbeat ends after this.")
    lease_max_age_s: float = Field(7200.0, ge=10, le=86400, description="No lease lives longer.")
    max_faults: int = Field(3, ge=1, le=20, description="Evaluator faults until a task is void.")
    max_leases: int = Field(10, ge=1, le=100, description="Expired leases until a task is void.")
    fault_retry_s: float = Field(10.0, ge=0, le=600, description="Pause before the same executor retries its fault.")
    reap_interval_s: float = Field(2.0, gt=0, le=60, description="How often expired leases are looked for.")
    backend_public_key: str | None = Field(
        None, description="The operator's public key (`kinitro keys backend`), for miners to seal endpoints to."
    )
    database_connections: int = Field(8, ge=2, le=100, description="Connections to PostgreSQL of this process.")
    requests_per_s: float = Field(100.0, gt=0, description="Rate limit of one key, or of one address without key.")
    submit_limit_bytes: int = Field(32 * 2**20, ge=2**16, le=2**30, description="Largest body of a submit.")
    trusted_proxies: Annotated[list[str], NoDecode] = Field(
        default_factory=lambda: ["127.0.0.1", "::1"],
        description="Reverse proxies whose X-Forwarded headers are believed: addresses or networks, by commas.",
    )
    root_path: str = Field("", description="Path below which a reverse proxy serves the API, such as /kinitro.")
    connections_per_address: int = Field(
        128, ge=1, le=100_000, description="Connections of one address (IPv6: /64) at most; more for proxies."
    )
    header_deadline_s: float = Field(10.0, ge=0.1, le=600, description="For the headers of a request to arrive.")
    public_cache_s: float = Field(2.0, ge=0, le=300, description="How old a public read may be.")
    drain_s: float = Field(30.0, ge=0, le=300, description="Longest wait for requests in flight when stopping.")
    drain_notice_s: float = Field(
        0.0,
        ge=0,
        le=60,
        description="Serve on for this long while /ready says draining, for a load balancer to notice.",
    )

    @field_validator("database_url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        return normalize_database_url(value)

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

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        parts = [value] if isinstance(value, str) else value
        return [name.strip() for part in parts for name in str(part).split(",") if name.strip()]

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
