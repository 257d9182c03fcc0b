"""Requests signed by us, verified by the SDK that miners use."""

from __future__ import annotations

import subprocess
import sys

import bittensor_core
import pytest
from bittensor import http_auth

from kinitro.errors import ConfigurationError
from kinitro.policies.signing import RequestSigner, load_hotkey

ALICE = bittensor_core.Keypair.create_from_uri("//Alice")
MINER = bittensor_core.Keypair.create_from_uri("//Bob").ss58_address
BODY = b'{"step": 1}'


def verify(headers, body=BODY, *, path="/act", me=MINER, store=None, receiver=True):
    return http_auth.verify(
        headers,
        body,
        method="POST",
        path=path,
        self_hotkey_ss58=me,
        require_receiver=receiver,
        nonce_store=store or http_auth.InMemoryNonceStore(),
    )


def test_the_sdk_accepts_our_signature() -> None:
    headers = RequestSigner(ALICE, MINER)("POST", "/act", BODY)
    assert verify(headers).hotkey_ss58 == ALICE.ss58_address


def test_ed25519_keys_sign_too() -> None:
    key = bittensor_core.Keypair.create_from_uri("//Alice", crypto_type=bittensor_core.CRYPTO_ED25519)
    assert verify(RequestSigner(key, MINER)("POST", "/act", BODY)).hotkey_ss58 == key.ss58_address


def test_an_unbound_signature_is_for_everybody() -> None:
    headers = RequestSigner(ALICE)("POST", "/act", BODY)
    assert verify(headers, receiver=False).hotkey_ss58 == ALICE.ss58_address


def test_another_body_path_or_receiver_does_not_verify() -> None:
    headers = RequestSigner(ALICE, MINER)("POST", "/act", BODY)
    for changed in ({"body": b"{}"}, {"path": "/reset"}):
        with pytest.raises(http_auth.BadSignature):
            verify(headers, **changed)
    with pytest.raises(http_auth.WrongReceiver):
        verify(headers, me=ALICE.ss58_address)


def test_every_request_has_its_own_nonce() -> None:
    signer, store = RequestSigner(ALICE, MINER), http_auth.InMemoryNonceStore()
    for _ in range(20):
        verify(signer("POST", "/act", BODY), store=store)


def test_a_hotkey_is_read_from_its_wallet(tmp_path) -> None:
    hotkeys = tmp_path / "validator" / "hotkeys"
    hotkeys.mkdir(parents=True)
    (hotkeys / "default").write_bytes(bittensor_core.serialized_keypair_to_keyfile_data(ALICE))
    assert load_hotkey("validator", "default", tmp_path).ss58_address == ALICE.ss58_address


def test_a_hotkey_that_cannot_be_used_is_named(tmp_path) -> None:
    hotkeys = tmp_path / "validator" / "hotkeys"
    hotkeys.mkdir(parents=True)
    (hotkeys / "locked").write_bytes(b"$NACL" + bytes(100))
    (hotkeys / "broken").write_bytes(b"not a key")
    for hotkey, message in (("none", "cannot be read"), ("locked", "is encrypted"), ("broken", "not a hotkey file")):
        with pytest.raises(ConfigurationError, match=message):
            load_hotkey("validator", hotkey, tmp_path)


def test_the_client_does_not_load_the_sdk() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, kinitro.policies.client, kinitro.policies.signing; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert not {"bittensor", "bittensor_core", "mujoco", "metaworld", "fastapi", "aiohttp"} & set(loaded)
