"""Which tolerance tells a deployed policy from a near copy: honest policies with noise against copies that are not.

    python benchmarks/verification.py [--episodes 8] [--demonstrations 12]

The deployed policy is the NumPy template of `kinitro init-miner`, fitted to demonstrations, in episodes it was not
fitted to. What it answered is compared, by the verifier's own code, with what each variant answers to the same
observations. Needs no network and no GPU. Prints the tables of docs/verification.md, and what a recording costs.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt

import kinitro
from kinitro.client.verdicts import VerificationRule
from kinitro.environments import Observation, make
from kinitro.environments.metaworld.experts import ScriptedExpert
from kinitro.evaluation.recordings import Exchange, compute_checksum
from kinitro.evaluation.rollout import Rollout
from kinitro.verification.comparison import Comparison

ENVIRONMENTS = ("metaworld/drawer-close-v3", "metaworld/button-press-v3", "metaworld/reach-v3")
MAX_STEPS = 100
FINE_TUNING_SHARE = 0.15
"""Of the demonstrations, which only the fine-tuned policy has seen."""
LAG_STEPS = 5
TOLERANCES = (0.001, 0.003, 0.01, 0.02, 0.05)
SHARES = (0.8, 0.9, 0.95)
CHECKS = 3
"""Of a miner that is checked for the first time."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Episode:
    """What was seen in T steps, as features, and what was done."""

    seen: Array
    """(T, F)"""
    mirrored: Array
    """(T, F): the same with every image mirrored."""
    done: Array
    """(T, 4): by whoever was in control."""
    expert: Array
    """(T, 4): what the scripted expert would have done."""


@dataclass(frozen=True)
class Variant:
    """A policy in place of the deployed one: its answers (T, 4) in an episode."""

    name: str
    honest: bool
    answers: Callable[[Episode], Array]


def template() -> ModuleType:
    """The policy module of the NumPy template."""
    path = Path(kinitro.__file__).parent / "miner/variants/numpy/policy.py"
    spec = importlib.util.spec_from_file_location("numpy_policy", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Lab:
    """Environments and features; `weights` None lets the expert act."""

    def __init__(self) -> None:
        self._policy = template()
        self._environments = {name: make(name) for name in ENVIRONMENTS}
        self.observing_s: list[float] = []
        self.checksums_s: list[float] = []

    def episode(self, env_id: str, seed: int, weights: Array | None) -> Episode:
        environment = self._environments[env_id]
        task = self._policy.task_code(environment.spec.instruction)
        rollout = Rollout(environment, seed=seed, max_steps=MAX_STEPS)
        rollout.reset()
        expert = ScriptedExpert(environment)  # type: ignore[arg-type]
        rows: list[tuple[Array, Array, Array, Array]] = []
        while not rollout.over:
            observation = self._observe(environment.observe)
            seen = self._features(observation, task, mirrored=False)
            wanted = np.float64(expert.act())
            done = wanted if weights is None else answered(seen, weights)
            rows.append((seen, self._features(observation, task, mirrored=True), done, wanted))
            rollout.execute(done.astype(np.float32)[np.newaxis])
        return Episode(*(np.array(column) for column in zip(*rows, strict=True)))

    def _features(self, observation: Observation, task: Array, *, mirrored: bool) -> Array:
        images = {name: image[:, ::-1] if mirrored else image for name, image in observation.pixels.items()}
        return np.asarray(self._policy.features(observation.agent_pos, images, task), np.float64)

    def _observe(self, observe: Callable[[], Observation]) -> Observation:
        began = time.process_time()
        observation = observe()
        drawn = time.process_time()
        compute_checksum(observation)
        self.observing_s.append(drawn - began)
        self.checksums_s.append(time.process_time() - drawn)
        return observation


def answered(seen: Array, weights: Array) -> Array:
    return np.clip(seen @ weights, -1.0, 1.0)


def fitted(episodes: Sequence[Episode], ridge: float = 1e-2) -> Array:
    """As the template's train.py does."""
    x = np.concatenate([episode.seen for episode in episodes])
    y = np.concatenate([episode.expert for episode in episodes])
    weights: Array = np.linalg.solve(x.T @ x + ridge * len(x) * np.eye(x.shape[1]), x.T @ y)
    return weights


def variants(weights: Array, demonstrations: Sequence[Episode], held_back: Sequence[Episode]) -> Iterator[Variant]:
    random = np.random.default_rng(1)

    def same(episode: Episode) -> Array:
        return answered(episode.seen, weights)

    def noisy(size: float, outliers: float = 0.0) -> Callable[[Episode], Array]:
        def answers(episode: Episode) -> Array:
            found = same(episode) + random.normal(0.0, size, episode.done.shape)
            flipped = random.random(len(found)) < outliers
            found[flipped] = random.uniform(-1, 1, (int(flipped.sum()), 4))
            return found

        return answers

    def half(episode: Episode) -> Array:
        return np.float64(np.float32(episode.seen.astype(np.float16)) @ np.float32(weights.astype(np.float16)))

    def binned(episode: Episode) -> Array:
        """Both sides round to 256 bins, the one after a little noise: neighbouring bins now and then."""
        return np.round((noisy(1e-4)(episode) + 1) * 127.5) / 127.5 - 1 + same(episode) - rounded(same(episode))

    def rounded(actions: Array) -> Array:
        return np.round((actions + 1) * 127.5) / 127.5 - 1

    def changed(share: float) -> Callable[[Episode], Array]:
        other = weights * (1 + random.normal(0.0, share, weights.shape))
        return lambda episode: answered(episode.seen, other)

    def lagging(steps: int) -> Callable[[Episode], Array]:
        return lambda episode: same(episode)[np.maximum(np.arange(len(episode.seen)) - steps, 0)]

    def stale(episode: Episode) -> Array:
        return same(episode)[np.arange(len(episode.seen)) // LAG_STEPS * LAG_STEPS]

    known = np.concatenate([episode.seen for episode in demonstrations])
    recorded = answered(known, weights)

    def looked_up(episode: Episode) -> Array:
        distances = (known**2).sum(axis=1) - 2 * episode.seen @ known.T
        return recorded[distances.argmin(axis=1)]

    tuned, checkpoint = fitted([*demonstrations, *held_back]), fitted(demonstrations[::2])
    yield Variant("the same bits", True, same)
    for size in (1e-6, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2):
        yield Variant(f"noise {size:g}", size <= 1e-3, noisy(size))
    yield Variant("half precision", True, half)
    yield Variant("256 bins per component, noise 1e-4", True, binned)
    for share in (0.01, 0.03):
        yield Variant(f"noise 1e-4, {share:.0%} of answers wrong", True, noisy(1e-4, share))
    for share in (0.001, 0.01, 0.03):
        yield Variant(f"weights changed by {share:.1%}", False, changed(share))
    yield Variant(f"fine-tuned on {FINE_TUNING_SHARE:.0%} more data", False, lambda e: answered(e.seen, tuned))
    yield Variant("checkpoint of half the data", False, lambda e: answered(e.seen, checkpoint))
    yield Variant("mirrored images", False, lambda e: answered(e.mirrored, weights))
    yield Variant("one step behind", False, lagging(1))
    yield Variant(f"one answer repeated {LAG_STEPS} times", False, stale)
    yield Variant("lookup of recorded answers", False, looked_up)
    yield Variant("somebody else's policy (the expert)", False, lambda e: e.expert)


def compared(variant: Variant, episode: Episode, tolerance: float) -> Comparison:
    """By the verifier's own code."""
    answers = variant.answers(episode).astype(np.float32)
    executed = np.clip(episode.done, -1, 1).astype(np.float32)
    exchanges = [Exchange(step, 0, executed[step : step + 1], False, True) for step in range(len(executed))]
    return Comparison.of(zip(exchanges, answers[:, np.newaxis], strict=True), tolerance)


def percent(values: Sequence[bool] | npt.NDArray[np.bool_]) -> str:
    return f"{100 * float(np.mean(values)):.0f} %"


def disqualified(failing: float) -> float:
    """Chance that at least two of CHECKS independent checks fail."""
    rule = VerificationRule()
    return sum(
        math.comb(CHECKS, k) * failing**k * (1 - failing) ** (CHECKS - k) for k in range(rule.least_failed, CHECKS + 1)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=8, help="per environment, for comparing")
    parser.add_argument("--demonstrations", type=int, default=12, help="per environment, for fitting")
    options = parser.parse_args()
    lab, rule = Lab(), VerificationRule()
    demonstrations = [lab.episode(e, 1000 + k, None) for k in range(options.demonstrations) for e in ENVIRONMENTS]
    held_back = [
        lab.episode(e, 2000 + k, None)
        for k in range(math.ceil(FINE_TUNING_SHARE * options.demonstrations))
        for e in ENVIRONMENTS
    ]
    weights = fitted(demonstrations)
    episodes = [lab.episode(e, 3000 + k, weights) for k in range(options.episodes) for e in ENVIRONMENTS]
    steps = sum(len(episode.done) for episode in episodes)
    print(f"{len(episodes)} episodes of {len(ENVIRONMENTS)} environments, {steps} steps\n", file=sys.stderr)

    everybody = list(variants(weights, demonstrations, held_back))
    print(
        f"| variant | honest | share of actions within {rule.tolerance:g}: lowest, median, highest | checks that fail |"
    )
    print("|---|---|---|---|")
    for variant in everybody:
        found = [compared(variant, episode, rule.tolerance) for episode in episodes]
        shares = [comparison.matching / comparison.compared for comparison in found]
        failing = [not rule.agrees(comparison.compared, comparison.matching) for comparison in found]
        low, middle, high = min(shares), float(np.median(shares)), max(shares)
        print(f"| {variant.name} | {'yes' if variant.honest else 'no'} | {low:.2f}, {middle:.2f}, {high:.2f} "
              f"| {percent(failing)} |")  # fmt: skip

    print(f"\n| tolerance | share that must agree | honest checks that fail | dishonest checks that fail "
          f"| worst honest variant disqualified in {CHECKS} checks |\n|---|---|---|---|---|")  # fmt: skip
    for tolerance in TOLERANCES:
        shares_of = {
            variant.name: np.array([
                comparison.matching / comparison.compared
                for comparison in (compared(variant, episode, tolerance) for episode in episodes)
            ])
            for variant in everybody
        }  # fmt: skip
        for required in SHARES:
            failing_of = {name: found < required for name, found in shares_of.items()}
            honest = [failing_of[variant.name] for variant in everybody if variant.honest]
            others = [
                failing_of[variant.name] for variant in everybody if not variant.honest and "noise" not in variant.name
            ]
            worst = disqualified(max(float(np.mean(found)) for found in honest))
            print(f"| {tolerance:g} | {required:.0%} | {percent(np.concatenate(honest))} "
                  f"| {percent(np.concatenate(others))} | {worst:.2%} |")  # fmt: skip

    drawing, summing = 1e6 * np.mean(lab.observing_s), 1e6 * np.mean(lab.checksums_s)
    print(
        f"\nA checksum takes {summing:.0f} us of CPU, {summing / drawing:.1%} of drawing the images ({drawing:.0f} us)."
    )


if __name__ == "__main__":
    main()
