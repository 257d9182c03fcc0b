"""A whole subnet on one machine: embedded PostgreSQL, supervisor, demo miners."""
