"""Lease, evaluate, submit; one process per core or in containers."""
