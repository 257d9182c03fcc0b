"""A REST server in a thread, whose answers tests can turn into failures."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Trouble(Enum):
    """What is worse than a status."""

    CUT = "the connection is closed before an answer"
    CUT_UPLOAD = "the connection is closed in the middle of the request's body"
    SILENCE = "no answer, ever"
    LOST = "it is done, and the answer is lost"
    TRICKLE = "an answer that comes byte by byte and does not end"


@dataclass
class Call:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """Status, JSON or bytes, and further headers."""

    status: int
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


Failure = int | Answer | Trouble


class RestStandin:
    """Override `answer`. Tests set `failures[(method, path part)]` to a status, an answer or a trouble, or to
    a list of them, one for each call, of which None goes well."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.failures: dict[tuple[str, str], Failure | list[Failure | None]] = {}
        self.delay_s = 0.0
        """Before each answer."""
        self._stopped = threading.Event()
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                standin._handle(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, call: Call) -> Answer:
        raise LookupError(call.path)

    def failure(self, status: int) -> Answer:
        return Answer(status, {"error": "it went wrong"})

    def _failure_of(self, call: Call) -> Failure | None:
        for (method, part), failure in self.failures.items():
            if method == call.method and part in call.path:
                if isinstance(failure, list):
                    return failure.pop(0) if failure else None
                return failure
        return None

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        call = Call(handler.command, handler.path, {k.lower(): v for k, v in handler.headers.items()}, b"")
        failure = self._failure_of(call)
        length = int(call.headers.get("content-length") or 0)
        if failure is Trouble.CUT_UPLOAD:
            call.body = handler.rfile.read(length // 2)
        elif call.headers.get("transfer-encoding") == "chunked":
            call.body = _chunks(handler)
        else:
            call.body = handler.rfile.read(length)
        self.calls.append(call)
        if failure is Trouble.LOST:
            self.answer(call)
        if isinstance(failure, Trouble):
            self._trouble(handler, failure)
            return
        self._stopped.wait(self.delay_s)
        result = (
            self.answer(call) if failure is None else failure if isinstance(failure, Answer) else self.failure(failure)
        )
        content = result.body if isinstance(result.body, bytes) else json.dumps(result.body).encode()
        handler.send_response(result.status)
        headers = {"content-type": "application/json", "content-length": str(len(content)), **result.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if call.method != "HEAD":
            handler.wfile.write(content)

    def _trouble(self, handler: BaseHTTPRequestHandler, trouble: Trouble) -> None:
        handler.close_connection = True
        if trouble is Trouble.SILENCE:
            self._stopped.wait()
        elif trouble is Trouble.TRICKLE:
            handler.send_response(200)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", "1000000")
            handler.end_headers()
            with contextlib.suppress(OSError):  # the client has had enough
                while not self._stopped.wait(0.05):
                    handler.wfile.write(b" ")
                    handler.wfile.flush()
        with contextlib.suppress(OSError):
            handler.connection.shutdown(socket.SHUT_RDWR)


def _chunks(handler: BaseHTTPRequestHandler) -> bytes:
    body = b""
    while size := int(handler.rfile.readline().strip(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body
