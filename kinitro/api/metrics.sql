-- What /metrics reads beside the counts of tasks.

-- AGES  How many leases there are, and how old the tasks and the weights are. All tasks of a cycle become ready together.
select (select count(*) from lease) as leases,
       coalesce((select extract(epoch from now() - c.tasks_created_at)::float8 from cycle c
                 where c.state = 'running' and (%(netuid)s::int is null or c.netuid = %(netuid)s::int)
                 order by c.id desc limit 1), 0) as tasks_age_s,
       (select extract(epoch from now() - max(p.published_at))::float8 from publication p
        where %(netuid)s::int is null or p.netuid = %(netuid)s::int) as weights_age_s

-- EXECUTORS  Those that asked for tasks in the last day.
select name, extract(epoch from last_seen_at)::float8 as seen from executor where last_seen_at > now() - interval '1 day'
order by last_seen_at desc limit 200

-- VERDICTS  On the recorded episodes of the newest cycle that has any.
select coalesce(verdict, 'open') as verdict, count(*) as count from verification
where cycle_id = (select max(cycle_id) from verification) group by 1

-- SERVER  Sessions that lead (they hold an advisory lock whose second number is 1000 plus the netuid), the database's size, and
-- how far the slowest standby is behind (null without one, or without the right to see it: pg_monitor).
select (select count(*) from pg_locks where locktype = 'advisory' and granted and classid = 1263095382
          and objid between %(first_lock)s::bigint and %(last_lock)s::bigint
          and database = (select oid from pg_database where datname = current_database())) as leaders,
       pg_database_size(current_database()) as bytes,
       (select extract(epoch from max(replay_lag))::float8 from pg_stat_replication) as standby_lag_s

-- TABLES
select relname as name, n_dead_tup as dead, n_live_tup as live from pg_stat_user_tables
where schemaname = current_schema() and relname in ('task', 'lease', 'trace', 'verification')

-- SATURATED  How many environments the note about saturation in the newest scores names.
select coalesce((
  select array_length(string_to_array(split_part(substr(note, length(%(note)s::text) + 1), '. ', 1), ', '), 1)
  from (select scores from publication where %(netuid)s::int is null or netuid = %(netuid)s::int
        order by cycle_id desc limit 1) p, jsonb_array_elements_text(p.scores->'notes') note
  where starts_with(note, %(note)s::text)), 0) as environments
