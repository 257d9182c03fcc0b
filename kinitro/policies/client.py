"""Calls the policy of a miner over HTTP."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Observation
from kinitro.environments.metaworld.robot import ACTION
from kinitro.policies.codecs import CODECS, JSON, KNOWN_TYPES, Codec, select_codec
from kinitro.policies.connection import Response
from kinitro.policies.endpoints import Lookup, is_on_this_machine, lookup_addresses, parse_endpoint
from kinitro.policies.errors import PolicyFailed, PolicyMisbehaved, Reason
from kinitro.policies.images import (
    IMAGE_ENCODINGS,
    RAW,
    WHOLE_IMAGES_NEEDED,
    ImageEncoder,
    have_base,
    select_image_encoding,
)
from kinitro.policies.messages import (
    ACT_DEADLINE_S,
    HEALTH_DEADLINE_S,
    MAX_CHUNK,
    MAX_CONCURRENT_EPISODES,
    PROTOCOL_VERSION,
    RESET_DEADLINE_S,
    PolicyHealth,
    TaskConfig,
)
from kinitro.policies.transport import HttpTransport

T = TypeVar("T")
EPISODES_REMEMBERED = 4096
"""Sizes of actions are known for the episodes that began last; far fewer are in progress at once."""
Signer: TypeAlias = Callable[[str, str, bytes], Mapping[str, str]]
"""Maps (method, path, body) of a request to headers that prove who sends it; see `signing`."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The seconds that each whole call may take, from the first look-up to the last byte."""

    health_s: float = HEALTH_DEADLINE_S
    reset_s: float = RESET_DEADLINE_S
    act_s: float = ACT_DEADLINE_S


class HttpPolicy:
    """Asks the policy server at `endpoint`; implements `messages.Policy`.

    One object serves any number of concurrent episodes of one miner, within one event loop. Call `health` first: until
    then the server counts as the least capable one (JSON, raw images, chunks of 1). Creating the object does not
    connect and never fails; for a bad endpoint, the first call raises PolicyUnreachable.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        allow_private: bool = False,
        unix_socket: Path | None = None,
        signer: Signer | None = None,
        deadlines: Deadlines | None = None,
        encodings: Sequence[str] = tuple(CODECS),
        image_encodings: Sequence[str] | None = None,
        lookup: Lookup = lookup_addresses,
        tls: ssl.SSLContext | None = None,
        stalled_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """Make a client; it does not connect yet.

        allow_private: whether the endpoint may be on loopback and in private networks, as in a local subnet.
        unix_socket: a socket to which all calls go; the host of `endpoint` is then only a name.
        signer: signs requests; None sends them unsigned.
        deadlines: time limits of the calls; None means those of the protocol.
        encodings: the encodings to use if the server has them, best first; JSON is always possible.
        image_encodings: the same for images; raw is always possible. None means IMAGE_ENCODINGS, but
            only raw for a server on this machine, where encoding costs more than the bytes.
        lookup: replaces DNS.
        tls: the TLS settings; None means the system's certificates.
        stalled_s: returns for how many seconds the event loop stood still so far; deadlines do not count those.
        """
        self.endpoint = endpoint
        self._allow_private = allow_private
        self._unix_socket = unix_socket
        self._signer = signer
        self._deadlines = deadlines or Deadlines()
        self._encodings = encodings
        self._image_encodings = image_encodings
        self._lookup = lookup
        self._tls = tls
        self._stalled_s = stalled_s
        self._transport: HttpTransport | None = None
        self._codec = JSON
        self._image_encoding = RAW
        self._images: ImageEncoder | None = None
        """None if images are sent raw."""
        self._max_chunk = 1
        self._action_sizes: dict[str, int] = {}
        self.trickled_s = 0.0
        """Seconds between the first and the last piece of the last answer to /act; for the conformance check."""

    async def health(self) -> PolicyHealth:
        """Return what the server can do, cut to the protocol's limits. Later calls use the best common encoding.

        Raises PolicyFailed if the server says that it will not become ready, or another PolicyError.
        """
        response = await self._exchange("GET", "/health", b"", self._deadlines.health_s, repin=True)
        if response.status != 200:
            _raise_if_not_ready(response)
            raise _make_status_error("/health", response)
        declared = _decode(response, lambda codec: codec.decode_health(response.body))
        if declared.status != "ok" or declared.protocol != PROTOCOL_VERSION:
            raise _explain_not_ready(declared)
        health = msgspec.structs.replace(
            declared,
            image_encodings=tuple(name for name in IMAGE_ENCODINGS if name in declared.image_encodings),
            max_concurrent_episodes=min(max(declared.max_concurrent_episodes, 1), MAX_CONCURRENT_EPISODES),
            max_chunk=min(max(declared.max_chunk, 1), MAX_CHUNK),
        )
        self._codec = next((CODECS[name] for name in self._encodings if name in health.encodings), JSON)
        self._choose_image_encoding(health.image_encodings)
        self._max_chunk = health.max_chunk
        return health

    async def reset(self, task: TaskConfig) -> None:
        """Begin the episode `task.episode_id`; others may be in progress."""
        if self._images is not None:
            self._images.begin(task.episode_id)
        body = self._codec.encode_reset(task)
        response = await self._call("POST", "/reset", body, self._deadlines.reset_s, repin=True)
        episode_id = _decode(response, lambda codec: codec.decode_reset(response.body))
        if episode_id != task.episode_id:
            raise PolicyMisbehaved(
                Reason.WRONG_EPISODE,
                f"/reset answered with the episode_id {episode_id[:40]!r}; "
                f"it must be the {task.episode_id!r} of its task_config.",
            )
        if len(self._action_sizes) >= EPISODES_REMEMBERED:
            del self._action_sizes[next(iter(self._action_sizes))]
        self._action_sizes[task.episode_id] = len(task.action)

    async def act(self, episode_id: str, step: int, observation: Observation) -> npt.NDArray[np.float32]:
        """Return actions float32 (k, m), finite, not yet clipped, 1 <= k <= max_chunk, to be executed open loop.

        m is the size of the actions that `reset` described, and of MetaWorld's if the episode was not reset here.
        """
        if self._images is None:
            body = self._codec.encode_act(episode_id, step, observation)
            response = await self._call("POST", "/act", body, self._deadlines.act_s)
        else:
            response = await self._act_with(self._images, episode_id, step, observation)
        self.trickled_s = response.trickled_s
        size = self._action_sizes.get(episode_id, len(ACTION))
        return _decode(response, lambda codec: codec.decode_act(response.body, self._max_chunk, size))

    async def _act_with(self, images: ImageEncoder, episode_id: str, step: int, observation: Observation) -> Response:
        """Send encoded images; if the server asks for it, send them whole within the same deadline."""
        began_s = time.monotonic() - self._stalled_s()
        encoded = images.encode(episode_id, observation.pixels)
        body = self._codec.encode_act(episode_id, step, observation, encoded)
        response = await self._exchange("POST", "/act", body, self._deadlines.act_s)
        if response.status == WHOLE_IMAGES_NEEDED and have_base(encoded):
            images.note_loss(episode_id)
            encoded = images.encode(episode_id, observation.pixels)
            body = self._codec.encode_act(episode_id, step, observation, encoded)
            spent_s = time.monotonic() - self._stalled_s() - began_s
            response = await self._exchange("POST", "/act", body, max(self._deadlines.act_s - spent_s, 0.0))
        if response.status != 200:
            raise _make_status_error("/act", response)
        images.confirm(episode_id)
        return response

    def _choose_image_encoding(self, declared: Sequence[str]) -> None:
        """Use the best common encoding of images from now on; what was shown stays known if it is the same."""
        wanted = self._image_encodings
        if wanted is None:
            here = self._unix_socket is not None or is_on_this_machine(self.endpoint)
            wanted = () if here else IMAGE_ENCODINGS
        chosen = select_image_encoding(wanted, declared)
        if chosen != self._image_encoding:
            self._image_encoding = chosen
            self._images = None if chosen == RAW else ImageEncoder(chosen)

    async def close(self) -> None:
        """Close the connections; the object may be used again."""
        if self._transport is not None:
            await self._transport.close()

    async def send(self, path: str, content_type: str, body: bytes) -> bytes:
        """POST bytes that need not follow the protocol and return the answer's body; for the conformance check."""
        response = await self._call("POST", path, body, self._deadlines.reset_s, content_type=content_type)
        return response.body

    async def probe(self, path: str, body: bytes) -> int:
        """POST bytes in the negotiated encoding and return the answer's status; for the conformance check."""
        return (await self._exchange("POST", path, body, self._deadlines.reset_s)).status

    @property
    def codec(self) -> Codec:
        """The negotiated encoding."""
        return self._codec

    async def _call(
        self,
        method: str,
        path: str,
        body: bytes,
        deadline_s: float,
        *,
        content_type: str | None = None,
        repin: bool = False,
    ) -> Response:
        """Make a call that must end with status 200; raises PolicyUnreachable or PolicyMisbehaved."""
        response = await self._exchange(method, path, body, deadline_s, content_type=content_type, repin=repin)
        if response.status != 200:
            raise _make_status_error(path, response)
        return response

    async def _exchange(
        self,
        method: str,
        path: str,
        body: bytes,
        deadline_s: float,
        *,
        content_type: str | None = None,
        repin: bool = False,
    ) -> Response:
        """Make a call and return the answer, whatever its status."""
        if self._transport is None:
            self._transport = HttpTransport(
                parse_endpoint(self.endpoint, allow_private=self._allow_private),
                allow_private=self._allow_private,
                lookup=self._lookup,
                tls=self._tls,
                unix_socket=self._unix_socket,
                stalled_s=self._stalled_s,
            )
        headers = {"accept": self._codec.content_type}
        if method == "POST":
            headers["content-type"] = content_type or self._codec.content_type
        if self._signer is not None:
            headers |= self._signer(method, self._transport.build_target(path), body)
        return await self._transport.request(
            method, path, deadline_s=deadline_s, headers=headers, body=body, repin=repin
        )


def _decode(response: Response, decode: Callable[[Codec], T]) -> T:
    """Decode an answer with the codec of its content type. If that fails, the error names an unknown content type."""
    try:
        return decode(select_codec(response.content_type))
    except PolicyMisbehaved as error:
        if error.reason != Reason.MALFORMED_BODY or response.content_type in KNOWN_TYPES:
            raise
        raise PolicyMisbehaved(
            Reason.MALFORMED_BODY,
            f"{error} Its content type is {_make_printable(response.content_type[:60])!r}, which was read as JSON; "
            "send application/json or application/msgpack.",
        ) from None


def _make_status_error(path: str, response: Response) -> PolicyMisbehaved:
    """Return the error for a status other than 200."""
    if 300 <= response.status < 400:
        return PolicyMisbehaved(
            Reason.REDIRECT, f"It redirects {path} (status {response.status}); redirects are not followed."
        )
    said = _make_printable(response.body[:200].decode("utf-8", "replace"))
    return PolicyMisbehaved(
        Reason.HTTP_STATUS, f"It answered {path} with status {response.status}, where 200 is needed: {said}"
    )


def _raise_if_not_ready(response: Response) -> None:
    """Raise if an answer other than 200 is that of a policy server which says why, and not a proxy's page."""
    try:
        declared = select_codec(response.content_type).decode_health(response.body)
    except PolicyMisbehaved:
        return
    if declared.status != "ok":
        raise _explain_not_ready(declared)


def _explain_not_ready(declared: PolicyHealth) -> PolicyMisbehaved:
    """Return the error for a /health whose status is not "ok"."""
    kind = PolicyFailed if declared.status == "failed" else PolicyMisbehaved
    why = f" ({_make_printable(declared.detail[:200])})" if declared.detail else ""
    return kind(
        Reason.NOT_READY,
        f"Its /health says status {declared.status[:40]!r}{why}, protocol {declared.protocol}; "
        f"'ok' and {PROTOCOL_VERSION} are needed.",
    )


def _make_printable(text: str) -> str:
    """Return a stranger's text without characters that a log or a terminal would interpret."""
    return "".join(character if character.isprintable() else " " for character in text)
