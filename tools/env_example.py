"""Prints `.env.example` from the services' settings classes: `python tools/env_example.py > .env.example`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from kinitro.api.settings import ApiSettings
from kinitro.executor.settings import ExecutorSettings
from kinitro.scheduler.settings import SchedulerSettings
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
# Every setting of every service, with its default. Copy to `.env` and uncomment what you change. It will hold keys and
# passwords, so copy it with `install -m 600 .env.example .env`. A variable that is empty is not given.
# Flags win over environment variables, those over this file, and this file over the defaults.
# A setting without a value below has no default: it is required, or worked out when the service starts.
"""
TAIL = """
# --- elsewhere ---

# Tokens of the miner's commands. Never a flag, never in a file that is uploaded.
# HF_TOKEN=
# A token of the hub that may only read: the deployment gets it while the repository is private.
# HF_READ_TOKEN=
# BASILICA_API_TOKEN=
# Basilica's API, if it is not the public one.
# BASILICA_API_URL=
# The database of the chain called local-dev.
# KINITRO_LOCAL_CHAIN_URL=
# The directory with PostgreSQL's programs, for the demo and the tests.
# KINITRO_PG_BIN=
# A PostgreSQL server for the tests to use instead of one of their own.
# KINITRO_TEST_DATABASE_URL=
"""


def env_example() -> str:
    """The whole file."""
    parts = [HEAD]
    for command, settings in SERVICES:
        prefix = str(settings.model_config["env_prefix"])
        lines = [_line(prefix, name, field) for name, field in settings.model_fields.items()]
        parts.append(f"\n# --- {command} ---\n\n" + "".join(lines))
    return "".join([*parts, TAIL])


def _line(prefix: str, name: str, field: FieldInfo) -> str:
    comment = f"# {field.description}\n" if field.description else ""
    return f"{comment}# {prefix}{name.upper()}={_shown(field.default)}\n"


def _shown(default: Any) -> str:
    if default is PydanticUndefined or default is None:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, timedelta):
        return f"{default.total_seconds():g}s"
    return f"{default:g}" if isinstance(default, float) else str(default)


if __name__ == "__main__":
    print(env_example(), end="")
