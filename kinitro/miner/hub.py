"""The Hugging Face hub: a folder in, a full revision out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kinitro.chain.commitments import Commitment, encode
from kinitro.errors import ConfigurationError
from kinitro.miner.errors import ProjectError, ServiceError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

TOKEN_VARIABLE: Final = "HF_TOKEN"
NEEDED_FILES: Final = ("server.py", "policy.py", "requirements.txt")
"""Without them nobody can serve the folder."""
NOT_UPLOADED: Final = (
    *(".git", ".git/*", ".venv/*", "venv/*", ".env", ".env.*", "*.pem", "*.key"),
    *("**/__pycache__/*", "*.pyc", ".pytest_cache/*", ".kinitro/*", "MUJOCO_LOG.TXT"),
)
"""Patterns of what is private or of no use to others."""
_EXPLANATIONS: Final = {
    401: f"the token in {TOKEN_VARIABLE} is not valid: make a new one with write access in your account's settings",
    403: f"the token in {TOKEN_VARIABLE} may not write there: use one with write access to that repository",
    404: "there is no such repository or revision, or it is private",
    409: "somebody else is writing to the repository: try again",
    429: "too many requests: wait a few minutes and try again",
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
    with _named_errors(f"{repo} could not be uploaded"):
        api.create_repo(repo, exist_ok=True, private=False)
        commit = api.upload_folder(
            repo_id=repo,
            folder_path=folder,
            ignore_patterns=list(NOT_UPLOADED),
            commit_message="Policy for Kinitro",
        )
    return str(commit.oid)


def check_public(repo: str, revision: str) -> int:
    """Bytes of the policy as the subnet's verifiers will download it: without a token, at a full revision.

    Raises InvalidCommitment, ServiceError, ProjectError.
    """
    check_repo(repo, revision)
    with _named_errors(f"{repo} at {revision} cannot be downloaded by others"):
        info = _api(False).model_info(repo, revision=revision, files_metadata=True)
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
    return token


def _api(token: str | bool) -> HfApi:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import HfApi

    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), token=token, library_name="kinitro")


@contextlib.contextmanager
def _named_errors(what: str) -> Iterator[None]:
    """Turn the SDK's errors into one sentence that holds no token."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        why = _EXPLANATIONS.get(status, f"the hub answered with status {status}: try again later")
        raise ServiceError(f"{what}: {why}.") from None
    except (httpx2.HTTPError, OSError) as error:
        raise ServiceError(f"{what}: the hub was not there ({type(error).__name__}): try again.") from None
    except ValueError as error:  # the SDK's name for malformed answers
        raise ServiceError(f"{what}: {str(error)[:200]}.") from None
