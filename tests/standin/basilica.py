"""The part of Basilica's REST interface that a deployment uses."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.standin.rest import Answer, Call, RestStandin

CODES = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT", 429: "RATE_LIMITED", 500: "INTERNAL"}


class Basilica(RestStandin):
    """Deployments by name. Each look at one moves it to the next of `phases`; the last one stays."""

    def __init__(self, token: str, served_at: str = "") -> None:
        super().__init__()
        self.token = token
        self.served_at = served_at
        self.phases = ["pending", "pulling", "starting", "ready"]
        self.message: str | None = None
        self.log = "Collecting numpy\nApplication startup complete."
        self.requests: dict[str, Any] = {}
        self.deleted: list[str] = []
        self._looks: dict[str, int] = {}

    def failure(self, status: int) -> Answer:
        return Answer(status, {"error": {"code": CODES.get(status, "X"), "message": "it went wrong"}})

    def answer(self, call: Call) -> Answer:
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return self.failure(401)
        parts = urlsplit(call.path).path.strip("/").split("/")
        match (call.method, *parts):
            case ("GET", "deployments"):
                listed = [self._state(name) for name in self.requests]
                return Answer(200, {"deployments": listed, "total": len(listed)})
            case ("POST", "deployments"):
                name = call.json["instanceName"]
                if name in self.requests:
                    return self.failure(409)
                self.requests[name] = call.json
                self._looks[name] = 0
                return Answer(200, self._state(name))
            case ("GET", "deployments", name) if name in self.requests:
                state = self._state(name)
                self._looks[name] += 1
                return Answer(200, state)
            case ("DELETE", "deployments", name) if name in self.requests:
                del self.requests[name]
                self.deleted.append(name)
                return Answer(200, {"instanceName": name, "state": "Terminating", "message": "ok"})
            case ("GET", "deployments", name, "logs") if name in self.requests:
                tail = int(parse_qs(urlsplit(call.path).query).get("tail", ["1000"])[0])
                return Answer(200, "\n".join(self.log.splitlines()[-tail:]).encode(), {"content-type": "text/plain"})
        return self.failure(404)

    def _state(self, name: str) -> dict[str, Any]:
        phase = self.phases[min(self._looks[name], len(self.phases) - 1)]
        state = {"ready": "Active", "failed": "Failed"}.get(phase, "Pending")
        return {
            "instanceName": name,
            "friendlyName": name,
            "userId": "u",
            "namespace": "u-x",
            "state": state,
            "url": self.served_at or f"{self.url}/nobody",
            "replicas": {"desired": 1, "ready": int(phase == "ready")},
            "createdAt": "2026-01-01T00:00:00Z",
            "updatedAt": None,
            "pods": [],
            "phase": phase,
            "message": self.message,
            "public": True,
        }
