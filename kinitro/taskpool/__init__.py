"""PostgreSQL: migrations, queries, leases, results; and the messages of the API."""
