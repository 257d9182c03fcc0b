"""Cycles: seeds, task generation, completion, scoring, publication."""
