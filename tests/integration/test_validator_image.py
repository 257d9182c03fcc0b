"""The validator's image reads wallets as the SDK makes them: files of their owner, who has any number.

No container engine is needed: what the Dockerfile does to directories is done in a directory of our own, and the
program runs under the numbers of other users.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standin.wallets import create_wallet

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
GUIDE = (ROOT / "docs" / "validator-guide.md").read_text()
OWNER, IMAGE_USER = 12345, 10001
READS_AND_WRITES = """
import os, sys
from kinitro.chain import ChainError, Wallet
from kinitro.chain.bittensor import _load_public_hotkey, _load_signing_hotkey
from kinitro.validator.memory import ValidatorMemory, MemoryFile
from kinitro.validator.settings import ValidatorSettings
user = int(sys.argv[1])
settings = ValidatorSettings.load(backend_url="http://api", netuid=1, wallet_name="validator")
wallet = Wallet(settings.wallet_name, settings.hotkey_name, settings.wallet_path)
_load_public_hotkey(wallet), _load_signing_hotkey(wallet)  # imports all that this needs, while root may read Python
os.setgroups([]); os.setgid(user); os.setuid(user)
MemoryFile(settings.state_directory / "memory.json").save(ValidatorMemory())
try:
    print(_load_public_hotkey(wallet).ss58_address, _load_signing_hotkey(wallet).ss58_address)
except ChainError as error:
    sys.exit(str(error))
"""

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may run programs as other users")


@pytest.fixture
def image() -> Iterator[Path]:
    """The directories of the image, made as its Dockerfile says, with a wallet mounted that OWNER's SDK has made."""
    base = Path(tempfile.mkdtemp(prefix="kinitro-image-"))
    base.chmod(0o755)
    (base / "home" / "kinitro").mkdir(parents=True)
    (base / "home" / "kinitro").chmod(0o700)  # as useradd makes it
    os.chown(base / "home" / "kinitro", IMAGE_USER, IMAGE_USER)
    for line in re.findall(r"^RUN (.*(?:mkdir|chmod|chown).*)$", DOCKERFILE, re.MULTILINE):
        inside = re.sub(r"(?<= )/(state|home)", rf"{base}/\1", line)
        subprocess.run(["sh", "-ec", inside], check=True)
    wallets = base / "home" / "kinitro" / ".bittensor" / "wallets"
    wallets.parent.mkdir()  # as Docker does for a mount
    create_wallet(wallets, "validator", "default")
    for path in [wallets, *wallets.rglob("*")]:
        os.chown(path, OWNER, OWNER)
        path.chmod(0o700 if path.is_dir() else 0o600)
    yield base
    shutil.rmtree(base)


def run(image: Path, user: int) -> subprocess.CompletedProcess[str]:
    given = dict(re.findall(r"^ENV (\w+)=(\S+)$", DOCKERFILE, re.MULTILINE))
    variables = {name: f"{image}{value}" for name, value in given.items()}
    return subprocess.run(
        [sys.executable, "-c", READS_AND_WRITES, str(user)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | variables,
        cwd="/", capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_the_owner_of_a_wallet_can_run_it_whatever_its_number(image: Path) -> None:
    ended = run(image, OWNER)
    assert ended.returncode == 0, ended.stderr
    public, signing = ended.stdout.split()
    assert public == signing
    assert "not_saved" not in ended.stderr
    assert (image / "state" / "memory.json").stat().st_uid == OWNER


def test_somebody_else_is_told_what_to_do(image: Path) -> None:
    ended = run(image, IMAGE_USER)
    assert ended.returncode == 1
    assert "may not be read by this user (number 10001)" in ended.stderr
    assert 'docker run --user "$(id -u):$(id -g)"' in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_guide_runs_it_as_the_owner_with_the_wallets_where_the_image_looks() -> None:
    command = GUIDE[GUIDE.index("docker run -d") :].partition("```")[0]
    home = re.search(r"^ENV HOME=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert home is not None
    assert '--user "$(id -u):$(id -g)"' in command
    assert f"-v ~/.bittensor/wallets:{home[1]}/.bittensor/wallets:ro" in command
    assert "-v kinitro-state:/state" in command
