"""Compiles the renderer, once per machine, in a process of its own, because a compiling thread cannot be stopped."""

from __future__ import annotations

import asyncio
import signal
import sys

from kinitro.errors import KinitroError, UnavailableError
from kinitro.processes import start_child, stop_child


async def prepare_elsewhere() -> str:
    """Compile the renderer unless it is in the cache, and return the physics fingerprint of this machine.

    Cancelling stops it at once. Raises UnavailableError.
    """
    process = await start_child(
        [sys.executable, "-m", "kinitro.verification.preparation"],
        stdout=asyncio.subprocess.PIPE,
        death_signal=signal.SIGKILL,
    )
    try:
        said = (await process.communicate())[0].decode().strip()
    finally:
        await stop_child(process, 0.0, number=None)
    if process.returncode != 0:
        raise UnavailableError(f"The environments cannot be prepared: {said or 'see the output above.'}")
    return said


def main() -> None:
    """Print the fingerprint, or a sentence about what is wrong."""
    from kinitro import environments

    try:
        environments.prepare()
        answer, code = environments.fingerprint(), 0
    except KinitroError as error:
        answer, code = str(error), error.exit_code
    sys.stdout.write(f"{answer}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
