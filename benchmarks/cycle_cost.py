"""What a cycle costs an executor's operator in bytes, CPU and time, as the table of docs/executor.md.

    python benchmarks/cycle_cost.py [--steps 100] [--cores 16] [--egress 0.05] [--core-hour 0.04]

For each encoding of images, what one control step sends and takes is measured on an expert's episode of every scored
task: the physics and the images, encoding a request, decoding an answer; HTTP, TLS and signatures are not in it. The
rest is multiplication: an episode has the mean horizon of the scored tasks, as an episode that nobody solves has.
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import dataclass

import msgspec
import numpy as np

from kinitro.environments import make, scored_specs
from kinitro.environments.interface import Observation
from kinitro.environments.metaworld.experts import ScriptedExpert
from kinitro.policies.codecs import MSGPACK
from kinitro.policies.images import DELTA, PNG, RAW, ImageEncoder

CYCLES = ((16, 8, 50), (64, 8, 50), (256, 8, 50), (256, 50, 50))
"""(miners, environments, episodes per environment)."""
HEADERS_BYTES = 250
"""Of a request, without a signature."""


@dataclass(frozen=True)
class Step:
    """The mean cost of one control step."""

    sent_bytes: float
    cpu_s: float


def measure(encoding: str, most_steps: int) -> Step:
    """Play an expert's episode of every scored task and encode what a policy would be sent."""
    answer = msgspec.msgpack.encode({"action": [0.1, 0.2, 0.3, 1.0]})
    sent = steps = 0
    spent_s = 0.0
    for number, spec in enumerate(scored_specs()):
        environment = make(spec.id)
        environment.reset(number)
        environment.observe()  # the first image of a process takes longer
        expert = ScriptedExpert(environment)
        encoder = None if encoding == RAW else ImageEncoder(encoding)
        for step in range(most_steps):
            begun = time.thread_time()
            observation: Observation = environment.observe()
            images = None if encoder is None else encoder.encode("e", observation.pixels)
            sent += len(MSGPACK.encode_act("e" * 32, step, observation, images)) + HEADERS_BYTES
            if encoder is not None:
                encoder.confirm("e")
            MSGPACK.decode_act(answer, 1)
            spent_s += time.thread_time() - begun
            action = expert.act()
            begun = time.thread_time()
            transition = environment.step(action)
            spent_s += time.thread_time() - begun
            steps += 1
            if transition.terminated:
                break
        environment.close()
    return Step(sent / steps, spent_s / steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100, help="steps per episode that are measured, at most")
    parser.add_argument("--cores", type=int, default=16, help="cores of all executors together")
    parser.add_argument("--egress", type=float, default=0.05, help="dollars per GB that leaves")
    parser.add_argument("--core-hour", type=float, default=0.04, help="dollars per hour of a core")
    arguments = parser.parse_args()
    horizon = float(np.mean([spec.max_steps for spec in scored_specs()]))
    costs = {encoding: measure(encoding, arguments.steps) for encoding in (RAW, PNG, DELTA)}
    print(f"{platform.processor() or platform.machine()}, {horizon:.0f} steps per episode")
    for encoding, step in costs.items():
        print(f"{encoding}: {step.sent_bytes / 1000:.1f} KB and {1000 * step.cpu_s:.2f} ms of CPU per step")
    print(f"\n| miners | environments | episodes | images | sent | CPU | time on {arguments.cores} cores | cost |")
    print("|---|---|---|---|---|---|---|---|")
    for miners, environments, episodes in CYCLES:
        steps = miners * environments * episodes * horizon
        for encoding, step in costs.items():
            sent_gb, hours = steps * step.sent_bytes / 1e9, steps * step.cpu_s / 3600
            cost = sent_gb * arguments.egress + hours * arguments.core_hour
            print(
                f"| {miners} | {environments} | {episodes} | {encoding} | {sent_gb:,.0f} GB | {hours:,.1f} h | "
                f"{hours / arguments.cores:,.2f} h | ${cost:,.2f} |"
            )


if __name__ == "__main__":
    main()
