"""What the role in --database-url must be allowed to do; this is checked before anything is tried."""

from __future__ import annotations

from pathlib import Path

from kinitro.database.errors import DatabaseRefused
from kinitro.database.queries import Queries, Statements

SQL = Statements(Path(__file__).with_name("schema.sql"))


def check_may_use(names: list[str]) -> Queries[None]:
    """Raises DatabaseRefused if the role may not use all of our tables and sequences, which have these `names`."""
    for role, schema, missing in (yield SQL("RIGHTS", names=names)):
        if missing:
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            raise DatabaseRefused(
                f"The role {role} may not use all of the schema {schema} ({', '.join(missing[:3])}{more}): "
                f"as the owner, run `grant usage on schema {schema} to {role}; "
                f"grant select, insert, update, delete on all tables in schema {schema} to {role}; "
                f"grant usage, select on all sequences in schema {schema} to {role}`."
            )


def check_may_migrate() -> Queries[None]:
    """Raises DatabaseRefused if the role may not create tables, or does not own those that are there."""
    ((role, database, schema, may_create, owner),) = yield SQL("MAY_MIGRATE")
    if schema is None:
        raise DatabaseRefused(
            f"The search_path of the role {role} names no schema of the database {database} that the role may use: run "
            f"`alter role {role} set search_path = public`, or grant it usage and create on the schema that it names."
        )
    if not may_create:
        raise DatabaseRefused(
            f"The role {role} may not create tables in the schema {schema} of the database {database} "
            f"(from PostgreSQL 15 on only its owner may): run `alter database {database} owner to {role}` or "
            f"`grant create on schema {schema} to {role}` as an administrator."
        )
    if owner is not None:
        raise DatabaseRefused(
            f"The tables belong to the role {owner}, and {role} may not change them: run `kinitro db init` as {owner}."
        )
