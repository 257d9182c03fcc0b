"""Open files through which we talk with a sandbox while it is set up."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import BinaryIO

_READ_BYTES = 65536


def channel(stack: contextlib.ExitStack | contextlib.AsyncExitStack) -> tuple[socket.socket, socket.socket]:
    """(our end, their end), both closed with the stack."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return stack.enter_context(ours), stack.enter_context(theirs)


async def read_to_end(ours: socket.socket) -> bytes:
    """Everything that is written at the other end until nobody has it open any more."""
    loop = asyncio.get_running_loop()
    received = bytearray()
    while part := await loop.sock_recv(ours, _READ_BYTES):
        received += part
    return bytes(received)


def memory_file(content: bytes) -> BinaryIO:
    """A file in memory, to be read from its beginning."""
    file = os.fdopen(os.memfd_create("kinitro"), "r+b", buffering=0)
    file.write(content)
    file.seek(0)
    return file
