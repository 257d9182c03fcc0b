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
