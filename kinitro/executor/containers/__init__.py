"""Evaluation in containers through Affinetes: the same evaluation code behind its HTTP interface.

    executor ── bridge (a process per container; Affinetes) ── HTTP ── server ── Actor ── worker processes

Affinetes patches asyncio for its whole process, so it lives in bridges, never in the executor itself.
"""
