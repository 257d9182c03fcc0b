"""`kinitro doctor miner` and the tokens for the hub and for Basilica."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.miner.conftest import BASILICA_TOKEN, HUB_TOKEN, READ_TOKEN
from tests.standin.basilica import Basilica
from tests.standin.command import kinitro
from tests.standin.hub import Hub


@pytest.fixture(autouse=True)
def _busy_machines_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kinitro.doctor.findings.DEADLINE_S", 120.0)


async def look(*arguments: str) -> dict[str, Any]:
    done = await kinitro("doctor", "miner", "--network", "local-dev", "--json", *arguments)
    assert not any(secret in done.stdout for secret in (HUB_TOKEN, READ_TOKEN, BASILICA_TOKEN))
    return {one["name"]: one for one in json.loads(done.stdout)["findings"]}


async def test_tokens_and_their_rights(huggingface: Hub, cloud: Basilica, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await look()
    assert found["hub token"]["detail"] == "HF_TOKEN is a token of someone with the role 'write'."
    assert [found[name]["state"] for name in ("hub token", "hub read token", "basilica token", "clock")] == ["ok"] * 4
    monkeypatch.setenv("HF_TOKEN", READ_TOKEN)
    monkeypatch.setenv("HF_READ_TOKEN", HUB_TOKEN)
    found = await look()
    assert "may only read" in found["hub token"]["detail"]
    assert "may write, and the deployment gets it" in found["hub read token"]["detail"]
    assert found["hub token"]["state"] == "missing"
    monkeypatch.setenv("HF_TOKEN", "hf_unheard_of")
    monkeypatch.setenv("BASILICA_API_TOKEN", "unheard_of")
    found = await look()
    assert "the hub does not know the token (401)" in found["hub token"]["detail"]
    assert "does not know the token in BASILICA_API_TOKEN (401)" in found["basilica token"]["detail"]
    assert {call.method for call in (*huggingface.calls, *cloud.calls)} == {"GET"}, "nothing was changed"


async def test_an_endpoint_that_evaluators_would_not_call_is_named(policy_url: str) -> None:
    found = await look("--endpoint", policy_url)
    assert found["endpoint"]["state"] == "missing"
    assert "address_refused" in found["endpoint"]["detail"]
    assert "kinitro check URL --public" in found["endpoint"]["todo"]
