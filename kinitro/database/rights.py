"""What the role in --database-url must be allowed to do, found out before anything is tried."""

from __future__ import annotations

from kinitro.database.errors import DatabaseRefused
from kinitro.database.queries import Queries, Rows
from kinitro.database.version_table import VERSION_TABLE

RIGHTS = f"""
select quote_ident(current_user), quote_ident(n.nspname),
       array(select 'the schema itself' where not has_schema_privilege(n.oid, 'usage')) || array(
         select c.relname::text from pg_class c
         where c.relnamespace = n.oid and c.relname = any (%(names)s::text[]) and not case c.relkind
           when 'S' then has_sequence_privilege(c.oid, 'usage') and has_sequence_privilege(c.oid, 'select')
           else has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
                and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete') end
         order by 1)
from pg_class v join pg_namespace n on n.oid = v.relnamespace
where v.relname = '{VERSION_TABLE}' and v.relkind = 'r' and v.relpersistence <> 't'
  and v.oid = coalesce(to_regclass('{VERSION_TABLE}'), v.oid)
limit 1
"""
"""The role, the schema that our tables are in, and which of them the role may not use; no row without a schema."""

_MAY_MIGRATE = """
select quote_ident(current_user), quote_ident(current_database()), quote_ident(current_schema()),
       has_schema_privilege(current_schema(), 'create'),
       (select quote_ident(pg_get_userbyid(c.relowner)) from pg_class c
        where c.oid = to_regclass('cycle') and not pg_has_role(c.relowner, 'usage'))
"""


def refuse_missing_rights(rows: Rows) -> None:
    """Raises DatabaseRefused if RIGHTS found something that the role may not use."""
    for role, schema, missing in rows:
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
    ((role, database, schema, may_create, owner),) = yield _MAY_MIGRATE, ()
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
