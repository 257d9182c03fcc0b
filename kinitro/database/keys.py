"""Executor keys: who may take tasks. Only the SHA-256 of a key is stored; a key has 256 random bits."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import psycopg
from psycopg.rows import TupleRow

from kinitro.database.errors import KeyRefused
from kinitro.database.queries import Statements, fetch_now

SQL = Statements(Path(__file__).with_name("keys.sql"))

Scope = Literal["tasks", "read", "verify"]
PREFIX = "kin_"
KEY_BYTES = 32
KEY_PATTERN = rf"{PREFIX}[A-Za-z0-9_-]{{43}}"
HOW_TO_MAKE = "To make one: python3 -c \"import secrets; print('kin_' + secrets.token_urlsafe(32))\""
LIVE_KEYS = 2
"""So many keys of one scope an executor may have: one in use and its successor."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as `kinitro keys list` shows it."""

    id: int
    executor: str
    scope: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def key_hash(key: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(key.encode()).digest()


def create_key(connection: psycopg.Connection[TupleRow], executor: str, scope: Scope) -> tuple[int, str]:
    """A new key of `executor` (created if new): its number and the key, which nobody can show again.

    Raises KeyRefused when the executor has two live keys of this scope.
    """
    key = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    with connection.transaction():
        return _add_key(connection, executor, scope, key), key


def import_key(connection: psycopg.Connection[TupleRow], executor: str, scope: Scope, key: str) -> int:
    """Add a key that the operator made, in the form of ours; returns its number. Does nothing if it is there.

    Raises KeyRefused when the key is of another form, revoked, or of another executor or scope, or when the executor
    has two other live keys of this scope. No message shows the key.
    """
    if not re.fullmatch(KEY_PATTERN, key):
        raise KeyRefused(
            f"A key consists of {PREFIX} and 43 letters, digits, - and _ (32 random bytes); "
            f"what was given has {len(key)} characters. {HOW_TO_MAKE}"
        )
    with connection.transaction():
        for row in fetch_now(connection, SQL("KEY_WITH_HASH", hash=key_hash(key))):
            if row.revoked:
                raise KeyRefused(f"This key is number {row.id}, which was revoked: make another one. {HOW_TO_MAKE}")
            if (row.name, row.scope) != (executor, scope):
                raise KeyRefused(
                    f"This key is number {row.id}, of {row.name!r} with the scope {row.scope}: "
                    f"make another one for {executor!r} with the scope {scope}. {HOW_TO_MAKE}"
                )
            return int(row.id)
        return _add_key(connection, executor, scope, key)


def _add_key(connection: psycopg.Connection[TupleRow], executor: str, scope: Scope, key: str) -> int:
    fetch_now(connection, SQL("ADD_EXECUTOR", name=executor))
    (locked,) = fetch_now(connection, SQL("LOCK_EXECUTOR", name=executor))
    live = fetch_now(connection, SQL("LIVE_KEYS", executor=locked.id, scope=scope))
    if len(live) >= LIVE_KEYS:
        numbers = " and ".join(str(row.id) for row in live)
        raise KeyRefused(
            f"{executor!r} has two live keys of scope {scope} ({numbers}): revoke one with `kinitro keys revoke`."
        )
    (added,) = fetch_now(connection, SQL("ADD_KEY", executor=locked.id, hash=key_hash(key), scope=scope))
    return int(added.id)


def list_keys(connection: psycopg.Connection[TupleRow]) -> list[KeyRow]:
    """All keys, oldest first."""
    return [KeyRow(*row) for row in fetch_now(connection, SQL("LIST_KEYS"))]


def revoke_key(connection: psycopg.Connection[TupleRow], number: int) -> KeyRow:
    """End a key for good. Raises KeyRefused if there is no such key or it is revoked already."""
    revoked = fetch_now(connection, SQL("REVOKE_KEY", id=number))
    found = [row for row in list_keys(connection) if row.id == number]
    if not found:
        raise KeyRefused(f"There is no key {number}: `kinitro keys list` shows them.")
    if not revoked:
        raise KeyRefused(
            f"Key {number} of {found[0].executor!r} was revoked at {found[0].revoked_at:%Y-%m-%d %H:%M} UTC."
        )
    return found[0]
