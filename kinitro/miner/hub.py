"""The Hugging Face hub: a folder in, a full revision out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kinitro.chain.commitments import Commitment, encode
from kinitro.credentials import credential, hidden
from kinitro.errors import ConfigurationError
from kinitro.miner.deadline import within
from kinitro.miner.errors import ProjectError, ServiceError

if TYPE_CHECKING:
    from httpx2 import Client
    from huggingface_hub import HfApi

TOKEN_VARIABLE: Final = "HF_TOKEN"
NEEDED_FILES: Final = ("server.py", "policy.py", "requirements.txt")
"""Without them nobody can serve the folder."""
NOT_UPLOADED: Final = (
    *(".git", ".git/*", ".venv/*", "venv/*", ".env", ".env.*", "*.pem", "*.key"),
    *("**/__pycache__/*", "*.pyc", ".pytest_cache/*", ".kinitro/*", "MUJOCO_LOG.TXT"),
)
"""Patterns of what is private or of no use to others."""
READ_LIMIT_S: Final = 60.0
"""Without a byte from the hub, a request has failed."""
CALL_LIMIT_S: Final = 120.0
"""For a question to the hub as a whole, however it trickles, its retries included."""
SLOWEST_BYTES_PER_S: Final = 50_000
"""An upload that is slower is stuck."""
_EXPLANATIONS: Final = {
    401: f"the hub does not know the token in {TOKEN_VARIABLE} (401); make a new one with write access in your account",
    403: f"the token in {TOKEN_VARIABLE} may not write there (403); use one with write access to that repository",
    404: "there is no such repository or revision, or it is private (404)",
    409: "somebody else is writing to the repository (409); run the command again",
    413: "a file is larger than the hub takes (413); split it",
    429: "too many requests (429); wait a few minutes and run the command again",
}


def check_repo(repo: str, revision: str = "0" * 40) -> None:
    """Raises InvalidCommitment unless a commitment could name this repository and revision."""
    encode(Commitment(repo, revision, "https://policy.example"))


def check_folder(folder: Path) -> None:
    """Raises ProjectError unless the folder can be served."""
    missing = [name for name in NEEDED_FILES if not (folder / name).is_file()]
    if missing:
        raise ProjectError(f"{folder} has no {', '.join(missing)}; `kinitro init-miner` writes a complete folder.")


def uploaded_files(folder: Path) -> list[str]:
    """Paths below the folder, in order, that `upload` uploads."""
    from huggingface_hub.utils._paths import filter_repo_objects

    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return list(filter_repo_objects(files, ignore_patterns=list(NOT_UPLOADED)))


def upload(folder: Path, repo: str) -> str:
    """Upload a policy's folder to the public repository `repo`, making it if there is none; returns the full revision.

    An unchanged folder gives the revision that is there. Raises ProjectError, ConfigurationError, ServiceError.
    """
    check_repo(repo)
    check_folder(folder)
    api = _api(required_token())
    size = sum((folder / name).stat().st_size for name in uploaded_files(folder))
    with _named_errors(f"{repo} could not be uploaded"):
        within(CALL_LIMIT_S, lambda: api.create_repo(repo, exist_ok=True, private=False))
        commit = within(
            CALL_LIMIT_S + size / SLOWEST_BYTES_PER_S,
            lambda: api.upload_folder(
                repo_id=repo,
                folder_path=folder,
                ignore_patterns=list(NOT_UPLOADED),
                commit_message="Policy for Kinitro",
            ),
        )
    return str(commit.oid)


def check_public(repo: str, revision: str) -> int:
    """Bytes of the policy as the subnet's verifiers will download it: without a token, at a full revision.

    Raises InvalidCommitment, ServiceError, ProjectError.
    """
    check_repo(repo, revision)
    with _named_errors(f"{repo} at {revision} cannot be downloaded by others"):
        info = within(CALL_LIMIT_S, lambda: _api(False).model_info(repo, revision=revision, files_metadata=True))
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
    missing = [name for name in NEEDED_FILES if name not in sizes]
    if missing:
        raise ProjectError(f"{repo} at {revision} has no {', '.join(missing)}; upload a complete folder.")
    return sum(sizes.values())


def required_token() -> str:
    """The token from the environment; raises ConfigurationError."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise ConfigurationError(f"{TOKEN_VARIABLE} is not set: export a Hugging Face token with write access in it.")
    return credential(token, TOKEN_VARIABLE)


def _api(token: str | bool) -> HfApi:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import HfApi, set_client_factory

    set_client_factory(_client)
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), token=token, library_name="kinitro")


def _client() -> Client:
    """The SDK's, which would wait for ever, with a limit."""
    from huggingface_hub.utils._http import default_client_factory

    client = default_client_factory()
    client.timeout = READ_LIMIT_S
    return client


@contextlib.contextmanager
def _named_errors(what: str) -> Iterator[None]:
    """Turn the SDK's errors into one sentence that holds no token."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        causes = list(_causes(error))
        refusal = next((cause for cause in causes if isinstance(cause, HfHubHTTPError)), None)
        if refusal is not None:
            why = _explanation(refusal.response.status_code)
        elif any(isinstance(cause, TimeoutError | httpx2.TimeoutException) for cause in causes):
            why = "the hub did not answer in time; run the command again later"
        elif any(isinstance(cause, httpx2.ConnectError) for cause in causes):
            why = "the hub was not there; look at your network and at HF_ENDPOINT, if you set it"
        elif any(isinstance(cause, httpx2.HTTPError | ConnectionError) for cause in causes):
            why = "the connection to the hub broke; run the command again, what arrived is not sent twice"
        elif isinstance(error, OSError) and error.filename:
            why = f"{error.filename}: {error.strerror}"
        else:  # malformed answers, and everything of the large-file store
            said = " ".join(hidden(str(error), os.environ.get(TOKEN_VARIABLE)).split())
            why = f"{said[:200].rstrip('.')}; run the command again, what arrived is not sent twice"
        raise ServiceError(f"{what}: {why}.") from None


def _explanation(status: int) -> str:
    if status >= 500:
        return f"the hub failed ({status}), the fault is on its side; run the command again in a few minutes"
    return _EXPLANATIONS.get(status, f"the hub does not accept it ({status})")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
