"""What runs inside a sandbox: serves `server:app` of /policy on the Unix socket it inherited.

Run as `python -I launcher.py LISTENER STATUS` by the runtime's interpreter; imports nothing of kinitro. A byte that
comes on STATUS says that the limits are on; the byte that goes there, that everything of ours worked. From then on,
whatever happens is the policy's doing.
"""

import os
import socket
import sys

POLICY = "/policy"
PROMISED = ("fastapi", "httptools", "msgspec", "numpy", "uvicorn")
"""Every runtime has these."""


def main(listener: int, status: int) -> None:
    channel = socket.socket(fileno=status)
    if not channel.recv(1):
        raise SystemExit("nobody is there to put limits on this")
    for name in PROMISED:
        __import__(name)
    import uvicorn

    os.chdir(POLICY)
    os.closerange(3, min(listener, status))
    os.closerange(min(listener, status) + 1, max(listener, status))
    os.closerange(max(listener, status) + 1, 256)
    channel.send(b"+")
    channel.close()
    sys.path.insert(0, POLICY)
    sys.argv[:] = ["uvicorn"]
    config = uvicorn.Config("server:app", log_level="warning", access_log=False, timeout_keep_alive=60)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=listener)])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
