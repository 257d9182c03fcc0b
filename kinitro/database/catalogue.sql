-- What PostgreSQL's catalogue says about our tables, as one line of text per object, equal in every version from 14 on.
-- Names are without their schema, and what only tunes the storage is on lines of its own.

-- LINES  of the schema with this number; null instead of names: of everything in it
with named as (
  select c.* from pg_class c
  where c.relnamespace = %(schema)s::oid and (%(names)s::text[] is null or c.relname = any (%(names)s::text[]))
)
select replace(line, (select quote_ident(n.nspname) || '.' from pg_namespace n where n.oid = %(schema)s::oid), '') as line
from (
  select format('table %%s%%s', t.relname, case t.relpersistence when 'p' then '' else ' not logged' end)
  from named t where t.relkind in ('r', 'p')
  union all
  select format('storage of table %%s: %%s', t.relname, array_to_string(t.reloptions, ', '))
  from named t where t.relkind in ('r', 'p') and t.reloptions is not null
  union all
  select format('column %%s.%%s %%s%%s%%s%%s', t.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                case when a.attnotnull then ' not null' else '' end,
                case a.attidentity when 'a' then ' identity always' when 'd' then ' identity by default' else '' end,
                case when a.atthasdef then
                  (case a.attgenerated when '' then ' default ' else ' generated ' end)
                  || (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d
                      where d.adrelid = a.attrelid and d.adnum = a.attnum)
                else '' end)
  from named t join pg_attribute a on a.attrelid = t.oid
  where t.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
  union all
  select format('storage of column %%s.%%s: external', t.relname, a.attname)
  from named t join pg_attribute a on a.attrelid = t.oid
  where t.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and a.attstorage = 'e'
  union all
  select format('%%s %%s on %%s using %%s (%%s)%%s%%s', case when x.indisunique then 'unique index' else 'index' end,
                i.relname, t.relname, m.amname,
                (select string_agg(pg_get_indexdef(i.oid, n, false) || case x.indoption[n - 1] when 0 then '' else ' desc' end,
                                   ', ' order by n)
                 from generate_series(1, x.indnkeyatts) as n),
                ' where ' || pg_get_expr(x.indpred, x.indrelid),
                case when x.indisvalid then '' else ' invalid' end)
  from named t
  join pg_index x on x.indrelid = t.oid
  join pg_class i on i.oid = x.indexrelid
  join pg_am m on m.oid = i.relam
  union all
  select format('storage of index %%s: %%s', i.relname, array_to_string(i.reloptions, ', '))
  from named t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid
  where i.reloptions is not null
  union all                                              -- from 18 on, columns that are not null are constraints too
  select format('constraint %%s on %%s %%s', k.conname, t.relname, pg_get_constraintdef(k.oid))
  from named t join pg_constraint k on k.conrelid = t.oid where k.contype <> 'n'
  union all
  select format('sequence %%s %%s by %%s%%s', s.relname, format_type(q.seqtypid, null), q.seqincrement,
                case when q.seqcycle then ' cycle' else '' end)
  from named s join pg_sequence q on q.seqrelid = s.oid
  union all
  select format('type %%s enum (%%s)', e.typname, (
           select string_agg(l.enumlabel, ', ' order by l.enumsortorder) from pg_enum l where l.enumtypid = e.oid))
  from pg_type e
  where e.typnamespace = %(schema)s::oid and e.typtype = 'e'
    and (%(names)s::text[] is null or e.typname = any (%(names)s::text[]))
  union all
  select format('function %%s(%%s) returns %%s, %%s, %%s%%s%%s%%s, source %%s', p.proname,
                pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), l.lanname,
                case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
                case when p.proisstrict then ', strict' else '' end,
                case when p.prosecdef then ', security definer' else '' end,
                ', set ' || array_to_string(p.proconfig, ', '),
                encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'))
  from pg_proc p join pg_language l on l.oid = p.prolang
  where p.pronamespace = %(schema)s::oid and p.prokind = 'f'
    and (%(names)s::text[] is null or p.proname = any (%(names)s::text[]))
) as listed (line)
order by listed.line collate "C"
