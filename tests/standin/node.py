"""A subtensor node on a loopback port: JSON-RPC over a websocket, in a thread of its own, that misbehaves on demand."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, TypeVar

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from tests.standin.runtime import TRANSACTION_VERSION, InvalidTransaction, Runtime, SealedBlock

T = TypeVar("T")
FINALITY_LAG_BLOCKS = 2
START_TIMEOUT_S = 10.0
_SILENT = logging.Logger("standin", logging.CRITICAL + 1)
"""Callers that hang up are part of the tests; what the node says of them is not part of a command's output."""


class RpcError(Exception):
    """A JSON-RPC error answer; `data` has the details of a transaction that the pool does not take."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.answer = {"code": code, "message": message} | ({} if data is None else {"data": data})


class StandinNode:
    """One node and its chain. Methods may be called from any thread; they act on the node's own.

    `lag_s` delays every answer; `mood` is "well", "garbage" (nonsense for answers) or "silent" (none at all).
    `troubles` says what befalls the next request of a method, once: "silent" (it is done, and neither it nor any later
    one is answered), "lost" (it is done, and the connection breaks instead of an answer), "polite" (it is answered, and
    then the connection is closed politely), "forgotten" (a transaction is taken, and then lost by the pool).
    `finality_lag_blocks` is how far the finalized block is behind the head; `seals` whether blocks pass by themselves.
    """

    def __init__(self, block_time_s: float) -> None:
        self.lag_s = 0.0
        self.mood = "well"
        self.url = ""
        self.requests: list[str] = []
        self.troubles: dict[str, str] = {}
        self.finality_lag_blocks = FINALITY_LAG_BLOCKS
        self.seals = True
        self._block_time_s = block_time_s
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connections: set[ServerConnection] = set()
        self._pool: dict[str, bytes] = {}
        self._watchers: dict[str, Callable[[Any], None]] = {}
        self._followers: dict[str, tuple[bool, Callable[[Any], None]]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._port = 0
        self._server: Server | None = None
        self._miner: asyncio.Task[None] | None = None

    # --- what tests do ---------------------------------------------------------------------------------------------

    def on_chain(self, action: Callable[[Runtime], T]) -> T:
        """Do something with the chain, between blocks."""

        async def act() -> T:
            return action(self._runtime)

        return self._run(act())

    def advance(self, blocks: int) -> None:
        """Seal this many blocks at once."""
        self._run(self._advance(blocks))

    def reorganise(self, depth: int) -> None:
        """Replace the newest `depth` blocks by others; their transactions go back to the pool."""
        self._run(self._reorganise(depth))

    def drop_connections(self, code: int = 1011) -> None:
        """Close all connections; 1000 is the polite way, which the SDK takes for the end."""
        self._run(self._drop(code))

    def stop(self) -> None:
        """Stop listening; the chain stays."""
        self._run(self._stop_listening())

    def start(self) -> None:
        """Listen again, on the same port."""
        self._run(self._listen())

    def wait_for_request(self, method: str, times: int = 1) -> None:
        """Return when clients have called this method, so many times since the chain began."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.requests.count(method) < times:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody called {method}")
            time.sleep(0.005)

    # --- the thread ------------------------------------------------------------------------------------------------

    def open(self) -> None:
        self._thread.start()
        self._run(self._set_up())

    def close(self) -> None:
        self._run(self._tear_down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_TIMEOUT_S)

    async def _set_up(self) -> None:
        self._runtime = Runtime()
        await self._listen()
        self._miner = asyncio.create_task(self._mine())

    async def _tear_down(self) -> None:
        if self._miner is not None:
            self._miner.cancel()
        await self._stop_listening()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _listen(self) -> None:
        self._server = await serve(
            self._serve, "127.0.0.1", self._port, max_size=None, close_timeout=0.2, logger=_SILENT
        )
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{self._port}"

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _drop(self, code: int) -> None:
        await asyncio.gather(*(connection.close(code) for connection in list(self._connections)))

    async def _mine(self) -> None:
        while True:
            await asyncio.sleep(self._block_time_s)
            if self.seals:
                await self._advance(1)

    async def _advance(self, blocks: int) -> None:
        for _ in range(blocks):
            pool, self._pool = self._pool, {}
            block = self._runtime.seal(list(pool.values()))
            for transaction, data in pool.items():
                self._tell(transaction, {"inBlock": block.hash} if data in block.extrinsics else "invalid")
            final = self._runtime.blocks[self._finalized()]
            for data in final.extrinsics:
                self._tell(_hash(data), {"finalized": final.hash})
            for finalized_only, follow in list(self._followers.values()):
                follow((final if finalized_only else block).header)

    async def _reorganise(self, depth: int) -> None:
        lost = self._runtime.rewind(self._runtime.head.number - depth)
        for data in lost:
            self._pool[_hash(data)] = data
            self._tell(_hash(data), {"retracted": self._runtime.head.hash})
        for _ in range(depth):
            block = self._runtime.seal([], salt=secrets.token_bytes(8))
            for finalized_only, follow in list(self._followers.values()):
                if not finalized_only:
                    follow(block.header)

    def _finalized(self) -> int:
        return max(0, self._runtime.head.number - self.finality_lag_blocks)

    def _tell(self, transaction: str, status: Any) -> None:
        if transaction in self._watchers:
            self._watchers[transaction](status)

    # --- JSON-RPC --------------------------------------------------------------------------------------------------

    async def _serve(self, connection: ServerConnection) -> None:
        self._connections.add(connection)
        try:
            async for message in connection:
                frame = json.loads(message)
                methods = [request["method"] for request in (frame if isinstance(frame, list) else [frame])]
                trouble = next((self.troubles.pop(method) for method in methods if method in self.troubles), None)
                await self._answer(connection, frame, trouble)
                self.requests += methods
        except ConnectionClosed:
            pass
        finally:
            self._connections.discard(connection)

    async def _answer(self, connection: ServerConnection, frame: Any, trouble: str | None) -> None:
        await asyncio.sleep(self.lag_s)
        if self.mood == "silent":
            return
        if isinstance(frame, list):
            answers: Any = [self._respond(connection, request) for request in frame]
        else:
            answers = self._respond(connection, frame)
        if trouble == "silent":
            self.mood = "silent"
        elif trouble == "lost":
            await connection.close(1011)
        else:
            await connection.send(json.dumps(answers))
        if trouble == "polite":
            await connection.close(1000)
        if trouble == "forgotten":
            self._pool.clear()

    def _respond(self, connection: ServerConnection, request: dict[str, Any]) -> dict[str, Any]:
        head = {"jsonrpc": "2.0", "id": request["id"]}
        if self.mood == "garbage":
            return head | {"result": secrets.choice(["0xzz", 17, ["?"], {"number": "many"}, "", "0x" + "ff" * 40])}
        try:
            return head | {"result": self._call(connection, request["method"], list(request.get("params") or []))}
        except RpcError as error:
            return head | {"error": error.answer}

    def _call(self, connection: ServerConnection, method: str, params: list[Any]) -> Any:
        if method in ("chain_subscribeNewHeads", "chain_subscribeFinalizedHeads"):
            name = secrets.token_hex(8)
            finalized_only = method == "chain_subscribeFinalizedHeads"
            self._followers[name] = (finalized_only, self._notifier(connection, "chain_newHead", name))
            return name
        if method == "author_submitAndWatchExtrinsic":
            data = self._submit(params[0])
            name = secrets.token_hex(8)
            notify = self._notifier(connection, "author_extrinsicUpdate", name)
            self._watchers[_hash(data)] = notify
            notify("ready")
            return name
        if method == "author_submitExtrinsic":
            return _hash(self._submit(params[0]))
        if method.startswith(("chain_unsubscribe", "author_unwatch")):
            self._followers.pop(params[0], None)
            return True
        return self._read(method, params + [None] * 4)

    def _notifier(self, connection: ServerConnection, method: str, subscription: str) -> Callable[[Any], None]:
        async def send(result: Any) -> None:
            await asyncio.sleep(self.lag_s)
            params = {"subscription": subscription, "result": result}
            with contextlib.suppress(ConnectionClosed):
                await connection.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}))

        def notify(result: Any) -> None:
            task = self._loop.create_task(send(result))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return notify

    def _submit(self, encoded: str) -> bytes:
        data = bytes.fromhex(encoded[2:])
        if _hash(data) in self._pool:
            raise RpcError(1013, "Transaction is already imported")
        try:
            self._runtime.check(data)
        except InvalidTransaction as error:
            code, message, *data = str(error).split(": ", 2)
            raise RpcError(int(code), message, *data) from None
        if self._runtime.author(data) in {self._runtime.author(other) for other in self._pool.values()}:
            raise RpcError(1014, "Priority is too low: (1 vs 1)")
        self._pool[_hash(data)] = data
        return data

    def _next_index(self, account: str) -> int:
        """The nonce after the transactions that are in the pool."""
        nonce = int(self._runtime.get("System", "Account", account)["nonce"])
        waiting = {self._runtime.author(data) for data in self._pool.values()}
        while (account, nonce) in waiting:
            nonce += 1
        return nonce

    def _read(self, method: str, params: list[Any]) -> Any:
        runtime, first = self._runtime, params[0]
        if method == "chain_getHead":
            return runtime.head.hash
        if method == "chain_getFinalizedHead":
            return runtime.blocks[self._finalized()].hash
        if method == "chain_getBlockHash":
            number = runtime.head.number if first is None else int(first)
            return runtime.blocks[number].hash if number < len(runtime.blocks) else None
        if method == "chain_getHeader":
            return self._block(first).header
        if method == "chain_getBlock":
            block = self._block(first)
            extrinsics = ["0x" + data.hex() for data in block.extrinsics]
            return {"block": {"header": block.header, "extrinsics": extrinsics}, "justifications": None}
        if method == "state_getRuntimeVersion":
            return {
                "specName": "node-subtensor",
                "implName": "standin",
                "specVersion": runtime.spec_version,
                "transactionVersion": TRANSACTION_VERSION,
                "apis": [],
            }
        if method in ("state_getStorage", "state_getStorageAt"):
            return _hex(self._block(params[1]).state.get(bytes.fromhex(first[2:])))
        if method == "state_queryStorageAt":
            block = self._block(params[1])
            changes = [[key, _hex(block.state.get(bytes.fromhex(key[2:])))] for key in first]
            return [{"block": block.hash, "changes": changes}]
        if method == "state_getKeysPaged":
            prefix, start = bytes.fromhex(first[2:]), bytes.fromhex((params[2] or "0x")[2:])
            keys = sorted(key for key in self._block(params[3]).state if key.startswith(prefix) and key > start)
            return ["0x" + key.hex() for key in keys[: params[1]]]
        if method == "state_call":
            try:
                data = bytes.fromhex((params[1] or "").removeprefix("0x"))
                return "0x" + runtime.call_api(first, data, self._block(params[2])).hex()
            except KeyError:
                raise RpcError(-32603, f"Exported method {first} is not found") from None
        if method in ("account_nextIndex", "system_accountNextIndex"):
            return self._next_index(first)
        raise RpcError(-32601, f"Method not found: {method}")

    def _block(self, block_hash: str | None) -> SealedBlock:
        try:
            return self._runtime.find(block_hash)
        except StopIteration:
            raise RpcError(4003, f"Client error: UnknownBlock: {block_hash}") from None


def _hash(data: bytes) -> str:
    return "0x" + blake2b(data, digest_size=32).hexdigest()


def _hex(value: bytes | None) -> str | None:
    return None if value is None else "0x" + value.hex()


@contextmanager
def serve_node(block_time_s: float = 0.1) -> Iterator[StandinNode]:
    """A node with a fresh chain, whose blocks pass."""
    node = StandinNode(block_time_s)
    node.open()
    try:
        yield node
    finally:
        node.close()
