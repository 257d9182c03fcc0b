"""Fetch, check, set weights."""
