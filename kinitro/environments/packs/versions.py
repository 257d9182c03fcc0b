"""Versions of environments whose episodes are drawn from a pack: they name its digest.

A seed means another episode with another pack. With the digest in it, the version that every task, trace and manifest
has says which pack is meant, and whatever compares versions refuses the wrong one.
"""

from __future__ import annotations

import re

SEALED_RUNG = "sealed"
"""The rung that draws from a pack."""
_MARK = "~"
_BOUND = re.compile(f"(?P<version>[^{_MARK}]*){_MARK}(?P<digest>[0-9a-f]{{64}})", re.ASCII)


def bind_version(version: str, digest: str) -> str:
    """Return the version of an environment whose episodes are drawn from the pack with this digest."""
    return f"{version}{_MARK}{digest}"


def split_version(version: str) -> tuple[str, str | None]:
    """Return a version without the digest of a pack, and this digest; None if it names none."""
    bound = _BOUND.fullmatch(version)
    return (version, None) if bound is None else (bound["version"], bound["digest"])
