"""The part of the conformance check that is about images which lean on ones that were sent before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from kinitro.environments.interface import Observation
from kinitro.policies.client import HttpPolicy
from kinitro.policies.images import DELTA, WHOLE_IMAGES_NEEDED, EncodedImage, ImageEncoder
from kinitro.policies.messages import TaskConfig
from kinitro.policies.probes import Nonconformity, make_observations


def make_similar_observations(count: int) -> list[Observation]:
    """Return `count` observations whose images differ from one another in a few rows only, as those of an episode."""
    found = make_observations(1)
    for fresh in make_observations(count, seed=1)[1:]:
        pixels = {camera: image.copy() for camera, image in found[-1].pixels.items()}
        for camera, image in fresh.pixels.items():
            pixels[camera][:5] = image[:5]
        found.append(Observation(fresh.agent_pos, pixels))
    return found


async def expect_asks_for_lost(policy: HttpPolicy, task: TaskConfig, observations: Sequence[Observation]) -> None:
    """Raise Nonconformity unless the server asks for whole images where it cannot have the right ones.

    Once it lacks the images that others lean on, and once these do not result in what their digests say.
    """
    encoder = ImageEncoder(DELTA)
    first, second, third = observations[:3]

    async def send(step: int, observation: Observation, images: Mapping[str, EncodedImage]) -> int:
        return await policy.probe("/act", policy.codec.encode_act(task.episode_id, step, observation, images))

    def encode(observation: Observation) -> dict[str, EncodedImage]:
        images = encoder.encode(task.episode_id, observation.pixels)
        encoder.confirm(task.episode_id)
        return images

    await policy.reset(task)
    whole = encode(first)
    status = await send(0, second, encode(second))
    _expect_asked(status, "leaned on images that it had not been sent")
    _expect_answered(await send(0, first, whole))
    _expect_answered(await send(1, second, _encode_after(task, first, second)))
    wrong = {
        camera: msgspec.structs.replace(image, digest="0" * len(image.digest or ""))
        for camera, image in encode(third).items()
    }
    _expect_asked(await send(2, third, wrong), "did not result in what their digests say")


def _encode_after(task: TaskConfig, shown: Observation, observation: Observation) -> dict[str, EncodedImage]:
    """Encode images that lean on those of `shown`."""
    encoder = ImageEncoder(DELTA)
    encoder.encode(task.episode_id, shown.pixels)
    encoder.confirm(task.episode_id)
    return encoder.encode(task.episode_id, observation.pixels)


def _expect_asked(status: int, what: str) -> None:
    if status != WHOLE_IMAGES_NEEDED:
        raise Nonconformity(
            f"images in delta that {what} were answered with status {status}; "
            f"{WHOLE_IMAGES_NEEDED} asks for whole ones, and anything else acts on wrong images"
        )


def _expect_answered(status: int) -> None:
    if status != 200:
        raise Nonconformity(f"right images in delta were answered with status {status}, where 200 is needed")
