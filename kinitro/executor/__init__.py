"""The executor: leases tasks, runs their episodes against policy servers, and submits the results."""
