"""What is installed anywhere is locked by hash, and no two locks disagree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
_PIN = re.compile(
    r"^([A-Za-z0-9_.-]+)(?:\[[^]]*])?==([^ ;\\]+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)


def pins(lock: Path) -> dict[str, str]:
    """Package -> version, of those with a hash."""
    return {name: version for name, version, _ in _PIN.findall(lock.read_text())}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_package_of_a_lock_has_its_hashes(lock: Path) -> None:
    named = [line for line in lock.read_text().splitlines() if line and line[0] not in " #"]
    assert len(pins(lock)) == len({line.partition("==")[0].partition("[")[0] for line in named})
    assert all("==" in line for line in named)


@pytest.mark.parametrize("name", ["runtime", "validator"])
def test_what_is_deployed_is_what_was_tested(name: str) -> None:
    tested, deployed = pins(ROOT / "requirements/dev.txt"), pins(ROOT / f"requirements/{name}.txt")
    assert deployed.items() <= tested.items()


def test_nothing_is_installed_without_a_lock() -> None:
    for source in (ROOT / "requirements").glob("*.in"):
        assert source.with_suffix(".txt") in LOCKS or source.name == "build.in", f"{source.name} has no lock"
    places = [*ROOT.glob("deploy/**/*Dockerfile"), ROOT / "docs/validator-guide.md", ROOT / "docs/security.md"]
    for place in places:
        for line in re.findall(r"pip install[^\n]*(?:\\\n[^\n]*)*-r [^\n]*", place.read_text()):
            assert "--require-hashes" in line, f"{place.name}: {line}"
