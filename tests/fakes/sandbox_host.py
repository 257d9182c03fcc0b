"""Runs one sandboxed policy for a test that lives in another process, and under another user.

`python sandbox_host.py POLICY RUNTIME LIMITS`, the last two as JSON. Writes JSON lines: first {"socket": path} or
{"error": class, "message": text}; at the end {"reason", "code", "log"}. Ends when its stdin does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from kinitro.sandbox.bubblewrap import BubblewrapSandbox
from kinitro.sandbox.errors import SandboxError
from kinitro.sandbox.interface import Limits, Runtime


def tell(message: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


async def main(policy: Path, runtime: Runtime, limits: Limits) -> None:
    asked_to_end = asyncio.create_task(asyncio.to_thread(sys.stdin.buffer.read))
    try:
        async with BubblewrapSandbox(allow_no_control_group=True).serve(
            policy, runtime=runtime, limits=limits
        ) as served:
            tell({"socket": str(served.socket)})
            while not asked_to_end.done() and not served.poll():
                await served.wait(0.05)
            ending = served.poll()
        tell(ending or served.poll())
        await asked_to_end
    except SandboxError as error:
        tell({"error": type(error).__name__, "message": str(error)})


if __name__ == "__main__":
    asyncio.run(
        main(
            Path(sys.argv[1]),
            msgspec.json.decode(sys.argv[2], type=Runtime, dec_hook=lambda kind, text: kind(text)),
            msgspec.json.decode(sys.argv[3], type=Limits),
        )
    )
