"""A real pgbouncer in front of a real PostgreSQL."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from kinitro.local.ports import free_ports
from kinitro.processes import die_with_parent


@contextmanager
def pgbouncer(server_url: str, pool_mode: str, *, pool_size: int = 20) -> Iterator[str]:
    """The server's URL with pgbouncer's port in it."""
    with (
        tempfile.TemporaryDirectory(prefix="kinitro-pgbouncer-") as name,
        _running(Path(name), server_url, pool_mode, pool_size) as url,
    ):
        yield url


@contextmanager
def _running(directory: Path, server_url: str, pool_mode: str, pool_size: int) -> Iterator[str]:
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "pgbouncer is not installed: run tools/setup.sh dev, or `apt-get install pgbouncer`"
    server = urlsplit(server_url)
    (port,) = free_ports(1)
    (directory / "users.txt").write_text(f'"{server.username}" "{server.password}"\n')
    (directory / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={server.hostname} port={server.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = trust\nauth_file = {directory}/users.txt\n"
        f"pool_mode = {pool_mode}\ndefault_pool_size = {pool_size}\n"
    )
    account: dict[str, Any] = {}
    if os.geteuid() == 0:  # pgbouncer, too, refuses to run as root
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        for path in (directory, *directory.iterdir()):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, directory / "pgbouncer.ini"],
            stdout=subprocess.DEVNULL,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGTERM),
            cwd="/",
            **account,
        )
    url = server._replace(netloc=f"{server.username}:{server.password}@127.0.0.1:{port}").geturl()
    try:
        while True:
            try:
                psycopg.connect(url).close()
                break
            except psycopg.OperationalError:
                assert process.poll() is None, (directory / "log").read_text()
                time.sleep(0.02)
        yield url
    finally:
        process.terminate()
        process.wait()
