"""Train `perception.onnx` on what `collect.py` recorded: `python train.py [--data ../frames] [--steps 10000]`.

It takes .32 s per step on one CPU core, and uses a GPU where there is one. Three losses are added: keypoints against
the pixels of object, goal and hand; landmarks against theirs; positions by the likelihood of a normal distribution,
weighted by its deviation (beta-NLL, Seitzer and others, ICLR 2022, beta 1/2), so that frames in which something is
hidden do not drown the others. That last loss rises when the network gets more certain: look at the errors in
millimetres, which are of episodes that are not trained on. They are also in `train.csv`, and drawn in `train.png`.
What is kept is a moving average of the weights.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from network import ROWS, Perception, Served
from policy import CENTRE_M, LANDMARKS_M, PERCEPTION, SCALE_M, TASKS
from torch.nn import functional

BATCH = 40
HELD_OUT = 25
"""One episode in so many is not trained on."""
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-3
AVERAGE = 0.997
"""How much of the averaged weights is kept per step; less in the first steps."""
LANDMARKS = slice(3, 3 + len(LANDMARKS_M))


class Frames:
    """All frames of a folder, in memory: 64 kB each."""

    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob("*.npz"))
        if not files:
            sys.exit(f"{folder} has no *.npz: record some with `python collect.py --out {folder}`")
        self.arrays: dict[str, np.ndarray] = {}
        sizes = []
        for file in files:
            with np.load(file) as recorded:
                sizes.append(len(recorded["task"]))
        for file, end in zip(files, np.cumsum(sizes), strict=True):
            with np.load(file) as recorded:
                for key in recorded.files:
                    part = recorded[key]
                    if key not in self.arrays:
                        self.arrays[key] = np.empty((sum(sizes), *part.shape[1:]), part.dtype)
                    self.arrays[key][end - len(part) : end] = part
        held_out = self.arrays["episode"] % HELD_OUT == 0
        self.training, self.held_out = np.flatnonzero(~held_out), np.flatnonzero(held_out)
        if not (len(self.training) and len(self.held_out)):
            sys.exit(f"{folder} has too few episodes to train on: record at least 2 rounds with collect.py")

    def batch(self, index: np.ndarray, device: str) -> dict[str, torch.Tensor]:
        """The frames with these numbers, as the network and the losses take them."""
        index = np.sort(index)
        got = {key: torch.from_numpy(values[index]).to(device) for key, values in self.arrays.items()}
        pixels = got["pixels"]
        ahead = pixels[..., 2] > 0.02
        inside = (pixels[:, :, :3, :2].abs() < 1).all(-1) & ahead[:, :, :3]
        inside[:, 2, 2] = False  # the hand's camera does not see the hand
        for camera, (low, high) in enumerate(ROWS):
            y = pixels[:, camera, :3, 1]
            inside[:, camera] &= (y > low / 42 - 1) & (y < high / 42 - 1)
        centre = torch.tensor(CENTRE_M, dtype=torch.float32, device=device)
        return {
            "images": got["images"].permute(0, 1, 4, 2, 3).float() / 255 - 0.5,
            "proprioception": got["proprioception"],
            "task": got["task"],
            "keypoints": pixels[:, :, :3, :2].clamp(-1.5, 1.5),
            "inside": inside,
            "landmarks": pixels[:, :2, LANDMARKS, :2].flatten(2),
            "positions": ((got["positions"] - centre) / SCALE_M).flatten(1),
        }


def losses(network: Perception, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss, and the fused positions (n, 6)."""
    keypoints, landmarks, *estimates = network(batch["images"], batch["proprioception"], batch["task"])
    miss = functional.smooth_l1_loss(keypoints, batch["keypoints"], beta=0.02, reduction="none").sum(-1)
    loss = 3 * (miss * batch["inside"]).sum() / batch["inside"].sum()
    loss = loss + 3 * functional.smooth_l1_loss(landmarks, batch["landmarks"], beta=0.02)
    for mean, log_deviation in estimates:
        error = 0.5 * ((batch["positions"] - mean) * torch.exp(-log_deviation)) ** 2 + log_deviation
        loss = loss + (error * torch.exp(log_deviation).detach()).mean()
    return loss, estimates[0][0]


@torch.no_grad()
def validate(network: Perception, frames: Frames, device: str) -> dict[str, list[float]]:
    """Median errors [object, goal] in mm by task, on held-out episodes."""
    network.eval()
    chosen = np.random.default_rng(0).permutation(frames.held_out)[:1500]
    tasks, errors = [], []
    for start in range(0, len(chosen), 100):
        batch = frames.batch(chosen[start : start + 100], device)
        _, positions = losses(network, batch)
        away = (positions - batch["positions"]).reshape(-1, 2, 3).norm(dim=-1) * SCALE_M * 1000
        tasks.append(batch["task"].cpu().numpy())
        errors.append(away.cpu().numpy())
    task, error = np.concatenate(tasks), np.concatenate(errors)
    return {
        name: [round(float(mm), 1) for mm in np.median(error[task == n], axis=0)]
        for n, name in enumerate(TASKS)
        if (task == n).any()
    }


def export(network: Perception, path: Path) -> None:
    """Write the ONNX file; it appears as a whole."""
    example = (
        torch.zeros((1, 3, 84, 84, 3), dtype=torch.uint8),
        torch.tensor([[0.0, 0.6, 0.2, 1.0]]),
        torch.tensor([0]),
    )
    draft = path.with_suffix(".part")
    torch.onnx.export(
        Served(network).cpu().eval(),
        example,
        str(draft),
        input_names=["images", "proprioception", "task"],
        output_names=["mean", "deviation"],
        opset_version=17,
        dynamo=False,
    )
    draft.rename(path)


class Log:
    """The errors so far, in `train.csv` and `train.png`."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.errors: dict[str, list[float]] = {f"{task} {what}": [] for task in TASKS for what in ("object", "goal")}

    def add(self, step: int, errors: dict[str, list[float]]) -> None:
        """Take in errors in mm and write both files anew."""
        self.steps.append(step)
        for task in TASKS:
            for what, mm in zip(("object", "goal"), errors.get(task, (math.nan, math.nan)), strict=True):
                self.errors[f"{task} {what}"].append(mm)
        with Path("train.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["step", *(f"{name} mm" for name in self.errors)])
            table.writerows(zip(self.steps, *self.errors.values(), strict=True))
        figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")
        for what, panel in zip(("object", "goal"), axes, strict=True):
            for task in TASKS:
                panel.plot(self.steps, self.errors[f"{task} {what}"], marker=".", label=task)
            panel.set(title=what, xlabel="step", yscale="log", ylabel="median error, mm")
        panel.legend(fontsize=7)
        figure.savefig("train.png", dpi=120)
        plt.close(figure)


def average_of(old: torch.Tensor, new: torch.Tensor, number: torch.Tensor) -> torch.Tensor:
    """The moving average of a weight; in the first steps it forgets sooner, for they are bad."""
    return old + (new - old) * (1 - min(AVERAGE, float((1 + number) / (20 + number))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../frames"))
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--validate-every", type=int, default=500)
    parser.add_argument("--checkpoint", type=Path, default=Path("perception.pt"), help="Written at every validation.")
    parser.add_argument("--start", type=Path, help="A checkpoint to begin with.")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    frames, random = Frames(options.data), np.random.default_rng(0)
    print(f"{len(frames.training)} frames to train on, {len(frames.held_out)} held out, on {device}", file=sys.stderr)
    network = Perception().to(device, memory_format=torch.channels_last)
    if options.start:
        network.load_state_dict(torch.load(options.start, map_location=device, weights_only=True))
    average = torch.optim.swa_utils.AveragedModel(network, avg_fn=average_of, use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda n: min(1, (n + 1) / 100) * (0.02 + 0.49 * (1 + math.cos(math.pi * n / max(1, options.steps)))),
    )
    began, log = time.monotonic(), Log()
    for step in range(1, options.steps + 1):
        network.train()
        loss, _ = losses(network, frames.batch(random.choice(frames.training, BATCH), device))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        average.update_parameters(network)
        if step % 50 == 0:
            left_s = (time.monotonic() - began) / step * (options.steps - step)
            print(f"\rstep {step}, {left_s / 60:.0f} min left ", end="", file=sys.stderr, flush=True)
        if step % options.validate_every == 0 or step == options.steps:
            errors = validate(average.module, frames, device)
            log.add(step, errors)
            torch.save(average.module.state_dict(), options.checkpoint)
            shown = ", ".join(f"{name} {thing}/{goal}" for name, (thing, goal) in errors.items())
            print(f"\nstep {step}: median errors of object/goal in mm: {shown}", file=sys.stderr)
    export(average.module, PERCEPTION)
    print(f"wrote {PERCEPTION.name} after {(time.monotonic() - began) / 60:.1f} min", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nstopped; `--start perception.pt` begins with the weights of the last validation, if there was one")
