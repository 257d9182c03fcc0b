"""The metrics for Prometheus: this process's requests, and the state of the pool that all instances share."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from kinitro.database.pool import ConnectionPool, fetch_on
from kinitro.database.queries import Statements
from kinitro.database.tasks import TaskPool
from kinitro.errors import UnavailableError

SQL = Statements(Path(__file__).with_name("metrics.sql"))
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

    async def scrape(self, connections: ConnectionPool, pool: TaskPool, netuid: int | None) -> bytes:
        """Return the metrics in the text format.

        If the database is away, they show `kinitro_database_up 0` and lack the shared state.
        """
        try:
            await self._read_shared(connections, pool, netuid)
            self.database.set(1)
        except UnavailableError:
            self.database.set(0)
            for gauge in (self.tasks, self.executors):
                gauge.clear()
        return generate_latest(self.registry)

    async def _read_shared(self, connections: ConnectionPool, pool: TaskPool, netuid: int | None) -> None:
        stats = await pool.stats(netuid)
        self.tasks.clear()
        self.tasks.labels("ready").set(stats.ready)
        self.tasks.labels("leased").set(stats.leased)
        for outcome, count in stats.by_outcome.items():
            self.tasks.labels(outcome).set(count)
        (found,) = await fetch_on(connections, SQL("AGES", netuid=netuid))
        self.leases.set(found.leases)
        self.oldest_ready.set(found.tasks_age_s if stats.ready else 0)
        self.weights_age.set(found.weights_age_s if found.weights_age_s is not None else float("nan"))
        executors = await fetch_on(connections, SQL("EXECUTORS"))
        self.executors.clear()
        for executor in executors:
            self.executors.labels(executor.name).set(executor.seen)
