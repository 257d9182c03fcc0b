"""Events of the log are `snake_case` everywhere: what varies is in fields, so that logs can be searched and counted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import kinitro

PACKAGE = Path(kinitro.__file__).parent
MINERS_OWN = ("miner/template", "miner/variants")
"""What miners copy logs with the standard library only."""
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception"})
PASSED_ON = frozenset({"_report", "_wait", "say"})
"""Our own functions that take an event and hand it to a logger."""


def _events(source: str) -> Iterator[tuple[int, ast.expr]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.func, ast.Attribute):
            continue
        called, owner = node.func.attr, node.func.value
        to_a_logger = called in LEVELS and isinstance(owner, ast.Name) and owner.id in ("log", "_log")
        if to_a_logger or called in PASSED_ON:
            yield node.lineno, node.args[0]


def _wrong(source: str) -> list[int]:
    return [
        line
        for line, event in _events(source)
        if isinstance(event, ast.Constant) and not re.fullmatch(r"[a-z]+(_[a-z]+)*", str(event.value))
    ]


def test_every_event_is_snake_case() -> None:
    wrong, found = [], 0
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(MINERS_OWN):
            source = path.read_text()
            found += sum(isinstance(event, ast.Constant) for _, event in _events(source))
            wrong += [f"{name}:{line}" for line in _wrong(source)]
    assert found > 80
    assert wrong == []


def test_sentences_and_formatted_events_are_found() -> None:
    assert _wrong('log.info("cycle opened")\nself._report("Waiting", cycle=1)\nlog.error("lease_lost", tasks=3)') == [
        1,
        2,
    ]
