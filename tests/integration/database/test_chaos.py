"""Executors crash, stall, report late and twice; connections and whole instances die. Nothing is lost or counted twice.

Every report carries a number of its own (as its reward), so that the stored result says which report it was.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
import pytest

from kinitro.client.errors import ApiRefused, ApiUnavailable
from kinitro.client.http import ApiClient
from kinitro.client.messages import FetchResponse, SubmitRequest
from kinitro.local.ports import free_ports
from tests.fakes.pool_rows import add_cycle, add_executor, add_tasks, request
from tests.fakes.reports import honest

EXECUTORS = 16
MINERS = 16
TTL_S = 1.0
DEADLINE_S = 240.0
FATES = {"work": 10, "twice": 3, "crash": 2, "stall": 2, "fault": 2, "release": 1}
"""What becomes of a lease, and how often."""
ENVIRONMENT = {
    "KINITRO_API_MAX_FAULTS": "20",
    "KINITRO_API_MAX_LEASES": "100",
    "KINITRO_API_FAULT_RETRY_S": "0",
    "KINITRO_API_REAP_INTERVAL_S": "0.1",
    "KINITRO_API_REQUESTS_PER_S": "100000",
    "KINITRO_API_DRAIN_S": "2",
}


@dataclass
class Ledger:
    """What executors know: which lease each report belonged to, and what the API answered."""

    lease_of_report: dict[int, int] = field(default_factory=dict)
    accepted: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    duplicates: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    leases_of_task: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    stale: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


class Instance:
    """One `kinitro api` process, which may be killed and started again on its port."""

    def __init__(self, database: str) -> None:
        (self.port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        arguments = ["api", "--database-url", database, "--port", str(self.port), "--lease-ttl-s", str(TTL_S)]
        self.command = [sys.executable, "-m", "kinitro", *arguments, "--log-level", "error"]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, env=os.environ | ENVIRONMENT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def instances(database: str, count: int) -> Iterator[list[Instance]]:
    started = [Instance(database) for _ in range(count)]
    try:
        yield started
    finally:
        for instance in started:
            instance.process.send_signal(signal.SIGTERM)
        for instance in started:
            instance.process.wait(20)


class Executor:
    """Leases tasks and does with them what chance says, until `finished`."""

    def __init__(self, urls: list[str], key: str, rng: random.Random, ledger: Ledger, finished: asyncio.Event) -> None:
        self.clients = [ApiClient(url, key, tries=2, timeout_s=5.0) for url in urls]
        self.rng, self.ledger, self.finished = rng, ledger, finished

    async def run(self) -> None:
        while not self.finished.is_set():
            with suppress(ApiUnavailable, ApiRefused):
                leased = await self.rng.choice(self.clients).fetch(request(self.rng.randint(1, 8)))
                if leased.lease_id is not None:
                    for task in leased.tasks:
                        self.ledger.leases_of_task[task.task_id].append(leased.lease_id)
                    await self.meet_fate(leased, leased.lease_id)
                    continue
            await asyncio.sleep(0.1)
        for client in self.clients:
            await client.close()

    async def meet_fate(self, leased: FetchResponse, lease: int) -> None:
        fate = self.rng.choices(list(FATES), list(FATES.values()))[0]
        if fate == "crash":
            return
        if fate == "stall":
            await asyncio.sleep(2.5 * TTL_S)
        if fate == "release":
            await self.rng.choice(self.clients).release(lease)
        outcome = 4 if fate == "fault" else 1
        results = [honest(task, outcome, reward=next(self.ledger.numbers)) for task in leased.tasks]
        for result in results:
            self.ledger.lease_of_report[int(result.total_reward)] = lease
        half = len(results) // 2
        for part in (results[:half], results[half:]):
            if part:
                await asyncio.sleep(self.rng.uniform(0.0, 0.02))
                submits = [self.submit(SubmitRequest(lease_id=lease, results=part))]
                if fate in ("twice", "stall"):
                    submits.append(self.submit(SubmitRequest(lease_id=lease, results=part)))
                await asyncio.gather(*submits)

    async def submit(self, body: SubmitRequest) -> None:
        for _ in range(6):
            try:
                answer = await self.rng.choice(self.clients).submit(body)
            except ApiUnavailable:
                continue
            for result, status in zip(body.results, answer.results, strict=True):
                if status.status == "stale":
                    self.ledger.stale += 1
                elif result.outcome != 4:
                    known = self.ledger.accepted if status.status == "accepted" else self.ledger.duplicates
                    known[result.task_id].append(int(result.total_reward))
            return


async def observer(database: str) -> psycopg.AsyncConnection:
    """A connection that `disturb` spares."""
    return await psycopg.AsyncConnection.connect(database, autocommit=True, application_name="observer")


async def disturb(database: str, running: list[Instance], rng: random.Random, finished: asyncio.Event) -> None:
    """End database sessions all the time, and kill each instance once."""
    kills = [rng.uniform(0.5, 3.0) + 3.0 * number for number in range(len(running))]
    clock = asyncio.get_running_loop()
    began = clock.time()
    async with await observer(database) as connection:
        while not finished.is_set():
            await connection.execute(
                "select pg_terminate_backend(pid) from (select pid from pg_stat_activity "
                "where datname = current_database() and application_name <> 'observer' "
                "order by random() limit 1) as victim"
            )
            if kills and clock.time() - began > kills[0]:
                victim = running[len(kills) - 1]
                kills.pop(0)
                await asyncio.to_thread(victim.kill)
                victim.start()
            await asyncio.sleep(rng.uniform(0.05, 0.3))


async def until_all_finished(database: str, total: int, finished: asyncio.Event) -> None:
    async with await observer(database) as connection:
        try:
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    row = await (await connection.execute("select count(outcome) from task")).fetchone()
                    if row == (total,):
                        return
                    await asyncio.sleep(0.2)
        finally:
            finished.set()


@pytest.mark.parametrize(
    ("seed", "episodes"), [(1, 4), *(pytest.param(seed, 12, marks=pytest.mark.slow) for seed in range(2, 7))]
)
async def test_nothing_is_lost_counted_twice_or_overwritten(database: str, seed: int, episodes: int) -> None:
    cycle = add_cycle(database, miners=dict.fromkeys(range(MINERS), 8))
    add_tasks(database, cycle, uids=list(range(MINERS)), episodes=episodes)
    keys = [add_executor(database, f"gpu-{number}")[1] for number in range(EXECUTORS)]
    total, ledger, finished = MINERS * 2 * episodes, Ledger(), asyncio.Event()
    rng = random.Random(seed)
    with instances(database, 2) as running:
        executors = [
            Executor([instance.url for instance in running], key, random.Random(f"{seed} {number}"), ledger, finished)
            for number, key in enumerate(keys)
        ]
        await asyncio.gather(
            until_all_finished(database, total, finished),
            disturb(database, running, rng, finished),
            *(executor.run() for executor in executors),
        )
    with psycopg.connect(database) as connection:
        stored = connection.execute("select id, lease_id, outcome, total_reward from task order by id").fetchall()
        leases = connection.execute("select count(*) from lease where task_ids <> '{}'").fetchone()
    print(f"seed {seed}: {sum(map(len, ledger.leases_of_task.values()))} tasks leased for {total} results, "
          f"{sum(map(len, ledger.duplicates.values()))} duplicates, {ledger.stale} stale reports")  # fmt: skip
    assert [outcome for _, _, outcome, _ in stored] == ["success"] * total, "lost"
    assert leases == (0,)
    for task, lease, _, reward in stored:
        report = int(reward)
        assert len(ledger.accepted[task]) <= 1, f"task {task} was counted twice"
        assert {report} >= set(ledger.accepted[task]) | set(ledger.duplicates[task]), f"task {task} was overwritten"
        assert ledger.lease_of_report[report] == lease, f"task {task} has the result of a lease that was lost"
        assert lease >= max(ledger.leases_of_task[task]), f"task {task} was leased again after it was finished"
    assert ledger.stale > 0, "nobody was late: the test proved nothing"
