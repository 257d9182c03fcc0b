"""Authentication: from keys to callers, which have a scope and a rate limit."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from kinitro.api.addresses import name_caller
from kinitro.api.keyring import Caller
from kinitro.api.limits import RateLimiter
from kinitro.api.services import Services, ServicesOf
from kinitro.database.keys import PREFIX


async def identify(request: Request, services: ServicesOf) -> Caller | None:
    """Identify the caller by the request's key; None without a key.

    Answers 401 to an unknown key, and 429 to a caller above its rate limit.

    Guesses at keys and calls without one count against the caller's address (IPv6: its /64). So do keys that the
    database must be asked about, before it is asked; those are counted apart, so that calls without a key take nothing
    from executors at the same address.
    """
    limiter: RateLimiter = services.limiter
    address = f"address {name_caller(request.client.host if request.client else None)}"
    scheme, key = read_key(request)
    if not services.settings.auth or not key:
        limiter.take(address)
        return None
    caller = None
    if key.startswith(PREFIX):
        caller = services.keys.remembered(key)
        if caller is None:
            limiter.take(f"keys looked up for {address}")
            caller = await services.keys.caller(key)
    limiter.take(address if caller is None else f"key of {caller.name} for {caller.scope}")
    if caller is None:
        raise _make_unauthorized("This key is unknown or revoked", scheme)
    request.state.caller_name = f"key of {caller.name} for {caller.scope}"
    return caller


def read_key(request: Request) -> tuple[str, str]:
    """Read the scheme and the key of a request; the key is empty if there is none, and "?" if it cannot be read.

    Programs send `Bearer KEY`. A browser that opens the operator's page sends the key as a password; that counts only
    for reading, because browsers send passwords along with requests that other sites make.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" or not given:
        return "Bearer", given
    if scheme.lower() == "basic" and request.method == "GET":
        try:
            return "Basic", base64.b64decode(given, validate=True).decode().partition(":")[2] or "?"
        except ValueError:
            return "Basic", "?"
    return "Bearer", "?"


Identified = Annotated[Caller | None, Depends(identify)]


async def require_tasks(caller: Identified, services: ServicesOf) -> Caller:
    """Require a key for tasks; for routes that executors use."""
    return _require_scope(caller, services, "tasks")


async def require_verify(caller: Identified, services: ServicesOf) -> Caller:
    """Require a key for verification or for tasks; for routes that verifiers use."""
    return _require_scope(caller, services, "verify")


async def require_read(caller: Identified, services: ServicesOf) -> Caller:
    """Require a key for reading or for tasks; for what operators read."""
    return _require_scope(caller, services, "read")


def _require_scope(caller: Caller | None, services: Services, scope: str) -> Caller:
    if not services.settings.auth:
        return Caller(executor_id=None, name="anyone", scope=scope)
    if caller is None:
        raise _make_unauthorized("A key is needed")
    if caller.scope not in (scope, "tasks"):
        raise HTTPException(403, f"This key has scope {caller.scope!r}, and {scope!r} is needed: create another key.")
    return caller


async def note_reader(request: Request, caller: Identified, services: ServicesOf) -> None:
    """Note for pages whether the caller may read what operators read: None without a key, False with another one."""
    may_read = caller is not None and caller.scope in ("read", "tasks")
    request.state.reader = True if not services.settings.auth else None if caller is None else may_read


def _make_unauthorized(what: str, scheme: str = "Bearer") -> HTTPException:
    return HTTPException(
        401,
        f"{what}: send `Authorization: Bearer KEY`; the operator makes keys with `kinitro keys create`.",
        headers={"WWW-Authenticate": "Bearer" if scheme == "Bearer" else f'{scheme} realm="Kinitro"'},
    )


ExecutorCaller = Annotated[Caller, Depends(require_tasks)]
VerifierCaller = Annotated[Caller, Depends(require_verify)]
ReadCaller = Annotated[Caller, Depends(require_read)]
