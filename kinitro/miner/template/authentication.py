"""Serve only the evaluators that you name, which is recommended. Off unless KINITRO_EVALUATORS is set.

You need not change this file. Without KINITRO_EVALUATORS, everybody who finds the address can use your policy, record
what it answers, and slow down the evaluator's episodes.

KINITRO_EVALUATORS   SS58 addresses of the hotkeys that may call /reset and /act, separated by commas: the evaluators'
                     and your own, with which `kinitro check --wallet-name` signs
KINITRO_HOTKEY       SS58 address of your own hotkey; requests signed for another miner are refused, and /health
                     names it, so that no other miner can commit the address of this server as its own

Requests carry Bittensor's `btauth/1` headers. Needs `pip install bittensor-core`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import time
from collections import deque
from collections.abc import Mapping

HOTKEY = os.environ.get("KINITRO_HOTKEY", "").strip() or None
MAX_AGE_NS = 10 * 10**9
MAX_SKEW_NS = 2 * 10**9
SCHEMES = {"ed25519": 0, "sr25519": 1}


class Unauthorized(Exception):
    """The request does not come from an evaluator that may call; the message says why."""


class Gate:
    """Accepts signed requests of the named evaluators, each request once."""

    def __init__(self, evaluators: frozenset[str], hotkey: str | None) -> None:
        self.evaluators = evaluators
        self.hotkey = hotkey
        self.seen: set[tuple[str, int]] = set()
        self.expiry: deque[tuple[int, tuple[str, int]]] = deque()

    def check(self, headers: Mapping[str, str], method: str, path: str, body: bytes) -> None:
        """Check a request; `headers` are in lower case, `path` is as it was sent. Raises Unauthorized."""
        if not self.evaluators:
            return
        sender = headers.get("x-bittensor-hotkey", "")
        receiver = headers.get("x-bittensor-receiver")
        scheme = headers.get("x-bittensor-crypto", "sr25519")
        nonce = headers.get("x-bittensor-nonce", "")
        if headers.get("x-bittensor-version") != "1" or scheme not in SCHEMES or not nonce.isdecimal():
            raise Unauthorized("The request is not signed: X-Bittensor-* headers are missing or not of version 1.")
        if sender not in self.evaluators:
            raise Unauthorized(f"The hotkey {sender!r} may not call this server.")
        if self.hotkey is not None and receiver != self.hotkey:
            raise Unauthorized(f"The request was signed for {receiver!r}.")
        now = time.time_ns()
        if not -MAX_SKEW_NS <= now - int(nonce) <= MAX_AGE_NS:
            raise Unauthorized("The request is too old, or the clocks differ by more than 2 s.")
        digest = hashlib.sha256(body).hexdigest()
        payload = "\n".join(("btauth/1", scheme, method, path, digest, nonce, sender, receiver or "-"))
        if not _verify(payload.encode(), headers.get("x-bittensor-signature", ""), sender, SCHEMES[scheme]):
            raise Unauthorized("The signature does not belong to the request.")
        self._remember((sender, int(nonce)), now)

    def _remember(self, request: tuple[str, int], now: int) -> None:
        while self.expiry and self.expiry[0][0] < now:
            self.seen.discard(self.expiry.popleft()[1])
        if request in self.seen:
            raise Unauthorized("The request was sent before.")
        self.seen.add(request)
        self.expiry.append((now + MAX_AGE_NS + MAX_SKEW_NS, request))


def _verify(payload: bytes, signature: str, sender: str, scheme: int) -> bool:
    import bittensor_core

    try:
        return bool(bittensor_core.verify(payload, bytes.fromhex(signature.removeprefix("0x")), sender, scheme))
    except ValueError:  # not hexadecimal, or not of a signature's length
        return False


def make_gate() -> Gate:
    """Make the gate that the variables above describe; ends the process if signatures cannot be checked."""
    evaluators = frozenset(filter(None, (key.strip() for key in os.environ.get("KINITRO_EVALUATORS", "").split(","))))
    if evaluators and importlib.util.find_spec("bittensor_core") is None:
        raise SystemExit("KINITRO_EVALUATORS is set, and signatures cannot be checked: pip install bittensor-core.")
    return Gate(evaluators, HOTKEY)
