"""A REST server in a thread, whose answers tests can turn into failures."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


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


class RestStandin:
    """Override `answer`. Tests set `failures[(method, path part)]` to a status, 0 for a connection cut off."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.failures: dict[tuple[str, str], int] = {}
        self.delay_s = 0.0
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
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, call: Call) -> Answer:
        raise LookupError(call.path)

    def failure(self, status: int) -> Answer:
        return Answer(status, {"error": "it went wrong"})

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        if handler.headers.get("transfer-encoding") == "chunked":
            body = _chunks(handler)
        call = Call(handler.command, handler.path, {k.lower(): v for k, v in handler.headers.items()}, body)
        self.calls.append(call)
        time.sleep(self.delay_s)
        failing = [s for (method, part), s in self.failures.items() if method == call.method and part in call.path]
        if failing and failing[0] == 0:
            handler.close_connection = True
            handler.connection.close()
            return
        result = self.failure(failing[0]) if failing else self.answer(call)
        content = result.body if isinstance(result.body, bytes) else json.dumps(result.body).encode()
        handler.send_response(result.status)
        headers = {"content-type": "application/json", "content-length": str(len(content)), **result.headers}
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        if call.method != "HEAD":
            handler.wfile.write(content)


def _chunks(handler: BaseHTTPRequestHandler) -> bytes:
    body = b""
    while size := int(handler.rfile.readline().strip(), 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body
