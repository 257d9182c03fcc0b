"""The pure rules of a cycle: who takes part, which seeds, and from results to what is published.

No SQL, no network, no clock, no global random numbers.
"""
