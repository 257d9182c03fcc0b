-- What /metrics reads beside the counts of tasks; parameters in psycopg's style.

-- AGES  all tasks of a cycle become ready together
select (select count(*) from lease),
       coalesce((select extract(epoch from now() - c.tasks_created_at)::float8 from cycle c
                 where c.state = 'running' and (%(netuid)s::int is null or c.netuid = %(netuid)s::int)
                 order by c.id desc limit 1), 0),
       (select extract(epoch from now() - max(p.published_at))::float8 from publication p
        where %(netuid)s::int is null or p.netuid = %(netuid)s::int)

-- EXECUTORS  seen lately
select name, extract(epoch from last_seen_at)::float8 from executor where last_seen_at > now() - interval '1 day'
order by last_seen_at desc limit 200
