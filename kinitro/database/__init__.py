"""PostgreSQL: connections, schema, migrations, and one store per noun (tasks, cycles, verifications, ...)."""
