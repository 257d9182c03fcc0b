"""`make test` runs both halves of the tests and reports both."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTEST = """\
#!/bin/sh
echo "$@" >> calls
case "$*" in *acceptance*) exit {second};; *) exit {first};; esac
"""


@pytest.mark.parametrize(
    ("first", "second", "report"),
    [
        (0, 0, "unit and integration tests: passed; acceptance tests: passed"),
        (1, 0, "unit and integration tests: FAILED; acceptance tests: passed"),
        (0, 1, "unit and integration tests: passed; acceptance tests: FAILED"),
        (1, 2, "unit and integration tests: FAILED; acceptance tests: FAILED"),
    ],
)
def test_both_halves_run_and_are_reported(tmp_path: Path, first: int, second: int, report: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for path, text in {
        "tools/setup.sh": "#!/bin/sh\n",
        ".venv/bin/pytest": PYTEST.format(first=first, second=second),
    }.items():
        script = tmp_path / path
        script.parent.mkdir(parents=True)
        script.write_text(text)
        script.chmod(0o755)
    ended = subprocess.run(["make", "test"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (ended.returncode == 0) == (first == second == 0)
    assert report in ended.stdout
    calls = (tmp_path / "calls").read_text().splitlines()
    assert ["tests/unit tests/integration" in call for call in calls] == [True, False]
    assert calls[1].endswith("tests/acceptance")
