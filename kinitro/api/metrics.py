"""The metrics for Prometheus: this process's requests, and the state of the pool that all instances share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from kinitro.client.messages import TaskResult
from kinitro.cycles.scorecard import SATURATED
from kinitro.database.operations import SQL as OPERATIONS_SQL
from kinitro.database.operations import locks_of
from kinitro.database.pool import ConnectionPool, fetch_on
from kinitro.database.queries import Statements
from kinitro.database.tasks import TaskPool
from kinitro.errors import UnavailableError
from kinitro.evaluation.outcomes import Outcome

SQL = Statements(Path(__file__).with_name("metrics.sql"))
FAULT_REASONS = frozenset(
    {
        *("canary_failed", "worker_crashed", "container_failed", "simulation_failed", "environment_version"),
        *("unknown_environment", "evaluator_error", "reference_fault", "hosting_unavailable"),
    }
)
"""The reasons of evaluator faults (docs/executor.md), so that no executor can invent labels without end."""
LATENCY_BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """The metrics of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.requests = Histogram(
            "kinitro_request_seconds",
            "Latency of requests to this instance.",
            ("method", "route", "status"),
            buckets=LATENCY_BUCKETS_S,
            registry=registry,
        )
        self.submits = Counter(
            "kinitro_submits", "Reports to this instance, by what became of them.", ("status",), registry=registry
        )
        self.expiries = Counter("kinitro_lease_expiries", "Leases that this instance found expired.", registry=registry)
        self.draining = Gauge("kinitro_draining", "1 while this instance is stopping.", registry=registry)
        self.database = Gauge("kinitro_database_up", "1 if the database answered this scrape.", registry=registry)
        self.tasks = Gauge(
            "kinitro_tasks", "Tasks of the newest cycle by state or outcome.", ("state",), registry=registry
        )
        self.leases = Gauge("kinitro_leases", "Living leases.", registry=registry)
        self.oldest_ready = Gauge("kinitro_oldest_ready_task_age_seconds", "0 if no task is ready.", registry=registry)
        self.executors = Gauge(
            "kinitro_executor_last_seen_timestamp_seconds", "Unix time.", ("executor",), registry=registry
        )
        self.weights_age = Gauge("kinitro_weights_age_seconds", "Since weights were last published.", registry=registry)
        self.reaper = Gauge("kinitro_reaper_up", "1 if this instance ends expired leases.", registry=registry)
        self.faults = Counter(
            "kinitro_evaluator_faults",
            "Faults of our own machines that executors reported to this instance.",
            ("reason",),
            registry=registry,
        )
        self.mismatches = Counter(
            "kinitro_physics_mismatches",
            "Requests for tasks by executors whose physics fingerprint is not the cycle's.",
            registry=registry,
        )
        self.verdicts = Gauge(
            "kinitro_verifications",
            "Recorded episodes of the newest cycle, by verdict.",
            ("verdict",),
            registry=registry,
        )
        self.saturated = Gauge(
            "kinitro_saturated_environments",
            "Where success no longer decides.",
            registry=registry,
        )
        self.leaders = Gauge("kinitro_scheduler_leaders", "Schedulers that lead; should be 1.", registry=registry)
        self.database_bytes = Gauge("kinitro_database_bytes", "Size of the database.", registry=registry)
        self.standby_lag = Gauge(
            "kinitro_standby_lag_seconds", "Of the slowest standby server; NaN if none is seen.", registry=registry
        )
        self.rows = Gauge("kinitro_table_rows", "PostgreSQL's estimate.", ("table", "kind"), registry=registry)

    def count_faults(self, reports: Iterable[TaskResult]) -> None:
        """Count the evaluator faults among reports, by reason; one that we do not know is `other`."""
        for report in reports:
            if report.outcome == Outcome.EVALUATOR_FAULT.value:
                self.faults.labels(report.reason if report.reason in FAULT_REASONS else "other").inc()

    async def scrape(self, connections: ConnectionPool, pool: TaskPool, netuid: int | None) -> bytes:
        """Return the metrics in the text format.

        If the database is away, they show `kinitro_database_up 0` and lack the shared state.
        """
        try:
            await self._read_shared(connections, pool, netuid)
            self.database.set(1)
        except UnavailableError:
            self.database.set(0)
            for gauge in (self.tasks, self.executors, self.verdicts, self.rows):
                gauge.clear()
            for single in (self.leases, self.oldest_ready, self.weights_age, self.leaders):
                single.set(math.nan)
        return generate_latest(self.registry)

    async def _read_shared(self, connections: ConnectionPool, pool: TaskPool, netuid: int | None) -> None:
        stats = await pool.stats(netuid)
        self.tasks.clear()
        self.tasks.labels("ready").set(stats.ready)
        self.tasks.labels("leased").set(stats.leased)
        for outcome, count in stats.by_outcome.items():
            self.tasks.labels(outcome).set(count)
        (found,) = await fetch_on(connections, OPERATIONS_SQL("AGES", netuid=netuid))
        self.leases.set(found.leases)
        self.oldest_ready.set(found.tasks_age_s if stats.ready else 0)
        self.weights_age.set(found.weights_age_s if found.weights_age_s is not None else math.nan)
        executors = await fetch_on(connections, SQL("EXECUTORS"))
        self.executors.clear()
        for executor in executors:
            self.executors.labels(executor.name).set(executor.seen)
        self.verdicts.clear()
        for found in await fetch_on(connections, OPERATIONS_SQL("VERDICTS")):
            self.verdicts.labels(found.verdict).set(found.count)
        (newest,) = await fetch_on(connections, SQL("SATURATED", netuid=netuid, note=f"{SATURATED}: "))
        self.saturated.set(newest.environments)
        (server,) = await fetch_on(connections, OPERATIONS_SQL("SERVER", **locks_of(netuid)))
        self.leaders.set(server.leaders)
        self.database_bytes.set(server.bytes)
        self.standby_lag.set(math.nan if server.standby_lag_s is None else server.standby_lag_s)
        self.rows.clear()
        for table in await fetch_on(connections, OPERATIONS_SQL("TABLES")):
            self.rows.labels(table.name, "live").set(table.live)
            self.rows.labels(table.name, "dead").set(table.dead)
