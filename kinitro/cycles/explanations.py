"""What the API tells about one miner of one published cycle."""

from __future__ import annotations

from pydantic import Field

from kinitro.client.messages import Message
from kinitro.scoring import MinerExplanation


class Explanation(Message):
    """`GET /v1/scores/{cycle_id}/miners/{uid}`, `/v1/scores/latest/miners/{uid}`"""

    cycle_id: int
    hotkey: str
    explanation: MinerExplanation = Field(description="Why the miner earns what it earns; see docs/scoring.md.")
