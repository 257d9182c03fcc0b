"""Which revision a database has: a table of our own, because other programs that use Alembic have `alembic_version`."""

from __future__ import annotations

VERSION_TABLE = "kinitro_schema_version"

_OURS = """
exists (
  select from pg_class v
  where v.oid = to_regclass('alembic_version')
    and 9 = (select count(*) from pg_class t
             where t.relnamespace = v.relnamespace and t.relkind = 'r' and t.relname in (
               'cycle', 'cycle_miner', 'lease', 'task', 'trace', 'trace_digest', 'executor', 'executor_key',
               'publication'))
)
"""
"""All nine tables of our revision 0001 are beside `alembic_version`, which was ours until 0005."""

_BEFORE_OURS = ("0001", "0002", "0003", "0004", "0005")
_IN_BEFORE_OURS = "version_num in ('{}')".format("', '".join(_BEFORE_OURS))

ADOPT = f"""
do $$
begin
  if to_regclass('{VERSION_TABLE}') is null and {_OURS} then
    if exists (select from alembic_version where {_IN_BEFORE_OURS}) then
      create table {VERSION_TABLE} (version_num varchar(32) not null constraint {VERSION_TABLE}_pkc primary key);
      insert into {VERSION_TABLE} select version_num from alembic_version where {_IN_BEFORE_OURS};
      delete from alembic_version where {_IN_BEFORE_OURS};
      if not exists (select from alembic_version) then
        drop table alembic_version;
      end if;
    end if;
  end if;
end $$
"""
"""Moves our revision out of `alembic_version`, once; leaves another program's row, and its table, where they are."""

FIND = f"""
select v.relnamespace::bigint, v.relname
from pg_class v
where v.oid = coalesce(to_regclass('{VERSION_TABLE}'), case when {_OURS} then to_regclass('alembic_version') end)
"""
"""Number of the schema that our tables are in, and the table that has the revision; no row without one."""


def read_revision(table: str) -> str:
    """The statement that reads the revision from the table that FIND named; no row if there is none of ours."""
    condition = "true" if table == VERSION_TABLE else _IN_BEFORE_OURS
    return f"select version_num from {table} where {condition}"
