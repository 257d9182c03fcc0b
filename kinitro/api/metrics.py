"""The metrics for Prometheus: this process's requests, and the state of the pool that all instances share."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from psycopg.rows import TupleRow

from kinitro.database.pool import Connection, ConnectionPool, run_on
from kinitro.database.statements import load_statements
from kinitro.database.tasks import TaskPool
from kinitro.errors import UnavailableError

SQL = load_statements(Path(__file__).with_name("metrics.sql"))
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

        async def read(connection: Connection) -> tuple[TupleRow | None, list[TupleRow]]:
            ages = await (await connection.execute(SQL["AGES"], {"netuid": netuid})).fetchone()
            return ages, await (await connection.execute(SQL["EXECUTORS"])).fetchall()

        ages, executors = await run_on(connections, read)
        if ages is not None:
            self.leases.set(ages[0])
            self.oldest_ready.set(ages[1] if stats.ready else 0)
            self.weights_age.set(ages[2] if ages[2] is not None else float("nan"))
        self.executors.clear()
        for name, seen in executors:
            self.executors.labels(name).set(seen)
