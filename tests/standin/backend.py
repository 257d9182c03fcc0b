"""The part of the API that validators read, on a loopback port: it can lie, fail and disappear."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kinitro.api.problems import problem
from kinitro.chain.weights import upscale_weights
from kinitro.client.messages import PROBLEM_MEDIA_TYPE, UNKNOWN_PATH, Weights


def publication(
    cycle_id: int,
    netuid: int,
    shares: Mapping[int, float],
    hotkeys: Mapping[int, str],
    *,
    published_at: datetime | None = None,
) -> Weights:
    """Weights as the API publishes them; no shares at all means that nobody qualified."""
    largest = max(shares.values(), default=0.0)
    return Weights(
        cycle_id=cycle_id,
        netuid=netuid,
        block=1,
        published_at=(published_at or datetime.now(UTC)).isoformat(),
        weights=dict(shares),
        weights_u16=upscale_weights({uid: round(share / largest * 65535) for uid, share in shares.items()}),
        hotkeys=dict(hotkeys),
        fallback="none" if shares else "nobody_qualified",
    )


class StandinBackend:
    """Answers `GET /v1/weights/latest` with `body` and `status`."""

    def __init__(self) -> None:
        self.status = 404
        self.body = problem(404, "nothing published").body
        self.requests = 0
        self.url = ""

    def publish(self, weights: Weights) -> None:
        self.answer(200, weights.model_dump(mode="json"))

    def answer(self, status: int, document: Any) -> None:
        self.status, self.body = status, json.dumps(document).encode()


@contextmanager
def serve_backend() -> Iterator[StandinBackend]:
    """A StandinBackend on a free loopback port, in a thread of its own."""
    backend = StandinBackend()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            backend.requests += 1
            known = self.path == "/v1/weights/latest"
            body = backend.body if known else problem(404, "no such page", kind=UNKNOWN_PATH).body
            status = backend.status if known else 404
            self.send_response(status)
            self.send_header("content-type", "application/json" if status == 200 else PROBLEM_MEDIA_TYPE)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    backend.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield backend
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
