"""The Helm chart renders, and what it renders fits the programs: their commands, settings, labels and needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from helm_python import Chart, HelmRenderError, lint

from kinitro.api.metrics import Metrics
from kinitro.api.settings import ApiSettings
from kinitro.executor.settings import ExecutorSettings
from kinitro.scheduler.settings import SchedulerSettings
from kinitro.verification.settings import VerifierSettings

CHART = Path(__file__).parents[2] / "deploy" / "chart"
SETTINGS = (ApiSettings, SchedulerSettings, ExecutorSettings, VerifierSettings)
VARIABLES = {setting.variable for settings in SETTINGS for setting in settings.declared()}
SERVICES = ("api", "scheduler", "executor", "verifier")
NEEDED = {"netuid": "7", "image": {"tag": "1"}, "executor": {"prometheusUrl": "http://prometheus:9090"}}
VALUES = {**NEEDED, "wallet": {"secret": "wallet"}, "ingress": {"host": "api.example"}, "backendPublicKey": "09" * 32}


def render(values: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    with Chart.load(CHART) as chart:
        files = chart.render(values, name="k")
    parts = [part for text in files.values() for part in yaml.safe_load_all(text) if part]
    return {(part["kind"], part["metadata"]["name"].removeprefix("k-")): part for part in parts}


@pytest.fixture(scope="module")
def rendered() -> dict[tuple[str, str], dict[str, Any]]:
    return render(VALUES)


def pods(rendered: dict[tuple[str, str], dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for (kind, name), part in rendered.items():
        if kind in ("Deployment", "Job"):
            yield name, part["spec"]["template"]


def test_helm_finds_nothing_wrong() -> None:
    report = lint(CHART, VALUES, strict=True)
    assert report["total_charts_linted"] == 1
    assert [message for message in report["messages"] if message["severity"] > 1] == []
    assert not report["errors"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({**NEEDED, "netuid": ""}, "Set netuid to the number of your subnet"),
        ({**NEEDED, "image": {}}, "Set image.tag to the tag that tools/build_images.sh printed"),
        ({**NEEDED, "executor": {}}, "Set executor.prometheusUrl to the Prometheus that scrapes the API"),
    ],
)
def test_a_missing_value_is_named(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(HelmRenderError, match=re.escape(sentence)):
        render(values)


def test_what_is_optional_is_left_out() -> None:
    plain = render(NEEDED)
    assert ("Ingress", "api") not in plain
    assert "WALLET" not in str(plain["Deployment", "scheduler"])
    assert "BACKEND_PUBLIC_KEY" not in str(plain["Deployment", "api"])


def test_every_setting_exists(rendered: dict[tuple[str, str], dict[str, Any]]) -> None:
    given = {
        variable["name"]
        for _, pod in pods(rendered)
        for container in pod["spec"]["containers"]
        for variable in container["env"]
    }
    assert {name for name in given if name.startswith("KINITRO_")} <= VARIABLES
    assert {"KINITRO_API_BACKEND_PUBLIC_KEY", "KINITRO_SCHEDULER_BACKEND_KEY_FILE"} <= given


def test_pods_can_do_no_more_than_they_need(rendered: dict[tuple[str, str], dict[str, Any]]) -> None:
    found = dict(pods(rendered))
    assert sorted(found) == sorted([*SERVICES, "migrate"])
    for name, pod in found.items():
        (container,) = pod["spec"]["containers"]
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {mount["mountPath"] for mount in container["volumeMounts"]} >= {"/tmp", "/state"}
        assert pod["spec"].get("hostUsers", True) is (name != "verifier")


def test_selectors_fit_the_pods_of_their_service_and_no_others(
    rendered: dict[tuple[str, str], dict[str, Any]],
) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(rendered)}
    for (kind, name), part in rendered.items():
        spec = part["spec"]
        if kind in ("Deployment", "PodDisruptionBudget"):
            selector = spec["selector"]["matchLabels"]
        elif kind == "NetworkPolicy":
            selector = spec["podSelector"]["matchLabels"]
        elif kind == "Service":
            selector = spec["selector"]
        else:
            continue
        assert [other for other, has in labels.items() if selector.items() <= has.items()] == [name], (kind, name)
    assert {name for kind, name in rendered if kind == "NetworkPolicy"} == set(labels)


def test_who_may_reach_what(rendered: dict[tuple[str, str], dict[str, Any]]) -> None:
    reached = {}
    for name in (*SERVICES, "migrate"):
        policy = rendered["NetworkPolicy", name]["spec"]
        assert policy["policyTypes"] == ["Ingress", "Egress"]
        assert ("ingress" in policy) is (name == "api")
        reached[name] = set()
        for rule in policy["egress"]:
            (peer,) = rule["to"]
            ports = {port["port"] for port in rule.get("ports", [])}
            if "podSelector" in peer:
                assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "api"
                reached[name].add("api")
            elif "namespaceSelector" in peer:
                assert ports == {53}
            elif peer["ipBlock"]["cidr"] == "0.0.0.0/0":
                assert "169.254.0.0/16" in peer["ipBlock"]["except"]
                reached[name].add("public 443" if ports == {443} else "public")
            else:
                assert ports == {5432}
                reached[name].add("database")
    assert reached == {
        "migrate": {"database"},
        "api": {"database"},
        "scheduler": {"database", "public"},
        "executor": {"api", "public"},
        "verifier": {"api", "public 443"},
    }


def test_executors_are_scaled_on_a_metric_of_the_api(rendered: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert "replicas" not in rendered["Deployment", "executor"]["spec"]
    assert "replicas" not in rendered["Deployment", "api"]["spec"]
    spec = rendered["ScaledObject", "executor"]["spec"]
    assert spec["scaleTargetRef"]["name"] == "k-executor"
    (trigger,) = spec["triggers"]
    used = set(re.findall(r"kinitro_\w+", trigger["metadata"]["query"]))
    assert used
    assert used <= {family.name for family in Metrics().registry.collect()}
    assert all(isinstance(value, str) for value in trigger["metadata"].values())


def test_the_schema_is_migrated_before_services_are_replaced(rendered: dict[tuple[str, str], dict[str, Any]]) -> None:
    job = rendered["Job", "migrate"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"


@pytest.mark.parametrize("service", ["api", "scheduler"])
def test_a_pod_without_its_secret_says_so_and_ends(
    service: str, rendered: dict[tuple[str, str], dict[str, Any]], tmp_path: Path
) -> None:
    (container,) = rendered["Deployment", service]["spec"]["template"]["spec"]["containers"]
    plain = {variable["name"]: variable["value"] for variable in container["env"] if "value" in variable}
    secrets = {variable["name"] for variable in container["env"] if "valueFrom" in variable}
    base = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(CHART.parents[1])}
    ended = subprocess.run(
        [sys.executable, "-m", "kinitro", *container["args"]], env=base | plain, capture_output=True, text=True,
        check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert any(name in ended.stderr for name in secrets), ended.stderr
