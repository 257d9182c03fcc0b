"""SQL lives in `.sql` files next to the module that runs it; this reads them."""

from __future__ import annotations

import re
from pathlib import Path

_HEADING = re.compile(r"^-- ([A-Z][A-Z_]+)\b.*$", re.MULTILINE)


def load_statements(path: Path) -> dict[str, str]:
    """The statements of a file, by name.

    A line that begins with `-- NAME` in capitals starts the statement NAME; text before the first one is the
    file's introduction. Raises ValueError if a name appears twice.
    """
    text = path.read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(text))
    statements: dict[str, str] = {}
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        name = heading.group(1)
        if name in statements:
            raise ValueError(f"{path.name} has two statements named {name}.")
        body = text[heading.end() : following.start() if following else len(text)]
        statements[name] = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("--")).strip()
    return statements
