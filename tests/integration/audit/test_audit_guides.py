"""Every command of the operator's and the auditor's guide is run as it is written."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from kinitro.chain.commitments import Commitment, encode
from kinitro.chain.interface import Wallet
from kinitro.chain.local import OWNER, LocalChain
from kinitro.local.ports import free_ports
from tests.fakes.published import Published

DOCS = Path(__file__).parents[3] / "docs"
_FENCE = re.compile(r"^```console( service)?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(text: str, *, services: bool = False) -> list[str]:
    """The lines after `$ ` in the guide's `console` blocks, or in its `console service` blocks."""
    blocks = [body for service, body in _FENCE.findall(text) if bool(service) == services]
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def run(command: str, replace: dict[str, str], directory: Path, **environment: str) -> str:
    """Run one command; it must succeed, and its output is returned."""
    done = subprocess.run(
        arguments(command, replace),
        cwd=directory,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def arguments(command: str, replace: dict[str, str]) -> list[str]:
    for written, real in replace.items():
        command = command.replace(written, real)
    words = shlex.split(command)
    return [sys.executable, "-m", "kinitro", *words[1:]] if words[0] == "kinitro" else words


@contextmanager
def service(command: str, replace: dict[str, str], directory: Path, **environment: str) -> Iterator[None]:
    """Run a service; SIGTERM must end it with exit code 0."""
    log = directory / f"{shlex.split(command)[1]}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            arguments(command, replace), cwd=directory, env=os.environ | environment, stderr=output, stdout=output
        )
        try:
            yield
            assert process.poll() is None, log.read_text()
            process.send_signal(signal.SIGTERM)
            assert process.wait(40) == 0, log.read_text()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urlopen(url).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} did not answer")


@contextmanager
def api_of(database_url: str, directory: Path) -> Iterator[str]:
    port = free_ports(1)[0]
    with service(f"kinitro api --database-url {database_url} --port {port}", {}, directory):
        wait_for(f"http://127.0.0.1:{port}/ready")
        yield f"http://127.0.0.1:{port}"


def test_no_guide_puts_a_password_into_arguments() -> None:
    """Nor a key or token: others on the machine see arguments, and shells remember them."""
    places = [*DOCS.glob("*.md"), DOCS.parent / "README.md"]
    secret = re.compile(r"\w+://[^\s/@]*:[^\s/@]+@|--(?:api-key|eval-token|password)[ =]")
    for place in places:
        fences = re.findall(r"^```(?:console|sh|bash)[^\n]*\n(.*?)^```", place.read_text(), re.MULTILINE | re.DOTALL)
        assert not [line for body in fences for line in body.splitlines() if secret.search(line)], place


def test_the_answer_to_a_dispute_is_in_both_guides() -> None:
    """So these commands are run by the next test."""
    disputes = commands((DOCS / "backend-guide.md").read_text().partition("## Disputes")[2])
    assert len(disputes) == 2
    assert set(disputes) <= set(commands((DOCS / "audit-guide.md").read_text()))


@pytest.mark.timeout(900)
def test_audit_guide(published: Published, tmp_path: Path) -> None:
    guide = commands((DOCS / "audit-guide.md").read_text())
    assert len(guide) >= 8
    with api_of(published.url, tmp_path) as url:
        # The chain of this cycle lives in another process; comparing with one is tested in test_audit.
        replace = {"https://api.kinitro.example": url, "--network finney --netuid 26": "--netuid 1"}
        output = [run(command, replace, tmp_path) for command in guide]
    assert "where a lie would pay; what changes who is paid most is found by one auditor with 99.0%" in output[0]
    assert "Nothing differs, but not everything was checked: binding, chain." in output[0]
    assert "30 of 30 chosen episodes" in output[1]
    assert (tmp_path / "task-1.mp4").stat().st_size > 1000
    assert (tmp_path / "seen.json").exists()
    assert sum("equal to the bit" in text for text in output) == 2


@pytest.mark.timeout(600)
def test_backend_guide(empty_database: str, tmp_path: Path) -> None:
    text = (DOCS / "backend-guide.md").read_text().partition("## Disputes")[0]
    port = free_ports(1)[0]
    database_url = f"{empty_database}_guide"
    replace = {
        "--network finney": "--network local-dev --allow-private-endpoints",
        "http://127.0.0.1:8000": f"http://127.0.0.1:{port}",
        "--port 8000": f"--port {port}",
    }
    chain = {"KINITRO_LOCAL_CHAIN_URL": empty_database}
    asyncio.run(make_chain(empty_database))
    once = commands(text)
    first, *setup = [command for command in once if " cycle " not in command]
    api, scheduler, executor = commands(text, services=True)
    run(first, replace, tmp_path)
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    (settings,) = re.findall(r"^```ini\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / ".env").write_text(settings.replace("postgresql://kinitro:secret@db.example/kinitro", database_url))
    output = {command: run(command, replace, tmp_path) for command in setup}
    key = next(text for command, text in output.items() if "keys create" in command).split()[-1]
    try:
        with (
            service(api, replace, tmp_path),
            service(scheduler, replace, tmp_path, **chain),
            service(executor, replace, tmp_path, KINITRO_EXECUTOR_API_KEY=key),
        ):
            wait_for(f"http://127.0.0.1:{port}/v1/cycles/1/manifest")
            wait_for(f"http://127.0.0.1:{port}/ready")
            cycles = [run(command, replace, tmp_path) for command in once if " cycle " in command]
            with urlopen(f"http://127.0.0.1:{port}/v1/miners") as answer:
                assert b"is not of the form owner/name" in answer.read()
        assert "subnet 26" in cycles[0]
        assert '"cycle_id": 1' in cycles[1]
        assert "executors were misconfigured" in cycles[2]
    finally:
        run(f"kinitro db drop --yes --force --database-url {database_url}", {}, tmp_path)


async def make_chain(url: str) -> None:
    """A local chain with a miner and somebody whose commitment is refused, as /v1/miners then shows."""
    chain = await LocalChain.create(url, 26, block_time_s=0.2)
    good = encode(Commitment("owner/policy", "a" * 40, f"http://127.0.0.1:{free_ports(1)[0]}"))
    bad = b'{"repo": "no name", "revision": "main", "endpoint": "x"}'
    await chain.register(26, OWNER)
    for name, data in (("good", good), ("bad", bad)):
        await chain.register(26, Wallet(name, "default"))
        await chain.commit(26, Wallet(name, "default"), data)
