"""Run by LeRobot's interpreter: train a tiny policy for a few steps on a dataset and save it.

python train_tiny_lerobot.py act|diffusion DATASET OUT; prints what LeRobot read as JSON.
"""

from __future__ import annotations

import json
import sys

import torch
from lerobot.datasets.lerobot_dataset import LeRobotDataset
from lerobot.policies.act.configuration_act import ACTConfig
from lerobot.policies.diffusion.configuration_diffusion import DiffusionConfig
from lerobot.policies.factory import make_policy, make_pre_post_processors

CONFIGS = {
    "act": lambda: ACTConfig(
        chunk_size=8,
        n_action_steps=8,
        dim_model=64,
        n_heads=4,
        dim_feedforward=128,
        n_encoder_layers=1,
        n_vae_encoder_layers=1,
        latent_dim=8,
        pretrained_backbone_weights=None,
        device="cpu",
        push_to_hub=False,
    ),
    "diffusion": lambda: DiffusionConfig(
        down_dims=(32, 64),
        crop_shape=(76, 76),
        pretrained_backbone_weights=None,
        use_group_norm=True,
        noise_scheduler_type="DDIM",
        num_inference_steps=4,
        device="cpu",
        push_to_hub=False,
    ),
}
STEPS = 5
BATCH = 8


def main(kind: str, root: str, out: str) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    config = CONFIGS[kind]()
    whole = LeRobotDataset("local/demos", root=root)
    seen = {
        "frames": len(whole),
        "episodes": whole.meta.total_episodes,
        "tasks": list(whole.meta.tasks.index),
        "first": {name: list(value.shape) for name, value in whole[0].items() if isinstance(value, torch.Tensor)},
    }
    print(json.dumps(seen), flush=True)
    fps = whole.meta.fps
    around = {"action": [i / fps for i in config.action_delta_indices]}
    for name in ("observation.state", *whole.meta.camera_keys) if config.observation_delta_indices else ():
        around[name] = [i / fps for i in config.observation_delta_indices]
    dataset = LeRobotDataset("local/demos", root=root, delta_timestamps=around)
    policy = make_policy(config, ds_meta=dataset.meta)
    before, after = make_pre_post_processors(config, dataset_stats=dataset.meta.stats)
    optimizer = torch.optim.Adam(policy.parameters(), 1e-3)
    policy.train()
    for _, batch in zip(range(STEPS), torch.utils.data.DataLoader(dataset, BATCH, shuffle=True), strict=False):
        loss, _ = policy.forward(before(batch))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    for part in (policy, before, after):
        part.save_pretrained(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
