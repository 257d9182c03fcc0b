"""Whoever installs a part of Kinitro has what it needs, and is told what is missing for the rest."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from kinitro.cli import _explain_missing

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
MEGABYTES = {"validator": 250}
"""What an installation may take at most, with pip."""
WITHOUT = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name.partition(".")[0] in hidden else find(name, *rest)
hidden = set(sys.argv.pop(1).split(","))
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hide())
from kinitro.cli import main
main()
"""
COMMANDS = {
    "validator": (
        ["validate", "--help"],
        ["list-envs"],
        ["audit", "--api-url", "http://127.0.0.1:1", "--sample", "0"],
        ["doctor", "validator", "--api-url", "http://127.0.0.1:1", "--netuid", "1", "--network", "ws://127.0.0.1:1",
         "--wallet-name", "none", "--hotkey-name", "none"],
    ),
    "miner": (
        ["init-miner", "policy", "--template", "baseline"],
        ["demos", "--environments", "metaworld/reach-v3", "--episodes", "1", "--format", "npz", "--out", "demos"],
        ["evaluate", "--help"],
    ),
}  # fmt: skip
"""What each of them runs; without a network these end with a sentence, or do their work."""


def closure(extra: str) -> set[str]:
    """The distributions that an extra names, with those of the extras that it includes."""
    found: set[str] = set()
    for line in EXTRAS[extra]:
        if included := re.match(r"kinitro\[([^]]+)]", line):
            for name in included[1].split(","):
                found |= closure(name)
        else:
            found.add(re.split(r"[\[<>=!~ ]", line, maxsplit=1)[0].lower())
    return found


def hidden(extra: str) -> str:
    """The modules of what `full` has and this extra has not."""
    others = closure("full") - closure(extra)
    modules = metadata.packages_distributions().items()
    return ",".join(module for module, owners in modules if {owner.lower() for owner in owners} & others)


def run(extra: str, command: list[str], directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, hidden(extra), *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
    )


@pytest.mark.parametrize(("extra", "command"), [(extra, command) for extra in COMMANDS for command in COMMANDS[extra]])
def test_commands_need_no_more_than_their_extra(extra: str, command: list[str], tmp_path: Path) -> None:
    done = run(extra, command, tmp_path)
    assert "is not installed" not in done.stderr, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0 or "\nkinitro: " in f"\n{done.stderr}" or command[0] == "doctor"


def test_what_is_missing_is_said_in_a_sentence(tmp_path: Path) -> None:
    done = run("validator", ["demo"], tmp_path)
    assert done.returncode == 2
    assert re.fullmatch(r"kinitro: This command needs the package \w+, which is not installed: .*\n", done.stderr)
    assert "`pip install 'kinitro[simulator]'` brings it." in _explain_missing("mujoco.viewer")


@pytest.mark.slow
@pytest.mark.parametrize("extra", ["validator", "miner", "full"])
def test_a_fresh_installation_works(extra: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    bin_ = tmp_path / "venv" / "bin"
    subprocess.run([bin_ / "pip", "install", "--quiet", f"{wheel}[{extra}]"], check=True)
    for command in COMMANDS["miner" if extra == "full" else extra]:
        done = subprocess.run([bin_ / "kinitro", *command], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert "is not installed" not in done.stderr, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
    taken = sum(path.stat().st_size for path in (tmp_path / "venv" / "lib").rglob("*") if path.is_file())
    assert taken <= MEGABYTES.get(extra, 2000) * 10**6
