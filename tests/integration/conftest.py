"""Fixtures of integration tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _sdk_keeps_its_files_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Bittensor SDK caches metadata on disk by genesis: never across tests, never in the user's home."""
    monkeypatch.setenv("BITTENSOR_RUNTIME_CACHE_DIR", str(tmp_path / "bittensor-cache"))
