"""A fingerprint of the physics that a machine computes.

Trajectories depend on the versions of MuJoCo and MetaWorld, on CPU features and on the C library's mathematics.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.metadata import version

import numpy as np

from kinitro.environments.registry import make

REFERENCE_TASKS = ("metaworld/pick-place-v3", "metaworld/door-open-v3")
REFERENCE_STEPS = 120
REFERENCE_SEED = 2026


@cache
def fingerprint() -> str:
    """Return versions and a digest of reference episodes, such as `mujoco-3.3.0+metaworld-3.1.1+0123456789abcdef`.

    On machines with equal fingerprints, replaying a trace gives the same bits. The first call in a process takes about
    a second.
    """
    digest = blake2b(digest_size=8)
    for env_id in REFERENCE_TASKS:
        environment = make(env_id, cameras=())
        environment.reset(REFERENCE_SEED)
        digest.update(environment.digest())
        for step in range(REFERENCE_STEPS):
            # down to the table, then to and fro on it with the gripper closing and opening
            phase = (step % 16 - 8) / 8
            environment.step(np.array([phase, -phase * phase, -1.0 if step < 40 else 0.2 * phase, phase]))
            digest.update(environment.digest())
        environment.close()
    return f"mujoco-{version('mujoco')}+metaworld-{version('metaworld')}+{digest.hexdigest()}"
