"""Worker processes: one per core, each with many episodes in flight. A crash costs only the episodes that ran in it.

The life of a worker process (see `jobs` for the messages and `worker` for its side):

1. We make a pair of sockets and start the process with the number of its end as the only argument.
2. We send the configuration. It contains secrets, so it is neither an argument nor a variable.
3. The worker prepares itself and answers WorkerReady, or Failed with the reason. Until then it may be silent for
   START_LIMIT_S: the first worker of a machine compiles the renderer, which the others then load.
4. We send assignments; it sends results, and heartbeats between them. If it is silent for longer than the limit, it
   hangs and is killed.
5. When its socket is closed by us, or because this process has died, the worker ends by itself. What it still ran is
   reported as an evaluator fault, and unless the pool is closing a new process is started.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack

import msgspec

from kinitro.evaluation import jobs
from kinitro.evaluation.episodes_in_flight import EpisodesInFlight, allow_episodes, read_free_memory
from kinitro.evaluation.errors import EvaluatorUnavailable
from kinitro.evaluation.jobs import Job
from kinitro.evaluation.outcomes import EpisodeResult, Outcome
from kinitro.evaluation.worker import WorkerConfig
from kinitro.logs import get_logger
from kinitro.processes import kill_child, start_child, stop_child
from kinitro.supervision import SupervisedLoop

WORKER_CRASHED = "worker_crashed"
MAX_FAILED_STARTS = 3
"""Failed starts in a row of one worker, after which the pool gives up."""
RESTART_PAUSE_S = 0.5
EXIT_GRACE_S = 2.0
"""Seconds between closing a process' socket and killing the process."""
SILENCE_LIMIT_S = 120.0
"""A worker that sends nothing for so long hangs and is killed."""
START_LIMIT_S = 600.0
"""The same limit before it is ready: once per machine it compiles the renderer, which takes 10 s on an idle core."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""One process per core: libraries must not start threads of their own."""
log = get_logger(__name__)


class ProcessPool:
    """An Evaluator of processes that speak the messages of `jobs`, with `episodes_each` interleaved episodes each.

    If `episodes_each` is an EpisodesInFlight, their number follows from the results.

    modules: for each process the module to run and the configuration that is sent to it.
    silence_limit_s: a process that sends nothing for so long is killed.
    exit_grace_s: how long a process may take to end after its socket was closed.
    """

    def __init__(
        self,
        modules: Sequence[tuple[str, msgspec.Struct]],
        episodes_each: int | EpisodesInFlight,
        *,
        silence_limit_s: float = SILENCE_LIMIT_S,
        exit_grace_s: float = EXIT_GRACE_S,
    ) -> None:
        self._adapting = episodes_each if isinstance(episodes_each, EpisodesInFlight) else None
        self._fixed = 0 if isinstance(episodes_each, EpisodesInFlight) else episodes_each
        self._workers = [
            _Worker(module, config, silence_limit_s, exit_grace_s, self._notify) for module, config in modules
        ]
        self._supervisors: list[asyncio.Task[None]] = []
        self._change = asyncio.Condition()
        self.fingerprint = ""
        self.versions: dict[str, str] = {}

    @property
    def capacity(self) -> int:
        """How many episodes run at once."""
        return len(self._workers) * self._episodes_each

    @property
    def _episodes_each(self) -> int:
        return self._fixed if self._adapting is None else self._adapting.count

    @property
    def process_ids(self) -> list[int]:
        """The process ids of the workers that run now."""
        return [worker.process_id for worker in self._workers if worker.process_id is not None]

    async def start(self) -> None:
        """Start all workers and wait until they are ready: first one, which compiles what the others then load.

        Raises EvaluatorUnavailable.
        """
        for beginners in (self._workers[:1], self._workers[1:]):
            self._supervisors += [asyncio.create_task(worker.supervise()) for worker in beginners]
            async with self._change:
                while not all(worker.ready for worker in beginners):
                    self._check()
                    await self._change.wait()
        self.fingerprint, self.versions = self._workers[0].fingerprint, self._workers[0].versions

    async def evaluate(self, job: Job) -> EpisodeResult:
        """Run the job in the least busy worker; wait if all are fully occupied. Raises EvaluatorUnavailable."""
        worker = await self._wait_for_worker()  # nothing is awaited between choosing a worker and occupying it
        try:
            result = await worker.run(job)
            if self._adapting is not None:
                self._adapting.learn(result)
            return result
        finally:
            await self._notify()

    async def close(self) -> None:
        """End the processes and give up the episodes that they run."""
        for supervisor in self._supervisors:
            supervisor.cancel()
        await asyncio.gather(*self._supervisors, return_exceptions=True)
        self._supervisors = []

    async def _wait_for_worker(self) -> _Worker:
        async with self._change:
            while (chosen := self._pick_least_busy()) is None:
                await self._change.wait()
        return chosen

    def _check(self) -> None:
        for worker in self._workers:
            if worker.failure is not None:
                raise EvaluatorUnavailable(worker.failure)

    def _pick_least_busy(self) -> _Worker | None:
        self._check()
        free = [worker for worker in self._workers if worker.ready and worker.load < self._episodes_each]
        return min(free, key=lambda worker: worker.load, default=None)

    async def _notify(self) -> None:
        async with self._change:
            self._change.notify_all()


class WorkerPool(ProcessPool):
    """A pool of `workers` worker processes on this machine; one per core is best.

    episodes_per_worker: how many episodes each runs at once; None lets the number follow measured latency and step
        time, within the memory that is free now.
    """

    def __init__(
        self,
        workers: int,
        episodes_per_worker: int | None,
        config: WorkerConfig | None = None,
        *,
        silence_limit_s: float = SILENCE_LIMIT_S,
    ) -> None:
        worker = ("kinitro.evaluation.worker", config or WorkerConfig())
        super().__init__(
            [worker] * workers,
            episodes_per_worker or EpisodesInFlight(allow_episodes(workers, read_free_memory())),
            silence_limit_s=silence_limit_s,
        )


class _Worker:
    """One worker process, which is started again when it ends."""

    def __init__(
        self,
        module: str,
        config: msgspec.Struct,
        silence_limit_s: float,
        exit_grace_s: float,
        notify: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        self._module = module
        self._config = config
        self._silence_limit_s = silence_limit_s
        self._exit_grace_s = exit_grace_s
        self._notify = notify
        self._keys = itertools.count(1)
        self._pending: dict[int, asyncio.Future[EpisodeResult]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._last_error = "it ended without a message, see its log above"
        self.process_id: int | None = None
        self.ready = False
        self.failure: str | None = None
        self.fingerprint = ""
        self.versions: dict[str, str] = {}

    @property
    def load(self) -> int:
        return len(self._pending)

    async def run(self, job: Job) -> EpisodeResult:
        writer = self._writer
        if writer is None:
            raise RuntimeError("run a job only where `ready` is true")
        key = next(self._keys)
        self._pending[key] = asyncio.get_running_loop().create_future()
        jobs.send(writer, jobs.Assignment(key, job))
        try:
            return await self._pending[key]
        except asyncio.CancelledError:
            if self._writer is writer:
                jobs.send(writer, jobs.Cancel(key))
            raise
        finally:
            self._pending.pop(key, None)

    async def supervise(self) -> None:
        """Keep a process running until cancelled, or until it has failed to start too often."""
        failed_starts = 0
        lives = SupervisedLoop("worker process")
        while failed_starts < MAX_FAILED_STARTS:
            became_ready = False
            with lives.turn():
                became_ready = await self._live()
            failed_starts = 0 if became_ready else failed_starts + 1
            await self._notify()
            await asyncio.sleep(RESTART_PAUSE_S)
        self.failure = f"A worker process failed to start {MAX_FAILED_STARTS} times in a row: {self._last_error}"
        await self._notify()

    async def _live(self) -> bool:
        """Start the process and serve it until it ends; return whether it became ready."""
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as unless_started:
            unless_started.callback(ours.close)
            process = await start_child(
                [sys.executable, "-m", self._module, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                environment=os.environ | ONE_THREAD,
                death_signal=None,  # the socket closes, and then a container is tidied away, too
            )
            unless_started.pop_all()
        self.process_id = process.pid
        reader, self._writer = await asyncio.open_connection(sock=ours)
        jobs.send(self._writer, self._config)
        try:
            await self._listen(reader)
        except TimeoutError:
            log.error("worker_hangs_and_is_killed", pid=process.pid, silent_s=self._silence_limit_s)
            kill_child(process)
        finally:
            became_ready, self.ready, self.process_id = self.ready, False, None
            self._writer.close()  # which tells the process to end
            await stop_child(process, self._exit_grace_s, number=None)
            if self._pending:
                log.error("worker_crashed", pid=process.pid, exit_code=process.returncode, episodes=len(self._pending))
            self._lose_pending()
        return became_ready

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while True:
            async with asyncio.timeout(self._silence_limit_s if self.ready else START_LIMIT_S):
                answer = await jobs.receive_answer(reader)
            match answer:
                case None:
                    return
                case jobs.WorkerReady(fingerprint=fingerprint, versions=versions):
                    self.fingerprint, self.versions, self.ready = fingerprint, versions, True
                    await self._notify()
                case jobs.Failed(message=message):
                    self._last_error = message
                case jobs.Report(key=key, result=result):
                    if (waiting := self._pending.get(key)) is not None and not waiting.done():
                        waiting.set_result(result)

    def _lose_pending(self) -> None:
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_result(EpisodeResult(Outcome.EVALUATOR_FAULT, steps=0, reason=WORKER_CRASHED))
