"""What the API answers when it refuses, and what others answer in its place."""

from __future__ import annotations

from typing import Any

import httpx2

from kinitro.api.problems import problem

PAGE = b"<html><head><title>404 Not Found</title></head><body>nginx</body></html>"


def problem_response(status: int, detail: Any) -> httpx2.Response:
    """The API's own refusal."""
    refusal = problem(status, detail)
    return httpx2.Response(status, content=refusal.body, headers=dict(refusal.headers))


STRANGERS: dict[str, httpx2.Response] = {
    "a page of a proxy": httpx2.Response(404, html=PAGE.decode()),
    "a proxy that wants a login": httpx2.Response(401, headers={"www-authenticate": "Basic"}),
    "a firewall": httpx2.Response(403, text="Request blocked."),
    "a conflict of somebody else": httpx2.Response(409, json={"detail": "conflict"}),
    "a proxy that finds it too large": httpx2.Response(413, html=PAGE.decode()),
    "another program with our framework": httpx2.Response(404, json={"detail": "Not Found"}),
    "another program's problem document": httpx2.Response(
        404, content=b'{"type": "about:blank", "status": 404}', headers={"content-type": "application/problem+json"}
    ),
    "a problem document under another status": httpx2.Response(
        404,
        content=b'{"type": "urn:kinitro:problem:lease-lost", "status": 409, "detail": "gone"}',
        headers={"content-type": "application/problem+json"},
    ),
    "a problem document that is cut off": httpx2.Response(
        404, content=b'{"type": "urn:kinitro:problem:not', headers={"content-type": "application/problem+json"}
    ),
    "a page of a load balancer": httpx2.Response(503, html=PAGE.decode()),
    "a failure of a load balancer": httpx2.Response(500, html=PAGE.decode()),
    "a redirect to a login": httpx2.Response(302, headers={"location": "http://login.test/"}),
    "no change": httpx2.Response(304),
}
"""None of these says anything about a lease, a result, a key or a publication."""
