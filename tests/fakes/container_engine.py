"""A real Docker engine for tests: the one that answers, or one of our own that leaves nothing behind.

Our own needs root. Where its programs are missing they are installed with apt-get. It forwards nothing and changes no
firewall: containers and this machine see each other, and nobody else.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_LIMIT_S = 60.0
PACKAGES = ("docker.io", "debootstrap", "iproute2")
PROGRAMS = ("dockerd", "docker", "debootstrap", "ip")


class NoEngine(Exception):
    """There is none, and it says why none can be started."""


def answering_engine(host: str | None = None) -> bool:
    """Whether the local engine, or the one at `host`, answers."""
    if shutil.which("docker") is None:
        return False
    environment = os.environ | ({"DOCKER_HOST": host} if host else {})
    return subprocess.run(["docker", "info"], capture_output=True, check=False, env=environment).returncode == 0


@contextmanager
def container_engine(directory: Path) -> Iterator[str | None]:
    """Its DOCKER_HOST; None for the local one. Raises NoEngine."""
    if answering_engine():
        if shutil.which("debootstrap") is None:
            raise NoEngine("A Docker engine answers, but debootstrap is not installed: no base image without it.")
        yield None
        return
    _install()
    host = f"unix://{directory / 'docker.sock'}"
    command = ["dockerd", "--host", host, "--iptables=false", "--ip-masq=false"]
    places = [f"--{name}={directory / name}" for name in ("data-root", "exec-root", "pidfile")]
    with (directory / "dockerd.log").open("wb") as log:
        process = subprocess.Popen([*command, *places], stdout=log, stderr=log)
    try:
        limit = time.monotonic() + START_LIMIT_S
        while not answering_engine(host):
            if process.poll() is not None or time.monotonic() > limit:
                words = (directory / "dockerd.log").read_text().splitlines()[-1:]
                raise NoEngine(f"dockerd was started and does not answer: {words}")
            time.sleep(0.2)
        yield host
    finally:
        process.terminate()
        process.wait(60)
        subprocess.run(["ip", "link", "delete", "docker0"], capture_output=True, check=False)


def docker(*arguments: str, **options: Any) -> str:
    """What a command of the engine's client prints; raises CalledProcessError."""
    done = subprocess.run(["docker", *arguments], capture_output=True, check=True, **options)
    return done.stdout.decode().strip()


def debian(root: Path, *packages: str) -> None:
    """A Debian in the directory `root`, which no registry is asked for."""
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", "bookworm", str(root)]
    subprocess.run(command, check=True)


def import_image(root: Path, tag: str, *changes: str) -> None:
    """An image of one layer, with the files of `root`. `changes`: instructions such as `ENV A=b`."""
    options = [word for change in changes for word in ("--change", change)]
    with subprocess.Popen(["tar", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as archive:
        docker("import", *options, "-", tag, stdin=archive.stdout)


def _install() -> None:
    if os.geteuid() != 0:
        raise NoEngine("No Docker engine answers, and only root can start one.")
    if all(shutil.which(name) for name in PROGRAMS):
        return
    if shutil.which("apt-get") is None:
        raise NoEngine("No Docker engine answers, and there is no apt-get to install one with.")
    for arguments in (("update",), ("install", "--yes", "--no-install-recommends", *PACKAGES)):
        done = subprocess.run(["apt-get", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            words = done.stderr.strip().splitlines()[-1:]
            raise NoEngine(f"No Docker engine answers; `apt-get {' '.join(arguments)}` failed: {words}")
