"""Checks of what is asked over a network: the API and keys, the clock, database, hub, Basilica, the policy server."""

from __future__ import annotations

import threading
import time
from email.utils import parsedate_to_datetime
from typing import Literal

from pydantic import SecretStr

from kinitro.credentials import public_url
from kinitro.doctor.findings import Found, Look, in_thread
from kinitro.errors import ConfigurationError, UnavailableError

MAX_OFFSET_S = 3.0
"""Signed requests are refused beyond 2 s of difference; the time of a server is known to a second."""
_ONE_AT_THE_HUB = threading.Lock()
"""The hub's SDK has one client per process, which every question makes anew."""
NO_LEASE = 2**63 - 1
"""The number of a lease that never existed: to extend it changes nothing."""


def api(url: str, netuid: int | None) -> Look:
    """Whether the API answers, with this version, for this subnet."""

    async def look() -> Found:
        from kinitro import __version__
        from kinitro.client.http import ApiClient

        async with ApiClient(url, tries=1) as client:
            found = await client.status()
        if netuid is not None and found.netuid not in (None, netuid):
            return Found(
                f"It serves subnet {found.netuid}, not {netuid}.", "Correct its address or --netuid.", good=False
            )
        cycle = "no cycle yet" if found.cycle_id is None else f"cycle {found.cycle_id} is {found.cycle_state}"
        other = "" if found.version == __version__ else f" (this is {__version__})"
        return Found(f"It answers: version {found.version}{other}, {cycle}.")

    return look


def api_key(url: str, key: SecretStr | None, scope: Literal["tasks", "verify"]) -> Look:
    """Whether a key has a scope, found out with a heartbeat for a lease that does not exist."""

    async def look() -> Found:
        from kinitro.client.errors import ApiUnauthorized, LeaseLost
        from kinitro.client.http import ApiClient
        from kinitro.client.verdicts import VerificationLease

        async with ApiClient(url, key.get_secret_value() if key else None, tries=1) as client:
            try:
                if scope == "tasks":
                    await client.heartbeat(NO_LEASE)
                else:
                    await client.extend_verification(VerificationLease(task_id=NO_LEASE, lease_id=NO_LEASE))
            except LeaseLost:
                return Found(f"The key has the scope {scope!r}." if key else "The API needs no key.")
            except ApiUnauthorized as error:
                return Found(str(error), f"`kinitro keys create NAME --scope {scope}` makes one.", good=False)
        raise UnavailableError(f"{public_url(url)} extended a lease that does not exist: is it a Kinitro API?")

    return look


def clock(url: str) -> Look:
    """How far this machine's clock is from that of a server, by the `Date` of an answer."""

    async def look() -> Found:
        import httpx2

        from kinitro.outgoing_http import open_client

        async with open_client(timeout=5.0) as client:
            began = time.time()
            try:
                answer = await client.get(f"{url.rstrip('/')}/health")
            except (httpx2.HTTPError, httpx2.InvalidURL):
                raise UnavailableError(f"{public_url(url)} gave no time to compare with.") from None
            between = (began + time.time()) / 2
        try:
            there = parsedate_to_datetime(answer.headers.get("date", "")).timestamp() + 0.5  # it is cut to seconds
        except ValueError:
            raise UnavailableError(f"{public_url(url)} answers without a date to compare with.") from None
        offset_s = between - there
        if abs(offset_s) > MAX_OFFSET_S:
            return Found(
                f"This clock is {abs(offset_s):.0f} s {'ahead of' if offset_s > 0 else 'behind'} {public_url(url)}.",
                "Set it by NTP: signatures are refused, and ages are wrong.",
                good=False,
            )
        return Found(f"It agrees with {public_url(url)} to a second or two.")

    return look


def database(url: str) -> Look:
    """Whether PostgreSQL answers, takes writes, and has exactly this program's schema. Nothing is migrated."""

    async def look() -> Found:
        import psycopg

        from kinitro.database.errors import DatabaseUnavailable
        from kinitro.database.pool import check_writable, connect_async, where
        from kinitro.database.schema import check_schema, head_revision
        from kinitro.settings import normalize_database_url

        connection = await connect_async(url)
        try:
            await check_schema(connection)
            await check_writable(connection)
            version = connection.info.server_version // 10000
        except psycopg.errors.ReadOnlySqlTransaction:
            raise DatabaseUnavailable("PostgreSQL accepts no writes: is it a standby? Name the primary.") from None
        finally:
            await connection.close()
        place = where(normalize_database_url(url))
        return Found(f"PostgreSQL {version} at {place}, schema revision {head_revision()}.")

    return look


def hub_token(variable: str, *, may_write: bool) -> Look:
    """Whether the hub knows the token in a variable, and whether it has the right kind of rights."""

    async def look() -> Found:
        from kinitro.miner import hub

        token = hub.require_token() if may_write else hub.require_read_token()

        def ask() -> hub.TokenRights:
            with _ONE_AT_THE_HUB:
                return hub.describe_token(token, variable)

        found = await in_thread(ask)
        if may_write and found.role == "read":
            return Found(
                f"{variable} is a token of {found.owner} that may only read.", "Make one that may write.", good=False
            )
        if not may_write and found.role == "write":
            return Found(
                f"{variable} is a token of {found.owner} that may write, and the deployment gets it.",
                "Make one that may only read that repository.",
                good=False,
            )
        return Found(f"{variable} is a token of {found.owner} with the role {found.role!r}.")

    return look


async def look_at_basilica() -> Found:
    """Whether Basilica knows the token."""

    def ask() -> Found:
        from kinitro.miner.cloud import Cloud

        return Found(f"Basilica knows the token; {Cloud().count()} deployments.")

    return await in_thread(ask)


def endpoint(url: str) -> Look:
    """Whether evaluators would connect to a policy server, and whether it answers, as `kinitro check` looks at it."""

    async def look() -> Found:
        from kinitro.policies.conformance import ConformanceVerdict, Subject, run_check

        subject = Subject(url, public=True)
        said = []
        for name in ("address", "health"):
            result = await run_check(name, subject)
            if result.verdict is ConformanceVerdict.FAILED:
                return Found(f"{name}: {result.detail}", "`kinitro check URL --public` tells everything.", good=False)
            said.append(result.detail)
        return Found(f"It answers from {'; '.join(said)}.")

    return look


def configured(problem: ConfigurationError) -> Look:
    """What is wrong with the settings of a service."""

    async def look() -> Found:
        raise problem

    return look


def unset(what: str, todo: str) -> Look:
    """Something was not given, so that it cannot be checked."""

    async def look() -> Found:
        return Found(what, todo, good=False)

    return look
