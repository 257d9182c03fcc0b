"""Train `perception.onnx` on what `collect.py` recorded: `python train.py [--data data] [--steps 16000]`.

The losses: keypoints against the pixels of object, goal and hand; landmarks against theirs; positions by the likelihood
of a normal distribution, weighted by the deviation (beta-NLL, Seitzer and others, ICLR 2022, beta 1/2), so that
frames in which something is hidden do not drown the others. Weights are averaged over the last steps (EMA).
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from network import LANDMARKS_M, ROWS, Perception, Served
from policy import CENTRE_M, PERCEPTION, SCALE_M, TASKS
from torch.nn import functional

BATCH = 40
HELD_OUT = 25
"""Every so-manieth episode is not trained on."""
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-3
AVERAGE = 0.997
"""Of the averaged weights that is kept per step."""
LANDMARKS = slice(3, 3 + len(LANDMARKS_M))


class Frames:
    """Everything in a folder of chunks, in memory: 64 kB a frame."""

    def __init__(self, folder: Path) -> None:
        files = sorted(folder.glob("*.npz"))
        if not files:
            sys.exit(f"{folder} has no *.npz: record some with `python collect.py --out {folder}`")
        self.arrays: dict[str, np.ndarray] = {}
        for number, file in enumerate(files):
            with np.load(file) as chunk:
                for key in chunk.files:
                    part = chunk[key]
                    if key not in self.arrays:
                        self.arrays[key] = np.empty((len(files) * len(part), *part.shape[1:]), part.dtype)
                    self.arrays[key][number * len(part) : (number + 1) * len(part)] = part
        held_out = self.arrays["episode"] % HELD_OUT == 0
        self.training, self.held_out = np.flatnonzero(~held_out), np.flatnonzero(held_out)

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
def validate(network: Perception, frames: Frames, device: str) -> dict[str, tuple[float, float]]:
    """Median error of object and goal in mm by task, on held-out episodes."""
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
        name: tuple(np.median(error[task == n], axis=0).round(1).tolist())
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--steps", type=int, default=16_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--validate-every", type=int, default=1000)
    parser.add_argument("--checkpoint", type=Path, default=Path("perception.pt"), help="Written at every validation.")
    parser.add_argument("--start", type=Path, help="A checkpoint to go on from.")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    frames, random = Frames(options.data), np.random.default_rng(0)
    print(f"{len(frames.training)} frames to train on, {len(frames.held_out)} held out, on {device}", file=sys.stderr)
    network = Perception().to(device, memory_format=torch.channels_last)
    if options.start:
        network.load_state_dict(torch.load(options.start))
    average = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE), use_buffers=True
    )
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda n: min(1, (n + 1) / 100) * (0.02 + 0.49 * (1 + math.cos(math.pi * n / max(1, options.steps)))),
    )
    began = time.monotonic()
    with Path("train.csv").open("w", newline="") as file:
        log = csv.writer(file)
        log.writerow(["step", "loss", *(f"{name} {what} mm" for name in TASKS for what in ("object", "goal"))])
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
                spent = time.monotonic() - began
                left = spent / step * (options.steps - step)
                print(f"\rstep {step} loss {loss.item():.3f}, {left / 60:.0f} min left ", end="", file=sys.stderr)
            if step % options.validate_every == 0 or step == options.steps:
                errors = validate(average.module, frames, device)
                log.writerow([step, loss.item(), *(mm for name in TASKS for mm in errors.get(name, ("", "")))])
                file.flush()
                torch.save(average.module.state_dict(), options.checkpoint)
                shown = ", ".join(f"{name} {thing}/{goal}" for name, (thing, goal) in errors.items())
                print(f"\nmedian error of object/goal in mm: {shown}", file=sys.stderr)
    export(average.module, PERCEPTION)
    print(f"wrote {PERCEPTION.name} after {(time.monotonic() - began) / 60:.1f} min", file=sys.stderr)


if __name__ == "__main__":
    main()
