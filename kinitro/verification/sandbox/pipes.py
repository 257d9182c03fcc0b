"""Open files through which we talk with a sandbox while it is set up."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import BinaryIO


def pipe(stack: contextlib.ExitStack | contextlib.AsyncExitStack) -> tuple[BinaryIO, BinaryIO]:
    """(reading end, writing end), both closed with the stack."""
    reading, writing = os.pipe()
    return (
        stack.enter_context(os.fdopen(reading, "rb", buffering=0)),
        stack.enter_context(os.fdopen(writing, "wb", buffering=0)),
    )


def memory_file(content: bytes) -> BinaryIO:
    """A file in memory, to be read from its beginning."""
    file = os.fdopen(os.memfd_create("kinitro"), "r+b", buffering=0)
    file.write(content)
    file.seek(0)
    return file


async def read_to_end(file: BinaryIO) -> bytes:
    """Everything that is written to a pipe of ours until all its writers are gone; closes it."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    try:
        return await reader.read()
    finally:
        transport.close()
