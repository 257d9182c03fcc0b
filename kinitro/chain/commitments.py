"""What miners commit: a Hugging Face repository at a full revision, and where the policy is served.

A commitment is two fields on chain, each of 1 to 128 bytes:

    field 1   0xA1 (version 1) | length of the repository's name | 20 bytes of revision | name, ASCII
    field 2   0x00 | endpoint URL, ASCII                          an endpoint for everyone to see
              0x01 | 32-byte ephemeral key | ciphertext and tag    sealed to the operator's key (see `sealing`)
              0x02                                                 none: executors run the policy themselves

The chain stores them one after the other; the length byte tells where the second begins. Everything read from a
chain was written by a stranger: `decode` is total (it never raises, whatever the bytes) and strict (one
spelling for each commitment, so equal commitments have equal bytes). Older miners wrote one JSON object
instead; that is read, never written.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from kinitro.errors import ConfigurationError

MAX_FIELD_BYTES = 128
MAX_DATA_BYTES = 3 * MAX_FIELD_BYTES
"""A commitment on chain has at most three fields."""
MAX_REPO_CHARACTERS = 96
"""The Hugging Face hub's limit; with it field 1 always fits."""
MAX_ENDPOINT_CHARACTERS = MAX_FIELD_BYTES - 1
MAX_SEALED_ENDPOINT_CHARACTERS = MAX_FIELD_BYTES - 1 - 32 - 16
"""A sealed endpoint shares its field with an ephemeral key and an authentication tag."""
_VERSION_1 = 0xA1
_HEADER_BYTES = 22
_PLAIN, _SEALED, _HOSTED = 0, 1, 2
_REPO_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?", re.ASCII)
_REVISION = re.compile(r"[0-9a-f]{40}")
_JSON_KEYS = {
    "repo": ("repo", "model", "m"),
    "revision": ("revision", "r"),
    "endpoint": ("endpoint", "url", "e", "d"),
}
"""Names that older miners used for the three facts."""


@dataclass(frozen=True, slots=True)
class SealedEndpoint:
    """An endpoint that only the operator can read; see `sealing.BackendKey.open`."""

    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class Commitment:
    """`repo` as owner/name, `revision` a full commit hash, `endpoint` an http(s) URL or a sealed one.

    Without an endpoint the miner takes part only where executors host policies.
    """

    repo: str
    revision: str
    endpoint: str | SealedEndpoint | None


@dataclass(frozen=True, slots=True)
class Malformed:
    """Bytes that are not a valid commitment, and the reason, which may be published."""

    reason: str


class InvalidCommitment(ConfigurationError):
    """What the user wants to commit is not allowed."""


def encode(commitment: Commitment) -> bytes:
    """Encode a commitment as the bytes that go on chain; raises InvalidCommitment."""
    if problem := _find_problem(commitment):
        raise InvalidCommitment(problem)
    repo = commitment.repo.encode("ascii")
    head = bytes([_VERSION_1, len(repo)]) + bytes.fromhex(commitment.revision) + repo
    if commitment.endpoint is None:
        return head + bytes([_HOSTED])
    if isinstance(commitment.endpoint, SealedEndpoint):
        return head + bytes([_SEALED]) + commitment.endpoint.ciphertext
    return head + bytes([_PLAIN]) + commitment.endpoint.encode("ascii")


def fields(data: bytes) -> tuple[bytes, ...]:
    """Cut the bytes of a commitment into the fields that go on chain, none longer than MAX_FIELD_BYTES.

    Bytes that `encode` did not make are cut at every MAX_FIELD_BYTES.
    """
    if isinstance(decode(data), Commitment) and data[0] == _VERSION_1:
        end = _HEADER_BYTES + data[1]
        return data[:end], data[end:]
    return tuple(data[start : start + MAX_FIELD_BYTES] for start in range(0, len(data), MAX_FIELD_BYTES))


def decode(data: bytes) -> Commitment | Malformed:
    """Decode what somebody committed. Never raises, whatever the bytes are."""
    if not data:
        return Malformed("the commitment is empty")
    if len(data) > MAX_DATA_BYTES:
        return Malformed(f"the commitment has {len(data)} bytes, allowed are {MAX_DATA_BYTES}")
    if data[0] == _VERSION_1:
        commitment = _decode_version_1(data)
    elif data[0] == ord("{"):
        commitment = _decode_json(data)
    else:
        return Malformed("the commitment has an unknown format")
    if isinstance(commitment, Malformed):
        return commitment
    problem = _find_problem(commitment)
    return Malformed(problem) if problem else commitment


def _decode_version_1(data: bytes) -> Commitment | Malformed:
    end = _HEADER_BYTES + data[1] if len(data) > 1 else _HEADER_BYTES
    if len(data) < end + 2 and data[end:] != bytes([_HOSTED]):
        return Malformed("the commitment is cut short")
    repo, kind, rest = data[_HEADER_BYTES:end], data[end], data[end + 1 :]
    if len(rest) >= MAX_FIELD_BYTES:
        return Malformed("the endpoint is too long")
    if kind not in (_PLAIN, _SEALED, _HOSTED) or not repo.isascii() or (kind == _PLAIN and not rest.isascii()):
        return Malformed("the commitment has an unknown format")
    if kind == _HOSTED and rest:
        return Malformed("the commitment has no endpoint, and something where one would be")
    endpoint = None if kind == _HOSTED else SealedEndpoint(rest) if kind == _SEALED else rest.decode("ascii")
    return Commitment(repo.decode("ascii"), data[2:_HEADER_BYTES].hex(), endpoint)


def _decode_json(data: bytes) -> Commitment | Malformed:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return Malformed("the commitment is not valid JSON")
    facts: dict[str, str] = {}
    for fact, names in _JSON_KEYS.items():
        values = [document[name] for name in names if name in document]
        if len(values) != 1 or not isinstance(values[0], str):
            return Malformed(f"the JSON commitment must tell its {fact} once, as text")
        facts[fact] = values[0]
    return Commitment(**facts)


def _find_problem(commitment: Commitment) -> str | None:
    """Why a commitment is not allowed, as a phrase that names what was received."""
    repo, revision, endpoint = commitment.repo, commitment.revision, commitment.endpoint
    parts = repo.split("/")
    if (
        len(parts) != 2
        or len(repo) > MAX_REPO_CHARACTERS
        or not all(_REPO_PART.fullmatch(part) for part in parts)
        or "--" in repo
        or ".." in repo
    ):
        return f"the repository {repo[:100]!r} is not of the form owner/name (at most {MAX_REPO_CHARACTERS} characters)"
    if not _REVISION.fullmatch(revision):
        return (
            f"the revision {revision[:80]!r} is not a full commit hash of 40 lowercase hexadecimal digits "
            "(branches and tags can be moved)"
        )
    if endpoint is None:
        return None
    if isinstance(endpoint, SealedEndpoint):
        shortest, longest = 32 + 16 + 1, MAX_ENDPOINT_CHARACTERS
        if not shortest <= len(endpoint.ciphertext) <= longest:
            return f"the sealed endpoint has {len(endpoint.ciphertext)} bytes, allowed are {shortest} to {longest}"
        return None
    return find_endpoint_problem(endpoint)


def find_endpoint_problem(endpoint: str) -> str | None:
    """Say why a URL cannot be an endpoint, or return None. The host's name is not resolved."""
    shown = repr(endpoint[:130])
    if not endpoint or len(endpoint) > MAX_ENDPOINT_CHARACTERS:
        return f"the endpoint has {len(endpoint)} characters, allowed are 1 to {MAX_ENDPOINT_CHARACTERS}"
    if not all("!" <= character <= "~" for character in endpoint):
        return f"the endpoint {shown} has characters other than printable ASCII"
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return f"the endpoint {shown} is not a valid URL"
    if parts.scheme not in ("http", "https") or not endpoint.startswith((f"{parts.scheme}://",)) or not parts.hostname:
        return f"the endpoint {shown} is not of the form https://host[:port][/path]"
    if "@" in parts.netloc or parts.query or parts.fragment or "?" in endpoint or "#" in endpoint or "\\" in endpoint:
        return f"the endpoint {shown} must have no user, query or fragment"
    if port == 0 or parts.netloc.endswith(":"):
        return f"the endpoint {shown} has an impossible port"
    return None
