"""What the policy protocol costs: codecs, client CPU per call, round trips on loopback.

Run `python -m benchmarks.policies`. Times are medians; CPU is of the client's process alone.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import resource
import socket
import sys
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from statistics import median

import msgspec

from kinitro.environments.interface import Observation
from kinitro.environments.metaworld.robot import ACTION
from kinitro.miner.projects import TEMPLATE_DIRECTORY
from kinitro.policies.client import HttpPolicy
from kinitro.policies.codecs import CODECS
from kinitro.policies.probes import make_observations, make_task
from tests.fakes.policy_servers import running_project

CALLS = 1000


def two_cameras() -> Observation:
    """Proprioception and two images, the size the README of the project speaks of."""
    full = make_observations(1)[0]
    return Observation(full.agent_pos, {camera: full.pixels[camera] for camera in ("corner", "gripper")})


def micros(call: Callable[[], object]) -> float:
    """Median of 20 repeats, microseconds per call."""
    return median(timeit.repeat(call, number=50, repeat=20)) / 50 * 1e6


def measure_codecs() -> None:
    """Encode as the evaluator does, decode as the template's server does."""
    sys.path.insert(0, str(TEMPLATE_DIRECTORY))
    import protocol

    observation = two_cameras()
    for codec in CODECS.values():
        body = codec.encode_act("e", 0, observation)

        def decode(body: bytes = body, content_type: str = codec.content_type) -> None:
            request = protocol.decode_act(content_type, body)
            request.observation_array(len(observation.agent_pos))
            request.image_arrays()

        encode_us = micros(lambda codec=codec: codec.encode_act("e", 0, observation))
        decode_us = micros(decode)
        answer = {"json": msgspec.json, "msgpack": msgspec.msgpack}[codec.name].encode({"action": [0.1, 0.2, 0.3, 1.0]})
        answer_us = micros(lambda codec=codec, answer=answer: codec.decode_act(answer, 1, len(ACTION)))
        print(
            f"{codec.name:8s} {len(body) / 1024:6.1f} KiB  encode {encode_us:6.1f} us  decode {decode_us:6.1f} us  "
            f"answer {answer_us:4.1f} us"
        )
    nested = {camera: pixels.tolist() for camera, pixels in observation.pixels.items()}
    naive_us = micros(lambda: json.loads(json.dumps({"images": nested})))
    print(f"images as nested JSON lists, standard library: {naive_us:.0f} us both ways")


def serve_nothing(listener: socket.socket) -> None:
    """An HTTP server that reads requests and always answers the same; as fast as Python allows."""
    body = b'{"action": [0.1, 0.2, 0.3, 1.0]}'
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(answer)
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(converse, sock=listener, limit=1 << 20) as server:
            await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def no_op_server() -> Iterator[str]:
    """Its URL; it runs in a process of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.get_context("fork").Process(target=serve_nothing, args=(listener,))
    process.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    process.kill()
    process.join()
    listener.close()


async def measure_calls(name: str, url: str, encodings: tuple[str, ...], *, negotiate: bool) -> None:
    """Sequential calls of /act."""
    policy = HttpPolicy(url, allow_private=True, encodings=encodings)
    task, observation = make_task(), two_cameras()
    if negotiate:
        await policy.health()
        await policy.reset(task)
    for step in range(50):
        await policy.act(task.episode_id, step, observation)
    latencies = []
    cpu = time.process_time()
    for step in range(CALLS):
        begun = time.perf_counter()
        await policy.act(task.episode_id, step, observation)
        latencies.append(time.perf_counter() - begun)
    cpu_ms = (time.process_time() - cpu) / CALLS * 1000
    latencies.sort()
    p50, p95 = latencies[CALLS // 2] * 1000, latencies[CALLS * 95 // 100] * 1000
    print(f"{name:36s} p50 {p50:5.2f} ms  p95 {p95:5.2f} ms  client CPU {cpu_ms:.3f} ms per call")
    await policy.close()


def main() -> None:
    measure_codecs()
    with no_op_server() as url:
        asyncio.run(measure_calls("no-op server, JSON", url, ("json",), negotiate=False))
    with running_project(TEMPLATE_DIRECTORY) as url:
        asyncio.run(measure_calls("template, msgpack", url, ("msgpack",), negotiate=True))
        asyncio.run(measure_calls("template, JSON", url, ("json",), negotiate=True))
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
