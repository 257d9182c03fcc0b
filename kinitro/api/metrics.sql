-- What /metrics reads beside the counts of tasks.

-- EXECUTORS  Those that asked for tasks in the last day.
select name, extract(epoch from last_seen_at)::float8 as seen from executor where last_seen_at > now() - interval '1 day'
order by last_seen_at desc limit 200

-- SATURATED  How many environments the note about saturation in the newest scores names.
select coalesce((
  select array_length(string_to_array(split_part(substr(note, length(%(note)s::text) + 1), '. ', 1), ', '), 1)
  from (select scores from publication where %(netuid)s::int is null or netuid = %(netuid)s::int
        order by cycle_id desc limit 1) p, jsonb_array_elements_text(p.scores->'notes') note
  where starts_with(note, %(note)s::text)), 0) as environments
