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
import os, signal
from kinitro.processes import die_with_parent
end, other_end = os.pipe()
prepare = die_with_parent(signal.SIGTERM)
if os.fork() == 0:
    os.close(other_end)
    os.read(end, 1)
    prepare()
    print("went on without a parent", flush=True)
"""
"""The child prepares itself only when its parent is gone."""


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
