"""The sealed pack of a cycle: is what the operator reveals the pack to which the cycle was bound when it opened?"""

from __future__ import annotations

import asyncio
from pathlib import Path

from kinitro.audit.report import Check
from kinitro.client.http import ApiClient
from kinitro.client.packs import PackCache
from kinitro.client.records import Manifest
from kinitro.environments.packs.directory import load_pack
from kinitro.errors import KinitroError, UnavailableError

NAME = "pack"


async def check_pack(api: ApiClient, manifest: Manifest, directory: Path) -> Check | None:
    """Download the pack into `directory`, where replays read it, and compare it with its digest.

    The digest is in the manifest, in the version of every environment that draws from the pack, and so in the opening
    that the operator committed to. None if the cycle has no pack. The check is skipped if retention has dropped the
    pack together with the traces, and unavailable if the API cannot be asked.
    """
    digest = manifest.config.pack
    if digest is None:
        return None
    if not manifest.traces_kept:
        return Check.skipped(NAME, "not checked: the API serves neither traces nor the pack of this cycle any more")
    try:
        await PackCache(directory, lambda _digest: api.revealed_pack(manifest.cycle_id)).ensure(digest)
        pack = (await asyncio.to_thread(load_pack, directory, digest)).content
    except UnavailableError as error:
        return Check.unavailable(NAME, f"the pack could not be read: {error}")
    except KinitroError as error:
        return Check.of(NAME, "", [f"the pack {digest} was not revealed: {error}"])
    counts = f"{len(pack.textures)} textures, {len(pack.distractors)} distractors, {len(pack.shapes)} shapes"
    return Check.of(NAME, f"{counts}, wordings of {len(pack.wordings)} tasks; digest {digest}", [])
