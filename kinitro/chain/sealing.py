"""Endpoints that only the operator can read.

A sealed endpoint is `ephemeral public key (32) | ciphertext | tag (16)`: X25519 between a fresh key pair and the
operator's, HKDF-SHA256 over both public keys, ChaCha20-Poly1305 under a key that is used once (so the nonce is zero).
The miner's hotkey is authenticated with it: copied into another miner's commitment it does not open.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kinitro.chain.commitments import (
    MAX_SEALED_ENDPOINT_CHARACTERS,
    InvalidCommitment,
    Malformed,
    SealedEndpoint,
    find_endpoint_problem,
)
from kinitro.chain.ss58 import InvalidAddress, decode_address
from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.files import create_file

IN_THE_CLEAR = "The endpoint is in the clear, for everybody to read and copy: --api-url or --backend-key seals it."
"""What a miner is told whose endpoint is not sealed."""
KEY_BYTES = 32
_PURPOSE = b"kinitro sealed endpoint 1"
_NONCE = bytes(12)


def seal_endpoint(endpoint: str, backend_public_key: bytes, hotkey: str) -> SealedEndpoint:
    """Seal `endpoint` for the operator whose public key this is, in the name of `hotkey` (an SS58 address).

    Raises InvalidCommitment, InvalidAddress.
    """
    if problem := find_endpoint_problem(endpoint):
        raise InvalidCommitment(problem)
    if len(endpoint) > MAX_SEALED_ENDPOINT_CHARACTERS:
        raise InvalidCommitment(
            f"The endpoint has {len(endpoint)} characters; a sealed one may have {MAX_SEALED_ENDPOINT_CHARACTERS}."
        )
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    try:
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(backend_public_key))
    except ValueError:
        raise InvalidCommitment(
            "The operator's public key is not one of X25519: ask the operator for it again."
        ) from None
    cipher = ChaCha20Poly1305(_derive(shared, public, backend_public_key))
    return SealedEndpoint(public + cipher.encrypt(_NONCE, endpoint.encode("ascii"), decode_address(hotkey)))


class BackendKey:
    """The operator's key pair, kept in a file that only its owner reads."""

    def __init__(self, private: X25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        return cls(X25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the key from a file. Raises ConfigurationError, whose message never shows the file's content."""
        try:
            raw = bytes.fromhex(path.read_text(encoding="ascii").strip())
            if len(raw) != KEY_BYTES:
                raise ValueError
        except OSError as error:
            raise ConfigurationError(f"The backend key {path} cannot be read: {error.strerror}.") from None
        except ValueError:
            raise ConfigurationError(
                f"{path} does not hold a backend key (64 hexadecimal digits): make one with `kinitro keys backend`."
            ) from None
        return cls(X25519PrivateKey.from_private_bytes(raw))

    def save(self, path: Path) -> None:
        """Write a new file that only its owner can read; raises ConfigurationError if there is one already."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            create_file(path, self._private.private_bytes_raw().hex().encode() + b"\n", mode=0o600)
        except FileExistsError:
            raise ConfigurationError(f"{path} exists already, and is not overwritten.") from None
        except OSError as error:
            raise UnavailableError(f"The backend key cannot be written to {path}: {error.strerror}.") from None

    def open(self, sealed: SealedEndpoint, hotkey: str) -> str | Malformed:
        """Open the endpoint that `hotkey` sealed, or say why it does not open. Never raises, whatever was sealed."""
        public, ciphertext = sealed.ciphertext[:KEY_BYTES], sealed.ciphertext[KEY_BYTES:]
        try:
            shared = self._private.exchange(X25519PublicKey.from_public_bytes(public))
            plain = ChaCha20Poly1305(_derive(shared, public, self.public)).decrypt(
                _NONCE, ciphertext, decode_address(hotkey)
            )
            endpoint = plain.decode("ascii")
        except (ValueError, InvalidTag, InvalidAddress):
            return Malformed(
                "the sealed endpoint does not open: it was sealed for another operator's key or by another hotkey"
            )
        problem = find_endpoint_problem(endpoint)
        return Malformed(problem) if problem else endpoint

    def __repr__(self) -> str:
        return f"BackendKey(public={self.public.hex()})"


def parse_public_key(text: str) -> bytes:
    """Parse a public key as `kinitro keys backend` prints it (64 hexadecimal digits); raises ConfigurationError."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ConfigurationError(
            f"The operator's public key has 64 hexadecimal digits, as `kinitro keys backend` prints them; what was "
            f"given has {len(text)} characters."
        )
    return raw


def agree_on_key(given: bytes | None, on_chain: bytes | None, *, required: bool) -> bytes | None:
    """The key to seal to, from what was given or the API said and what the operator has on chain; None if neither.

    Raises ConfigurationError if they differ, or if there is none and one is required.
    """
    if given is not None and on_chain is not None and given != on_chain:
        raise ConfigurationError(
            f"The operator's key on chain is {on_chain.hex()}, and --backend-key or the API says {given.hex()}: one of "
            "them is old or not the operator's, so nothing was committed. Ask the operator."
        )
    key = given or on_chain
    if key is None and required:
        raise ConfigurationError(
            "--encrypt needs the operator's public key, which is not on chain: give --backend-key or --api-url."
        )
    return key


def _derive(shared: bytes, ephemeral_public: bytes, backend_public: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=_PURPOSE + ephemeral_public + backend_public).derive(shared)
