"""The connection to a Bittensor node: when it is opened and closed, and what its failures mean.

The SDK is asynchronous and reconnects by itself, but a node that answers nonsense raises whatever the decoder stumbles
over. So every call has a deadline, everything it raises becomes one of our errors, and after ChainUnavailable the next
call connects anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import bittensor as bt
from bittensor.settings import default_archive_endpoints, default_fallback_endpoints, resolve_endpoint

from kinitro.chain.errors import ChainError, ChainUnavailable, UnknownBlock, UnknownNetwork
from kinitro.logs import public_url
from kinitro.outgoing_http import BAD_PROXY, prepare_variables

CLOSE_TIMEOUT_S = 5.0
SOCKET_CLOSE_TIMEOUT_S = 1.0
"""How long a connection that the node has ended may take to close before it is dropped."""


class NodeConnection:
    """The connection to one node, opened when it is needed. `node` is the node's name in messages."""

    def __init__(self, network: str) -> None:
        """Resolve the network's name; raises UnknownNetwork, and ConfigurationError for a proxy that cannot be used."""
        prepare_variables()
        try:
            self._label, self._endpoint = resolve_endpoint(network)
            if not urlsplit(self._endpoint).hostname:
                raise ValueError
        except ValueError:
            raise UnknownNetwork(
                f"There is no network {public_url(network)!r}: --network takes finney, test, local, local-dev, "
                "or the ws:// or wss:// URL of a node."
            ) from None
        self.node = public_url(network)
        self.substrate: Any = None
        """The SDK's access to the chain, inside `deadline`."""
        self.client: Any = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def deadline(self, seconds: float, doing: str) -> AsyncIterator[None]:
        """Bound a call in time, and turn everything it raises into our errors."""
        try:
            async with asyncio.timeout(seconds):
                await self._open()
                yield
        except ChainUnavailable:
            await self.close()
            raise
        except ChainError:
            raise
        except TimeoutError:
            await self.close()
            raise ChainUnavailable(f"{self.node} gave no answer within {seconds:.0f} s while {doing}.") from None
        except Exception as error:
            if "state discarded" in str(error).lower():
                raise UnknownBlock(f"{self.node} has pruned the state while {doing}: use --network archive.") from error
            await self.close()
            if "isn't a valid proxy" in str(error):  # and quotes it, with its password
                raise ChainUnavailable(f"{self.node} cannot be asked. {BAD_PROXY}") from None
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            raise ChainUnavailable(f"{self.node} failed while {doing}: {reason}") from error

    async def close(self) -> None:
        """Close the connection; never raises, never waits long. A later call opens a new one."""
        substrate, self.substrate, self.client = self.substrate, None, None
        if substrate is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await substrate.close()
        except Exception as error:
            logging.getLogger(__name__).debug("closing the connection to %s failed: %r", self.node, error)

    async def _open(self) -> None:
        async with self._opening:
            if self.substrate is not None:
                return
            substrate = _Substrate(
                self._endpoint,
                fallback_endpoints=[url for url in default_fallback_endpoints(self._label) if url != self._endpoint],
                archive_endpoints=default_archive_endpoints(self._label),
            )
            try:
                await substrate.connect()
            except BaseException:
                await substrate.close()
                raise
            self.substrate, self.client = substrate, bt.Client(self._endpoint, substrate=substrate)


class _Substrate(bt.RpcSubstrate):  # type: ignore[misc]
    """The SDK's connection, without three of its defects.

    It loses track of a connection whose opening is cancelled, by a deadline for example. It does not reconnect after a
    node has ended the connection politely, and a request that is made at that moment waits for ever. And it demands
    `MinAllowedWeights` weights even where the subnet has fewer neurons, which the chain does not.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._opened: list[Any] = []

    def _interface(self, endpoint: str, fallbacks: list[str]) -> Any:
        connection = super()._interface(endpoint, fallbacks)
        connection._session._connect = _treat_polite_ends_as_errors(connection._session._connect)
        self._opened.append(connection)
        return connection

    async def query(
        self, module: str, storage_function: str, params: list[Any] | None = None, block_hash: str | None = None
    ) -> Any:
        value = await super().query(module, storage_function, params, block_hash)
        if (module, storage_function) == ("SubtensorModule", "MinAllowedWeights") and value:
            neurons = await super().query(module, "SubnetworkN", params, block_hash)
            return min(int(value), int(neurons or 0))
        return value

    async def close(self) -> None:
        await super().close()
        while self._opened:
            await self._opened.pop().close()


def _treat_polite_ends_as_errors(dial: Callable[[str], Awaitable[Any]]) -> Callable[[str], Awaitable[Any]]:
    async def connect(url: str) -> _Socket:
        session = asyncio.current_task()  # it ends with an error when no node is left, which the next request repeats
        if session is not None:
            session.add_done_callback(lambda task: None if task.cancelled() else task.exception())
        return _Socket(await dial(url))

    return connect


class _Socket:
    """A websocket that reports a normal closure as an error: the SDK then connects again and repeats its requests."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def send(self, message: str) -> None:
        await self._socket.send(message)

    async def recv(self) -> Any:
        try:
            return await self._socket.recv()
        except Exception as end:
            if type(end).__name__ == "ConnectionClosedOK":
                raise ConnectionError("the node has closed the connection") from end
            raise

    async def close(self) -> None:
        try:
            async with asyncio.timeout(SOCKET_CLOSE_TIMEOUT_S):
                await self._socket.close()
        except TimeoutError:
            self._socket.transport.abort()
