"""A whole subnet on one machine: PostgreSQL, services, and demo miners, for `kinitro demo` and the tests."""
