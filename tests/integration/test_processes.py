"""No child outlives us, not even one that was only just started."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from tests.integration.test_worker_pool import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent is gone")

STARTS_A_CHILD = """
import signal, subprocess, sys
from kinitro.processes import die_with_parent
child = subprocess.Popen(["sleep", "60"], preexec_fn=die_with_parent(signal.SIGTERM))
print(child.pid, flush=True)
child.wait()
"""

DIES_TOO_EARLY = """
import os, select, signal
from kinitro.processes import die_with_parent
parent = os.pidfd_open(os.getpid())
prepare = die_with_parent(signal.SIGTERM)
if os.fork() == 0:
    select.select([parent], [], [])
    prepare()
    print("went on without a parent", flush=True)
"""
"""The child prepares itself only when its parent is gone: a pidfd becomes readable after the kernel has given the
children of a process that exits to another parent, while its pipes are closed before that."""


def test_a_child_ends_with_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", STARTS_A_CHILD], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    with parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.name() == "sleep"
        parent.kill()
    _, alive = psutil.wait_procs([child], timeout=20)
    assert not alive


def test_a_child_whose_parent_was_gone_before_it_could_ask_does_not_begin() -> None:
    ended = subprocess.run([sys.executable, "-c", DIES_TOO_EARLY], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert ended.returncode == 0
    assert ended.stdout == ended.stderr == ""
