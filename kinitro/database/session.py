"""Settings that our statements rely on. Every session sets them, whatever the defaults of database and role are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from kinitro.database.errors import DatabaseRefused
from kinitro.database.queries import Queries, Statements

SQL = Statements(Path(__file__).with_name("session.sql"))

RELIED_ON = {
    # how values are written: psycopg reads no other dates and intervals, and fewer digits would round rewards
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    # how statements are read
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "plpgsql.extra_errors": "none",
    # each statement sees what was committed before it; the pool's locks presume that
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    # a session that waits for its next task is not at fault; statements have the deadlines that our code sets
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",
    "statement_timeout": "0",
    "lock_timeout": "0",
    # names in the catalogue, which is compared as text
    "quote_all_identifiers": "off",
}
"""`default_transaction_read_only` is not among them: who sets it wants nothing to be written, and is obeyed.
`lc_messages` is not, because only superusers may set it: what went wrong is told by SQLSTATE, never by words."""

CLIENT_ENCODING = "utf8"


def settle() -> Queries[None]:
    """Set what we rely on, and the search path to the schema that our tables are in."""
    yield SQL("SET", names=list(RELIED_ON), values=list(RELIED_ON.values()))
    yield SQL("SET_SEARCH_PATH")


def check_encoding(connection: psycopg.Connection[Any] | psycopg.AsyncConnection[Any], where: str) -> None:
    """Raises DatabaseRefused unless the database stores text as UTF-8, which names, reasons and JSON need."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise DatabaseRefused(
            f"The database {where} has the encoding {encoding}, UTF8 is needed: "
            "create another one with `kinitro db create`, which chooses it."
        )
