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
from statistics import fmean, median

import msgspec
import numpy as np

from kinitro.environments import make, scored_specs
from kinitro.environments.interface import Observation
from kinitro.environments.metaworld.experts import ScriptedExpert
from kinitro.environments.metaworld.robot import ACTION
from kinitro.miner.projects import TEMPLATE_DIRECTORY
from kinitro.policies.client import HttpPolicy
from kinitro.policies.codecs import CODECS, MSGPACK
from kinitro.policies.images import DELTA, PNG, RAW, ImageEncoder
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
            request.image_arrays({})

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


def experts_images(steps: int) -> dict[str, list[dict[str, np.ndarray]]]:
    """Scored task -> the images that an expert's episode of at most so many steps shows, by camera."""
    found: dict[str, list[dict[str, np.ndarray]]] = {}
    for number, spec in enumerate(scored_specs()):
        environment = make(spec.id)
        environment.reset(number)
        expert = ScriptedExpert(environment)
        seen = found[spec.task_name] = []
        for _ in range(steps):
            seen.append(environment.observe().pixels)
            if environment.step(expert.act()).terminated:
                break
        environment.close()
    return found


def measure_images(steps: int) -> None:
    """Bytes and CPU per step of each encoding of three images, from the evaluator's arrays to the template's."""
    import protocol

    position = np.zeros(4, np.float32)
    episodes = experts_images(steps)
    for encoding in (RAW, PNG, DELTA):
        sizes: dict[str, float] = {}
        encode_s: list[float] = []
        decode_s: list[float] = []
        for task, images in episodes.items():
            encoder = None if encoding == RAW else ImageEncoder(encoding)
            shown: dict[str, object] = {}
            total = 0
            for step, pixels in enumerate(images):
                begun = time.thread_time()
                encoded = None if encoder is None else encoder.encode("e", pixels)
                body = MSGPACK.encode_act("e" * 32, step, Observation(position, pixels), encoded)
                encode_s.append(time.thread_time() - begun)
                total += len(body)
                if encoder is not None:
                    encoder.confirm("e")
                if encoding == PNG:
                    continue  # the template does not have it
                begun = time.thread_time()
                arrays = protocol.decode_act(MSGPACK.content_type, body).image_arrays(shown)
                decode_s.append(time.thread_time() - begun)
                assert all(np.array_equal(arrays[camera], pixels[camera]) for camera in pixels)
            sizes[task] = total / len(images) / 1000
        decoded = f"{1000 * median(decode_s):.2f} ms" if decode_s else "not in the template"
        print(
            f"{encoding:6s} {fmean(sizes.values()):5.1f} KB per step  encode {1000 * median(encode_s):.2f} ms  "
            f"decode {decoded}  " + "  ".join(f"{task} {size:.1f}" for task, size in sizes.items())
        )


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
    measure_images(100)
    with no_op_server() as url:
        asyncio.run(measure_calls("no-op server, JSON", url, ("json",), negotiate=False))
    with running_project(TEMPLATE_DIRECTORY) as url:
        asyncio.run(measure_calls("template, msgpack", url, ("msgpack",), negotiate=True))
        asyncio.run(measure_calls("template, JSON", url, ("json",), negotiate=True))
    print(f"peak memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
