"""What is in `deploy/` fits the program: its settings, metrics, commands and pages exist."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kinitro.api.metrics import Metrics
from kinitro.api.settings import ApiSettings
from kinitro.executor.settings import ExecutorSettings
from kinitro.scheduler.settings import SchedulerSettings
from kinitro.validator.settings import ValidatorSettings
from kinitro.verification.settings import VerifierSettings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SETTINGS = (ApiSettings, SchedulerSettings, ExecutorSettings, VerifierSettings, ValidatorSettings)
VARIABLES = {setting.variable for settings in SETTINGS for setting in settings.declared()}
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
ALERTS = yaml.safe_load((DEPLOY / "monitoring" / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((DEPLOY / "monitoring" / "grafana" / "dashboards" / "kinitro.json").read_text())


@pytest.mark.parametrize("service", sorted(COMPOSE["services"]))
def test_every_setting_of_the_compose_file_exists(service: str) -> None:
    given = {name for name in COMPOSE["services"][service].get("environment", {}) if re.match("KINITRO_[A-Z]+_", name)}
    assert given <= VARIABLES


def test_every_setting_of_the_images_exists() -> None:
    given = set(re.findall(r"^ENV (KINITRO_\w+)=", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE))
    assert given
    assert given <= VARIABLES


def test_the_example_names_every_variable_that_must_be_set() -> None:
    needed = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose" / "compose.yaml").read_text()))
    named = set(re.findall(r"^(\w+)=$", (DEPLOY / "compose" / "example.env").read_text(), re.MULTILINE))
    assert needed
    assert needed <= named


def test_containers_cannot_do_more_than_they_need() -> None:
    ours = [service for service in COMPOSE["services"].values() if "KINITRO_TAG" in service.get("image", "")]
    assert len(ours) == 5
    for service in ours:
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "ports" not in service


def _metrics_in(expression: str) -> set[str]:
    return set(re.findall(r"\bkinitro_\w+", expression))


def _known_metrics() -> set[str]:
    families = list(Metrics().registry.collect())
    names = {family.name for family in families}
    return names | {f"{name}{end}" for name in names for end in ("_total", "_bucket", "_count", "_sum")}


def test_every_metric_of_alerts_and_dashboard_exists() -> None:
    expressions = [rule["expr"] for rule in ALERTS]
    expressions += [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    assert len(expressions) > 30
    used = set().union(*map(_metrics_in, expressions))
    assert used <= _known_metrics()


def test_every_alert_has_its_section_in_the_runbook() -> None:
    headings = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(rule["alert"] for rule in ALERTS)
    for rule in ALERTS:
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").glob("*.service")), ids=lambda path: path.stem)
def test_a_unit_starts_a_command_and_does_not_repeat_a_wrong_setting(unit: Path) -> None:
    parsed = configparser.RawConfigParser(strict=False)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read(unit)
    service = parsed["Service"]
    command = unit.stem.removeprefix("kinitro-").replace("validator", "validate")
    assert service["ExecStart"] == f"/opt/kinitro/.venv/bin/kinitro {command}"
    assert service["RestartPreventExitStatus"] == "2"
    assert service["EnvironmentFile"] == f"/etc/kinitro/{unit.stem.removeprefix('kinitro-')}.env"
    assert service["User"] == "kinitro"
