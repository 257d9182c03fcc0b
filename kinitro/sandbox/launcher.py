"""What runs inside a sandbox: serves `server:app` of /policy on a Unix socket that it is given.

Run as `python -I launcher.py CHANNEL` by the runtime's interpreter; imports nothing of kinitro. CHANNEL is a Unix
socket to the one who made the sandbox: the number of an open file, or a path to connect to. The message that comes says
that the limits are on, and brings the listening socket; the byte that goes there says that everything of ours worked.
From then on, whatever happens is the policy's doing.
"""

import os
import socket
import sys

POLICY = "/policy"
PROMISED = ("fastapi", "httptools", "msgspec", "numpy", "uvicorn")
"""Every runtime has these."""
MAX_OPEN_FILES = 256
"""More are not open so early."""


def connected(where: str) -> socket.socket:
    if where.isdecimal():
        return socket.socket(fileno=int(where))
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(where)
    return channel


def main(where: str) -> None:
    channel = connected(where)
    _, received, _, _ = socket.recv_fds(channel, 1, 1)
    if not received:
        raise SystemExit("nobody is there to put limits on this")
    for name in PROMISED:
        __import__(name)
    import uvicorn

    os.chdir(POLICY)
    channel.send(b"+")
    channel.close()
    listener = os.dup2(received[0], 3)
    os.closerange(4, MAX_OPEN_FILES)
    sys.path.insert(0, POLICY)
    sys.argv[:] = ["uvicorn"]
    config = uvicorn.Config("server:app", log_level="warning", access_log=False, timeout_keep_alive=60)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=listener)])


if __name__ == "__main__":
    main(sys.argv[1])
