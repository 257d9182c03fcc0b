"""The first program inside a sandbox: it serves `server:app` of /policy on a Unix socket that it is given.

The runtime's interpreter runs it as `python -I launcher.py CONTROL`; it imports nothing of kinitro. CONTROL is the
control socket, given as the number of an open file or as a path to connect to. The message that arrives there says that
the limits are on and carries the listening socket; the byte that is sent back says that everything of ours has worked.
Whatever happens after that is the policy's doing. See `startup` for all steps in order.
"""

import os
import socket
import sys

POLICY = "/policy"
PROMISED = ("fastapi", "httptools", "msgspec", "numpy", "uvicorn")
"""Packages that every runtime has. Importing them here tells a broken runtime from a broken policy."""
MAX_OPEN_FILES = 256
"""No file with a higher number is open at this point."""


def connect(where: str) -> socket.socket:
    """Return the control socket: an inherited file number, or a path to connect to."""
    if where.isdecimal():
        return socket.socket(fileno=int(where))
    control = socket.socket(socket.AF_UNIX)
    control.connect(where)
    return control


def main(where: str) -> None:
    control = connect(where)
    _, received, _, _ = socket.recv_fds(control, 1, 1)
    if not received:
        raise SystemExit("the process that should put limits on this one has ended")
    for name in PROMISED:
        __import__(name)
    import uvicorn

    os.chdir(POLICY)
    control.send(b"+")
    control.close()
    # The policy inherits its listening socket and standard streams, and none of our other open files.
    listener = os.dup2(received[0], 3)
    os.closerange(4, MAX_OPEN_FILES)
    sys.path.insert(0, POLICY)
    sys.argv[:] = ["uvicorn"]
    config = uvicorn.Config("server:app", log_level="warning", access_log=False, timeout_keep_alive=60)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=listener)])


if __name__ == "__main__":
    main(sys.argv[1])
