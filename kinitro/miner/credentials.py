"""What looks like a credential: names of files that hold one, and tokens and keys in what files contain.

Forms as their issuers document them. A name or a text that matches is a reason to refuse an upload, so the forms are
narrow: arbitrary bytes, such as a network's weights, match with a probability below 1e-20 per megabyte.
"""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path
from typing import Final, NamedTuple

NAMES: Final = {
    "an SSH key": ("id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "*.ppk"),
    "a private key or a certificate": ("*.pem", "*.key", "*.p12", "*.pfx", "*.p8", "*.jks", "*.keystore"),
    "a store of passwords": ("*.kdbx", "*.psafe3", "netrc", "_netrc", "htpasswd", "pgpass", "*.gpg", "*.asc"),
    "a file of secret variables": ("*.env", "secrets", "secrets.*", "secret.*"),
    "a cloud's credentials": (
        *("credentials", "credentials.*", "application_default_credentials.json", "client_secret*.json"),
        *("service-account*.json", "service_account*.json", "kubeconfig", "kubeconfig.*", "rclone.conf", "*.tfstate"),
    ),
    "a token of the hub": ("token", "stored_tokens", "hf_token*", "huggingface_token*"),
    "a wallet": ("coldkey", "coldkeypub.txt", "hotkeypub.txt", "wallet", "wallet.*", "*.wallet"),
}
"""Patterns of file names, in lower case, and what such a file is."""
FOLDERS: Final = {"hotkeys": "a wallet", "coldkeys": "a wallet", "wallets": "a wallet"}
"""Names of folders that are not published, whatever is in them."""


class _Form(NamedTuple):
    what: str
    anchor: bytes
    """Fixed bytes of every match: looked for first, because that is a hundred times faster than the pattern."""
    pattern: re.Pattern[bytes]


_FORMS: Final = (
    _Form("a private key", b"PRIVATE KEY", re.compile(rb"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY( BLOCK)?-----")),
    _Form("a private key", b"PuTTY-User-Key-File", re.compile(rb"PuTTY-User-Key-File-\d")),
    _Form("a token of the hub", b"hf_", re.compile(rb"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,}")),
    _Form("a token of the hub", b"api_org_", re.compile(rb"(?<![A-Za-z0-9_])api_org_[A-Za-z0-9]{30,}")),
    _Form("a key of AWS", b"AKIA", re.compile(rb"(?<![A-Z0-9])AKIA[A-Z0-9]{16}(?![A-Z0-9])")),
    _Form("a key of AWS", b"ASIA", re.compile(rb"(?<![A-Z0-9])ASIA[A-Z0-9]{16}(?![A-Z0-9])")),
    *(
        _Form("a key of AWS", name, re.compile(name + rb"['\"]?\]?\s{0,9}[=:,]\s{0,9}['\"]?[A-Za-z0-9/+]{40}"))
        for name in (b"aws_secret_access_key", b"AWS_SECRET_ACCESS_KEY")
    ),
    _Form("a key of Google", b"AIza", re.compile(rb"(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}")),
    _Form("a token of GitHub", b"gh", re.compile(rb"(?<![A-Za-z0-9_])gh[pousr]_[A-Za-z0-9]{36,}")),
    _Form("a token of GitHub", b"github_pat_", re.compile(rb"(?<![A-Za-z0-9_])github_pat_[A-Za-z0-9_]{40,}")),
    _Form("a token of GitLab", b"glpat-", re.compile(rb"(?<![A-Za-z0-9_-])glpat-[A-Za-z0-9_-]{20,}")),
    _Form("a token of Slack", b"xox", re.compile(rb"(?<![A-Za-z0-9_-])xox[abeoprs]-[A-Za-z0-9-]{20,}")),
    _Form("a key of an API", b"sk-", re.compile(rb"(?<![A-Za-z0-9_-])sk-[A-Za-z0-9_-]{40,}")),
    _Form("a token of PyPI", b"pypi-AgEI", re.compile(rb"(?<![A-Za-z0-9_-])pypi-AgEI[A-Za-z0-9_-]{50,}")),
    _Form("a key of a wallet", b"secret", re.compile(rb"\"secret(Phrase|Seed)\"\s*:\s*\"")),
    _Form("a key of a wallet", b"privateKey", re.compile(rb"\"privateKey\"\s*:\s*\"(0x)?[0-9a-fA-F]{64}")),
    _Form("an encrypted key of a wallet", b"$NACL", re.compile(rb"\A\$NACL")),
    _Form("an encrypted key of a wallet", b"$ANSIBLE_VAULT", re.compile(rb"\A\$ANSIBLE_VAULT")),
)
_CHUNK_BYTES: Final = 4 * 1024**2
_OVERLAP_BYTES: Final = 256
"""At least; longer than what decides a match of any form, so that none is cut in two."""


def find_by_name(path: str) -> str | None:
    """Say which credential a file of this relative path seems to be; None if it is none. Case does not matter."""
    *folders, name = path.lower().split("/")
    for folder in folders:
        if folder in FOLDERS:
            return FOLDERS[folder]
    for what, patterns in NAMES.items():
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            return what
    return None


def find_by_content(file: Path, own: dict[str, str]) -> str | None:
    """Say which credential a file contains, without quoting it. `own`: values that must not appear, by description.

    Reads the whole file, about a gigabyte in a few seconds. Raises OSError.
    """
    overlap = max([_OVERLAP_BYTES, *(len(value.encode()) for value in own.values())])
    with file.open("rb") as stream:
        kept, start = b"", True
        while part := stream.read(_CHUNK_BYTES):
            text = kept + part
            for form in _FORMS:
                if form.anchor in text and (match := form.pattern.search(text)) and (start or match.start() > 0):
                    return form.what
            for what, value in own.items():
                if value.encode() in text:
                    return what
            kept, start = text[-overlap:], False
    return None
