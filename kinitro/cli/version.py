"""What `kinitro --version` says."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kinitro import __version__

PACKAGE = Path(__file__).parents[1]
GIT_S = 5.0


def describe_version(package: Path = PACKAGE) -> str:
    """Return the version, and the commit if it is known: of a release by its file, of a checkout by git."""
    commit = _read_released(package) or _ask_git(package)
    return f"kinitro {__version__}" + (f" (commit {commit})" if commit else "")


def _read_released(package: Path) -> str | None:
    """Return the commit that `tools/release.sh` wrote into the package; None if it is no release."""
    try:
        return (package / "commit.txt").read_text().strip()[:40] or None
    except (OSError, UnicodeDecodeError):
        return None


def _ask_git(package: Path) -> str | None:
    """Return the commit of the checkout that the package is part of, with "+" if it has changes; None without one."""
    try:
        root, commit, changes = (
            subprocess.run(
                ["git", "-C", str(package), *arguments], capture_output=True, text=True, check=True, timeout=GIT_S
            ).stdout.strip()
            for arguments in (
                ("rev-parse", "--show-toplevel"),
                ("rev-parse", "--verify", "HEAD"),
                ("status", "--porcelain", "--untracked-files=no"),
            )
        )
    except (OSError, subprocess.SubprocessError):  # no git, no repository, or no commit yet
        return None
    if Path(root).resolve() != package.resolve().parent:
        return None  # a repository in which it is only installed
    return commit + ("+" if changes else "")
