"""Prints `.env.example` from the services' settings classes: `python tools/env_example.py > .env.example`."""

from __future__ import annotations

from itertools import groupby
from textwrap import fill

from kinitro.api.settings import ApiSettings
from kinitro.executor.settings import ExecutorSettings
from kinitro.scheduler.settings import SchedulerSettings
from kinitro.setting_types import Setting
from kinitro.settings import ServiceSettings
from kinitro.validator.settings import ValidatorSettings
from kinitro.verification.settings import VerifierSettings

SERVICES: tuple[tuple[str, type[ServiceSettings]], ...] = (
    ("kinitro api", ApiSettings),
    ("kinitro scheduler", SchedulerSettings),
    ("kinitro executor", ExecutorSettings),
    ("kinitro verifier", VerifierSettings),
    ("kinitro validate", ValidatorSettings),
)
HEAD = """\
# Every setting of every service, with its default. Copy this file to `.env` and uncomment what you change. It will hold
# keys and passwords, so copy it with `install -m 600 .env.example .env`. A variable that is empty is not given.
# Flags win over environment variables, those over this file, and this file over the defaults. Every setting has a flag
# that is called after the variable: KINITRO_API_LEASE_TTL_S is `kinitro api --lease-ttl-s`. Other accounts of a machine
# can see flags, so keys, tokens and passwords belong here.
# A setting without a value below is required, or found out when the service starts.
"""
TAIL = """
# --- elsewhere ---

# Tokens of the miner's commands. They have no flags, and are never in a file that is uploaded.

# Use this token of the Hugging Face hub, which may write to your repositories.
# HF_TOKEN=
# Give the deployment this token of the hub, which may only read, while the repository is private.
# HF_READ_TOKEN=
# Use this token of Basilica.
# BASILICA_API_TOKEN=
# Use Basilica's API at this address instead of the public one.
# BASILICA_API_URL=

# The chain, the demo and the tests.

# Keep the chain called local-dev in this database.
# KINITRO_LOCAL_CHAIN_URL=
# Use PostgreSQL's programs in this directory for the demo and the tests.
# KINITRO_PG_BIN=
# Use this PostgreSQL server for the tests instead of one of their own.
# KINITRO_TEST_DATABASE_URL=
"""


def env_example() -> str:
    """The whole file."""
    return "".join([HEAD, *(_of_service(command, settings) for command, settings in SERVICES), TAIL])


def _of_service(command: str, settings: type[ServiceSettings]) -> str:
    lines = [f"\n# --- {command} ---\n"]
    for section, members in groupby(settings.declared(), key=lambda setting: setting.section):
        lines += [f"\n# {section}\n\n", *(_of_setting(setting) for setting in members)]
    return "".join(lines)


def _of_setting(setting: Setting) -> str:
    words = f"Required. {setting.description}" if setting.field.is_required() else setting.description
    comment = fill(words, 120, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
    return f"{comment}\n# {setting.variable}={setting.default}\n"


if __name__ == "__main__":
    print(env_example(), end="")
