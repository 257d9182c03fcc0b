"""The miners of the demo: who they are, and how their policy servers come into being.

Each is the template of `kinitro init-miner` with a policy of its own: an ordinary miner in an ordinary process that
speaks the ordinary protocol, and sees what every miner sees.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from kinitro.local.supervisor import Service
from kinitro.miner.projects import create_project

POLICIES = Path(__file__).parent / "policies"


@dataclass(frozen=True, slots=True)
class DemoMiner:
    """A miner of the demo."""

    name: str
    template: str
    """Of `kinitro init-miner`."""
    policy: str | None
    """A module of `kinitro/local/policies` that takes the place of the template's policy; None: it does not."""
    description: str


DEMO_MINERS = (
    DemoMiner("idle", "random", "idle", "never moves"),
    DemoMiner("random", "random", None, "moves at random"),
    DemoMiner("specialist", "baseline", "specialist", "closes drawers, nothing else"),
    DemoMiner("generalist", "baseline", None, "the shipped baseline"),
    DemoMiner("copycat", "baseline", None, "the generalist's bytes, committed later"),
)
"""The demo's miners in the order of their commitments, which decides ties."""


def write_policy_directory(miner: DemoMiner, parent: Path) -> Path:
    """Write `parent/<name>`: the template with the miner's policy in it; returns its path."""
    directory = parent / miner.name
    create_project(directory, miner.template)
    if miner.policy is not None:
        (directory / "policy.py").rename(directory / "template_policy.py")
        shutil.copyfile(POLICIES / f"{miner.policy}.py", directory / "policy.py")
    return directory


def digest_content(directory: Path) -> str:
    """Compute 40 hexadecimal digits that identify the files of a directory, as a commit hash does."""
    digest = hashlib.sha1(usedforsecurity=False)
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        digest.update(path.relative_to(directory).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def make_policy_service(name: str, directory: Path, port: int) -> Service:
    """Make the service that a miner runs: `uvicorn server:app` in its own directory."""
    command = [sys.executable, "-m", "uvicorn", "server:app", "--port", str(port), "--log-level", "warning"]
    # One thread for each server's array mathematics: five of them share this machine's cores.
    limits = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return Service(f"miner-{name}", command, limits, directory)
