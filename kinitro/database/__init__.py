"""PostgreSQL: connections, schema, migrations, and one store per noun (tasks, cycles, verifications, ...)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinitro.exports import lazy_exports

if TYPE_CHECKING:
    from kinitro.database.connection import Connection as Connection
    from kinitro.database.connection import ConnectionPool as ConnectionPool
    from kinitro.database.creation import create_tasks as create_tasks
    from kinitro.database.cycles import Cycle as Cycle
    from kinitro.database.cycles import CycleConflict as CycleConflict
    from kinitro.database.cycles import CycleStore as CycleStore
    from kinitro.database.cycles import NotRevealed as NotRevealed
    from kinitro.database.cycles import Progress as Progress
    from kinitro.database.errors import DatabaseRefused as DatabaseRefused
    from kinitro.database.errors import DatabaseUnavailable as DatabaseUnavailable
    from kinitro.database.errors import KeyRefused as KeyRefused
    from kinitro.database.errors import SchemaMismatch as SchemaMismatch
    from kinitro.database.errors import UnknownCycle as UnknownCycle
    from kinitro.database.pool import open_pool as open_pool
    from kinitro.database.publications import NewestCycle as NewestCycle
    from kinitro.database.publications import Publication as Publication
    from kinitro.database.publications import PublicationStore as PublicationStore
    from kinitro.database.publications import PublishedMiner as PublishedMiner
    from kinitro.database.schema import check_schema as check_schema
    from kinitro.database.tasks import PoolLimits as PoolLimits
    from kinitro.database.tasks import TaskPool as TaskPool
    from kinitro.database.timelines import Timelines as Timelines
    from kinitro.database.verifications import Verifications as Verifications
else:
    __getattr__, __all__ = lazy_exports(
        __name__,
        {
            "connection": "Connection ConnectionPool",
            "creation": "create_tasks",
            "cycles": "Cycle CycleConflict CycleStore NotRevealed Progress",
            "errors": "DatabaseRefused DatabaseUnavailable KeyRefused SchemaMismatch UnknownCycle",
            "pool": "open_pool",
            "publications": "NewestCycle Publication PublicationStore PublishedMiner",
            "schema": "check_schema",
            "tasks": "PoolLimits TaskPool",
            "timelines": "Timelines",
            "verifications": "Verifications",
        },
    )
