"""Code may move; what others see of it may not. `python -m tests.golden` records an intended change."""

from __future__ import annotations

from pathlib import Path

import pytest

import tests.golden
from tests.golden.records import RECORDS, encode

STORED = Path(tests.golden.__file__).parent


@pytest.mark.parametrize("name", RECORDS)
def test_what_others_see_is_as_it_was_recorded(name: str) -> None:
    assert encode(RECORDS[name]()).decode() == (STORED / f"{name}.json").read_text()
