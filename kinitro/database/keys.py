"""Executor keys: who may take tasks. Only the SHA-256 of a key is stored; a key has 256 random bits."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import psycopg
from psycopg.rows import TupleRow, class_row

from kinitro.database.errors import KeyRefused
from kinitro.database.statements import load_statements

SQL = load_statements(Path(__file__).with_name("keys.sql"))

Scope = Literal["tasks", "read", "verify"]
PREFIX = "kin_"
LIVE_KEYS = 2
"""Per executor and scope: one in use and its successor."""


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
    key = PREFIX + secrets.token_urlsafe(32)
    with connection.transaction():
        connection.execute(SQL["ADD_EXECUTOR"], {"name": executor})
        locked = connection.execute(SQL["LOCK_EXECUTOR"], {"name": executor}).fetchone()
        executor_id = locked[0] if locked else None
        live = connection.execute(SQL["LIVE_KEYS"], {"executor": executor_id, "scope": scope}).fetchall()
        if len(live) >= LIVE_KEYS:
            numbers = " and ".join(str(row[0]) for row in live)
            raise KeyRefused(
                f"{executor!r} has two live keys of scope {scope} ({numbers}): revoke one with `kinitro keys revoke`."
            )
        parameters = {"executor": executor_id, "hash": key_hash(key), "scope": scope}
        added = connection.execute(SQL["ADD_KEY"], parameters).fetchone()
    return (int(added[0]) if added else 0), key


def list_keys(connection: psycopg.Connection[TupleRow]) -> list[KeyRow]:
    """All keys, oldest first."""
    with connection.cursor(row_factory=class_row(KeyRow)) as cursor:
        return cursor.execute(SQL["LIST_KEYS"]).fetchall()


def revoke_key(connection: psycopg.Connection[TupleRow], number: int) -> KeyRow:
    """End a key for good. Raises KeyRefused if there is no such key or it is revoked already."""
    revoked = connection.execute(SQL["REVOKE_KEY"], {"id": number}).fetchone()
    found = [row for row in list_keys(connection) if row.id == number]
    if not found:
        raise KeyRefused(f"There is no key {number}: `kinitro keys list` shows them.")
    if revoked is None:
        raise KeyRefused(
            f"Key {number} of {found[0].executor!r} was revoked at {found[0].revoked_at:%Y-%m-%d %H:%M} UTC."
        )
    return found[0]
