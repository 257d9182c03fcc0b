"""Signs requests with a hotkey: an evaluator's, so that a miner's server can serve this subnet's evaluators only, or a
miner's, so that the API can tell it what is not for others. Checks such signatures.

The wire format is Bittensor's `btauth/1`: `bittensor.http_auth.verify` accepts it on the other side. It is written out
here because the whole SDK takes 0.8 s to import and every evaluation worker signs; only the key pair's small native
library is loaded, when a key is.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from kinitro.errors import ConfigurationError, KinitroError

WALLET_DIRECTORY: Final = Path("~/.bittensor/wallets")
"""Where the SDK keeps wallets by default."""
_NO_RECEIVER: Final = "-"
_SCHEMES: Final = {0: "ed25519", 1: "sr25519"}
"""Names by the native library's numbers; sr25519 is the default and is not written in the headers."""


MAX_SKEW_S: Final = 60.0
"""How far the time of a signature may be from ours."""


class SignatureRefused(KinitroError):
    """A request is not signed as it claims to be; the message says why."""


class KeyPair(Protocol):
    """The part of `bittensor_core.Keypair` that is used."""

    @property
    def ss58_address(self) -> str: ...
    @property
    def crypto_type(self) -> int: ...
    def sign(self, data: bytes) -> bytes: ...


@dataclass(slots=True)
class RequestSigner:
    """A `client.Signer`: called with (method, path, body), it returns the headers that prove who sends them."""

    key: KeyPair
    receiver: str | None = None
    """The SS58 address of the miner's hotkey. With it the request is valid only at this miner's server."""
    _last_nonce: int = field(default=0, init=False)

    def __call__(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        self._last_nonce = max(time.time_ns(), self._last_nonce + 1)
        scheme = _SCHEMES[self.key.crypto_type]
        payload = _write_payload(
            scheme, method, path, body, str(self._last_nonce), self.key.ss58_address, self.receiver or _NO_RECEIVER
        )
        headers = {
            "x-bittensor-version": "1",
            "x-bittensor-hotkey": self.key.ss58_address,
            "x-bittensor-nonce": str(self._last_nonce),
            "x-bittensor-signature": "0x" + bytes(self.key.sign(payload)).hex(),
        }
        if scheme != "sr25519":
            headers["x-bittensor-crypto"] = scheme
        if self.receiver is not None:
            headers["x-bittensor-receiver"] = self.receiver
        return headers


def verify_signature(headers: Mapping[str, str], method: str, path: str, body: bytes = b"") -> str:
    """Return the SS58 address of the hotkey that signed a request; `headers` are in lower case.

    A request can be repeated by whoever has seen it until MAX_SKEW_S is over: this is for reading only. Raises
    SignatureRefused.
    """
    import bittensor_core

    sender, nonce = headers.get("x-bittensor-hotkey", ""), headers.get("x-bittensor-nonce", "")
    scheme = headers.get("x-bittensor-crypto", "sr25519")
    number = next((number for number, name in _SCHEMES.items() if name == scheme), None)
    if headers.get("x-bittensor-version") != "1" or number is None or not (nonce.isdecimal() and len(nonce) < 25):
        raise SignatureRefused(
            "The X-Bittensor headers are incomplete, or not of version 1: send all of them, or none."
        )
    if abs(time.time_ns() - int(nonce)) > MAX_SKEW_S * 1e9:
        raise SignatureRefused(
            f"The signature is not of the last {MAX_SKEW_S:.0f} s: is the clock of your machine right?"
        )
    receiver = headers.get("x-bittensor-receiver", _NO_RECEIVER)
    payload = _write_payload(scheme, method, path, body, nonce, sender, receiver)
    try:
        signature = bytes.fromhex(headers.get("x-bittensor-signature", "").removeprefix("0x"))
        valid = bool(bittensor_core.verify(payload, signature, sender, number))
    except ValueError:  # no hexadecimal number, no signature's length, no address
        valid = False
    if not valid:
        raise SignatureRefused("The signature is not by the hotkey that is named, or of another request.")
    return sender


def _write_payload(scheme: str, method: str, path: str, body: bytes, nonce: str, sender: str, receiver: str) -> bytes:
    """Write what is signed."""
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join(("btauth/1", scheme, method, path, digest, nonce, sender, receiver)).encode()


def load_hotkey(wallet_name: str, hotkey_name: str, wallet_path: str | Path | None = None) -> KeyPair:
    """Return the key pair in a wallet's hotkey file, which must not be encrypted; raises ConfigurationError."""
    data = read_hotkey(wallet_name, hotkey_name, wallet_path)
    return parse_hotkey(data, f"The hotkey {wallet_name}/{hotkey_name}")


def read_hotkey(wallet_name: str, hotkey_name: str, wallet_path: str | Path | None = None) -> bytes:
    """Return the content of a wallet's hotkey file, a secret; raises ConfigurationError."""
    file = Path(wallet_path or WALLET_DIRECTORY).expanduser() / wallet_name / "hotkeys" / hotkey_name
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"The hotkey {wallet_name}/{hotkey_name} cannot be read from {file}: {error.strerror}."
        ) from None


def parse_hotkey(data: bytes, source: str) -> KeyPair:
    """Return the key pair in the content of a hotkey file; raises ConfigurationError, which names `source`."""
    import bittensor_core

    if bittensor_core.keyfile_data_is_encrypted(data):
        raise ConfigurationError(f"{source} is encrypted; sign with one that is not.")
    try:
        pair: KeyPair = bittensor_core.deserialize_keypair_from_keyfile_data(data)
    except (ValueError, bittensor_core.KeyfileError) as error:
        raise ConfigurationError(f"{source} is not a hotkey file ({type(error).__name__}): copy it again.") from None
    return pair
