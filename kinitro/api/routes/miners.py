"""Routes of the miners of the newest cycle: all of them, and the status of one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import Response

from kinitro.api.answers import answer_json
from kinitro.api.miner_statuses import MinerOverview, read_overview
from kinitro.api.services import Services, ServicesOf
from kinitro.client.messages import Miner, MinerList, MinerStatus
from kinitro.policies.signing import SignatureRefused, verify_signature

router = APIRouter(prefix="/v1", tags=["public"])

SIGNED_BY = "x-bittensor-hotkey"
MinerName = Annotated[
    str,
    Path(max_length=64, pattern=r"^[A-Za-z0-9-]+$", description="A uid, or the SS58 address of a hotkey."),
]


@router.get("/miners", response_model=MinerList)
async def miners(request: Request, services: ServicesOf) -> Response:
    """Who takes part, who does not and why, and the last published weights."""

    async def make() -> MinerList:
        rows = await services.publications.miners()
        if not rows:
            raise HTTPException(404, "No cycle has frozen its miners yet; see /v1/status.")
        published = await services.publications.latest()
        weights = published.weights if published else {"weights": {}, "hotkeys": {}}
        listed = []
        for row in rows:
            uid, fields = str(row.uid), row._asdict()
            del fields["cycle_id"]
            same = published is not None and weights["hotkeys"].get(uid, row.hotkey) == row.hotkey
            weight = weights["weights"].get(uid, 0.0) if same else None
            listed.append(Miner(weight=weight, **fields))
        return MinerList(cycle_id=rows[0].cycle_id, miners=listed)

    return await services.cache.answer(request, make)


@router.get("/miners/{miner}/status", response_model=MinerStatus)
async def status(miner: MinerName, request: Request, services: ServicesOf) -> Response:
    """One miner: its commitment, its episodes of the newest cycle as counts, its last scores.

    A request that the miner's hotkey has signed (Bittensor's `btauth/1`) is told the faults of a running cycle, too.
    """
    name: int | str = int(miner) if miner.isdecimal() and miner.isascii() and len(miner) <= 5 else miner
    if SIGNED_BY not in request.headers:
        return await services.cache.answer(request, lambda: _describe(services, name, None), name)
    try:
        signer = verify_signature(dict(request.headers), "GET", f"/v1/miners/{miner}/status")
    except SignatureRefused as error:
        raise HTTPException(401, str(error)) from None
    answer = answer_json(await _describe(services, name, signer))
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _describe(services: Services, miner: int | str, signer: str | None) -> MinerStatus:
    """Raises HTTPException 404 with the reason, 403 if another hotkey than the miner's has signed."""
    overview = await _share_overview(services)
    if overview is None:
        raise HTTPException(404, "No cycle has looked at any commitment yet; see /v1/status.")
    found = overview.find(miner)
    if found is None:
        who = f"uid {miner}" if isinstance(miner, int) else f"the hotkey {miner}"
        raise HTTPException(
            404,
            f"Cycle {overview.cycle.cycle_id} found no commitment of {who} in block {overview.cycle.block}: commit "
            "one, or if you have, wait for the next cycle.",
        )
    uid, hotkey = found
    if signer not in (None, hotkey):
        raise HTTPException(403, f"The request was signed by another hotkey than that of uid {uid}, {hotkey}.")
    return overview.describe(uid, hotkey, to_itself=signer is not None)


async def _share_overview(services: Services) -> MinerOverview | None:
    return await services.cache.share(("miner overview",), lambda: read_overview(services.publications))
