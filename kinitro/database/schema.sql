-- Which revision of our schema a database has, and what the role may do with it; see schema.py and rights.py.

-- ADOPT  Moves our revision out of the shared table, and leaves another program's row, and its table, where they are.
do $$
begin
  if exists (select from alembic_version where version_num in ('0001', '0002', '0003', '0004', '0005')) then
    create table kinitro_schema_version (
      version_num varchar(32) not null constraint kinitro_schema_version_pkc primary key);
    insert into kinitro_schema_version
      select version_num from alembic_version where version_num in ('0001', '0002', '0003', '0004', '0005');
    delete from alembic_version where version_num in ('0001', '0002', '0003', '0004', '0005');
    if not exists (select from alembic_version) then
      drop table alembic_version;
    end if;
  end if;
end $$

-- FIND  The schema that our tables are in; no row without one. Until 0005 the revision was in `alembic_version`, which
-- other programs may use too: `shared` is true where it still is. It is ours if all nine tables of 0001 are beside it.
select v.relnamespace::bigint as schema, v.relname = 'alembic_version' as shared
from pg_class v
where v.oid = coalesce(to_regclass('kinitro_schema_version'), case when exists (
  select from pg_class v
  where v.oid = to_regclass('alembic_version')
    and 9 = (select count(*) from pg_class t
             where t.relnamespace = v.relnamespace and t.relkind = 'r' and t.relname in (
               'cycle', 'cycle_miner', 'lease', 'task', 'trace', 'trace_digest', 'executor', 'executor_key',
               'publication'))
) then to_regclass('alembic_version') end)

-- REVISION
select version_num as revision from kinitro_schema_version

-- SHARED_REVISION  from the table that other programs may use too
select version_num as revision from alembic_version where version_num in ('0001', '0002', '0003', '0004', '0005')

-- IS_TABLE
select to_regclass(%(name)s) is not null as present

-- RIGHTS  The role, the schema that our tables are in, and which of them the role may not use; no row without a schema.
select quote_ident(current_user) as role, quote_ident(n.nspname) as schema,
       array(select 'the schema itself' where not has_schema_privilege(n.oid, 'usage')) || array(
         select c.relname::text from pg_class c
         where c.relnamespace = n.oid and c.relname = any (%(names)s::text[]) and not case c.relkind
           when 'S' then has_sequence_privilege(c.oid, 'usage') and has_sequence_privilege(c.oid, 'select')
           else has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
                and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete') end
         order by 1) as missing
from pg_class v join pg_namespace n on n.oid = v.relnamespace
where v.relname = 'kinitro_schema_version' and v.relkind = 'r' and v.relpersistence <> 't'
  and v.oid = coalesce(to_regclass('kinitro_schema_version'), v.oid)
limit 1

-- MAY_MIGRATE  Where tables would be created, whether the role may do that, and who else owns those that are there.
select quote_ident(current_user) as role, quote_ident(current_database()) as database,
       quote_ident(current_schema()) as schema, has_schema_privilege(current_schema(), 'create') as may_create,
       (select quote_ident(pg_get_userbyid(c.relowner)) from pg_class c
        where c.oid = to_regclass('cycle') and not pg_has_role(c.relowner, 'usage')) as owner
