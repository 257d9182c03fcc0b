"""Deployments, with the real SDK against a server that speaks Basilica's wire."""

from __future__ import annotations

import time

import pytest

from kinitro.errors import ConfigurationError
from kinitro.miner import basilica
from kinitro.miner import cloud as basilica_cloud
from kinitro.miner.errors import DeploymentFailed, ServiceError
from kinitro.miner.projects import TEMPLATE_DIRECTORY
from tests.fakes.policy_servers import POLICY, running_policies
from tests.integration.miner.conftest import BASILICA_TOKEN, REPO, REVISION
from tests.standin.rest import Trouble

MACHINE = basilica.Machine()


def push(report=lambda _: None, timeout_s: float = 10.0, machine=MACHINE, **more) -> basilica.Deployed:
    return basilica.deploy(REPO, REVISION, machine, timeout_s=timeout_s, report=report, allow_private=True, **more)


def test_a_deployment_is_followed_until_it_answers(cloud, policy_url) -> None:
    lines: list[str] = []
    deployed = push(lines.append)
    assert deployed == basilica.Deployed("my-policy-01234567", policy_url)
    assert [phase for phase in cloud.phases if any(phase in line for line in lines)] == cloud.phases
    request = cloud.requests[deployed.name]
    assert request["env"] == {"POLICY_REPO": REPO, "POLICY_REVISION": REVISION}
    assert not any("secret" in call.body.decode() for call in cloud.calls)
    assert push() == deployed, "a second try finds the first"
    assert not cloud.deleted


def test_gpus_are_asked_for(cloud) -> None:
    push(machine=basilica.Machine(2, 24, memory="16Gi"))
    resources = cloud.requests["my-policy-01234567"]["resources"]
    assert resources["gpus"]["count"] == 2
    assert resources["gpus"]["minGpuMemoryGb"] == 24
    assert resources["memory"] == "16Gi"


def test_a_failed_deployment_shows_its_log_and_is_deleted(cloud) -> None:
    cloud.phases, cloud.message = ["pending", "failed"], "CrashLoopBackOff"
    cloud.log = "Traceback\nOSError: no weights"
    lines: list[str] = []
    with pytest.raises(DeploymentFailed, match="CrashLoopBackOff"):
        push(lines.append)
    assert "| OSError: no weights" in lines
    assert cloud.deleted == ["my-policy-01234567"]


def test_a_server_that_never_answers_is_deleted(cloud) -> None:
    cloud.served_at = "http://127.0.0.1:1"
    with pytest.raises(DeploymentFailed, match="No connection"):
        push(timeout_s=0.5)
    assert cloud.deleted


def test_a_policy_that_cannot_be_loaded_ends_the_wait_at_once(cloud, tmp_path) -> None:
    broken = POLICY.replace("        pass\n", "        raise OSError('no weights')\n")
    lines: list[str] = []
    with running_policies(tmp_path, {"broken": broken}) as urls:
        cloud.served_at = urls["broken"]
        with pytest.raises(DeploymentFailed, match=r"does not work\. .*RobotPolicy.load: OSError: no weights"):
            push(lines.append, timeout_s=600.0)
    assert cloud.deleted
    assert any(line.startswith("| ") for line in lines), "its log is shown"


def test_a_container_that_never_becomes_ready_because_of_its_policy_ends_the_wait_at_once(cloud) -> None:
    assert basilica.LOAD_FAILED in (TEMPLATE_DIRECTORY / "server.py").read_text()
    cloud.phases = ["starting"]
    cloud.log = f"INFO: Started\nERROR: {basilica.LOAD_FAILED}; /health will answer 503\nOSError: no weights"
    lines: list[str] = []
    with pytest.raises(DeploymentFailed, match="could not be loaded"):
        push(lines.append, timeout_s=600.0)
    assert "| OSError: no weights" in lines
    assert cloud.deleted


def test_a_deployment_that_hangs_is_deleted(cloud) -> None:
    cloud.phases = ["pulling"]
    with pytest.raises(DeploymentFailed, match="still pulling"):
        push(timeout_s=0.5)
    assert cloud.deleted


def test_ctrl_c_leaves_nothing_behind(cloud) -> None:
    def interrupt(line: str) -> None:
        if "pulling" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(interrupt)
    assert cloud.deleted


REFUSALS = [
    (400, r"does not accept the request \(400\): .*it went wrong"),
    (401, r"does not know the token in BASILICA_API_TOKEN \(401\); make a new one"),
    (402, r"no credit left \(402\)"),
    (403, r"token in BASILICA_API_TOKEN may not do this \(403\)"),
    (404, r"does not have it \(404\)"),
    (409, r"the name is already in use \(409\); choose another with --name"),
    (422, r"does not accept the request \(422\)"),
    (429, r"too many requests \(429\); wait a minute"),
    (500, r"failed \(500\), the fault is on its side"),
    (503, r"failed \(503\), the fault is on its side"),
    (Trouble.CUT, "closed the connection before it answered"),
    (Trouble.SILENCE, "did not answer within 0.4 s"),
    (Trouble.TRICKLE, "did not answer within 0.4 s"),
]


@pytest.mark.parametrize(("failure", "says"), REFUSALS)
@pytest.mark.parametrize("call", ["POST", "GET"])
def test_what_basilica_refuses_is_one_sentence(cloud, monkeypatch, call, failure, says) -> None:
    monkeypatch.setattr(basilica_cloud, "CALL_LIMIT_S", 0.4)
    cloud.failures[call, "/deployments"] = failure
    with pytest.raises(ServiceError, match=says) as caught:
        push()
    assert BASILICA_TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).count("; ") <= 1
    assert not cloud.requests
    assert len([called for called in cloud.calls if called.method == "POST"]) == (call == "POST"), "no second creation"


def test_nobody_where_basilica_should_be(cloud, monkeypatch) -> None:
    monkeypatch.setenv("BASILICA_API_URL", "http://user:hidden@127.0.0.1:1/path")
    with pytest.raises(ServiceError, match=r"could not connect to http://127\.0\.0\.1:1; .*BASILICA_API_URL") as caught:
        push()
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("failure", [Trouble.LOST, 500])
def test_a_deployment_whose_creation_was_not_confirmed_is_not_forgotten(cloud, monkeypatch, failure) -> None:
    monkeypatch.setattr(basilica_cloud, "CALL_LIMIT_S", 0.4)
    cloud.failures["POST", "/deployments"] = failure
    if failure == 500:
        monkeypatch.setattr(
            cloud, "failure", lambda status: cloud.answer(cloud.calls[-1]) and type(cloud).failure(cloud, status)
        )
    cloud.phases = ["failed"]
    with pytest.raises(DeploymentFailed):
        push()
    assert cloud.deleted == ["my-policy-01234567"], "it was found, followed and deleted"
    assert not cloud.requests


def test_passing_trouble_is_waited_for(cloud, policy_url) -> None:
    cloud.failures["GET", "/deployments"] = [None, 500, Trouble.CUT, None, 429, 502, None]
    lines: list[str] = []
    assert push(lines.append).endpoint == policy_url
    assert any("try 3 of 4" in line for line in lines)
    assert not cloud.deleted


def test_a_deployment_that_cannot_be_followed_is_deleted(cloud) -> None:
    cloud.failures["GET", "/deployments/"] = 500
    cloud.failures["DELETE", "/deployments/"] = [500, Trouble.CUT, None]
    with pytest.raises(ServiceError, match="could not be followed"):
        push()
    assert cloud.deleted


def test_one_that_cannot_be_deleted_is_named(cloud) -> None:
    cloud.phases = ["failed"]
    cloud.failures["DELETE", "/deployments/"] = 403
    lines: list[str] = []
    with pytest.raises(DeploymentFailed):
        push(lines.append)
    assert any(
        "my-policy-01234567 could not be deleted; delete it yourself, it may cost money" in line for line in lines
    )


def test_one_that_is_gone_already_needs_no_deleting(cloud) -> None:
    cloud.phases = ["failed"]
    cloud.failures["DELETE", "/deployments/"] = 404
    lines: list[str] = []
    with pytest.raises(DeploymentFailed):
        push(lines.append)
    assert "Deleted deployment my-policy-01234567" in lines


def test_deadlines_leave_no_wait(cloud, monkeypatch) -> None:
    monkeypatch.setattr(basilica_cloud, "CALL_LIMIT_S", 0.2)
    cloud.failures["GET", "/deployments"] = Trouble.SILENCE
    begun = time.monotonic()
    with pytest.raises(ServiceError):
        push()
    assert time.monotonic() - begun < 5


def test_bad_names_and_missing_tokens(cloud, monkeypatch) -> None:
    for name in ("Policy", "1policy", "a_b", "x" * 60, "a-"):
        with pytest.raises(ConfigurationError, match="--name"):
            push(name=name)
    monkeypatch.delenv("BASILICA_API_TOKEN")
    with pytest.raises(ConfigurationError, match="BASILICA_API_TOKEN is not set"):
        push()
    assert not cloud.calls
    assert basilica.name_deployment("me/100%_Best.Policy", REVISION) == "policy-100-best-policy-01234567"


def test_the_deployment_serves_whom_the_environment_names(cloud, monkeypatch) -> None:
    evaluator = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
    lines: list[str] = []
    push(lines.append)
    assert cloud.requests["my-policy-01234567"]["env"].keys() == {"POLICY_REPO", "POLICY_REVISION"}
    assert any("everybody who finds the endpoint" in line for line in lines)
    cloud.requests.clear()
    monkeypatch.setenv("KINITRO_EVALUATORS", f" {evaluator},, {evaluator} ")
    lines.clear()
    push(lines.append)
    assert cloud.requests["my-policy-01234567"]["env"]["KINITRO_EVALUATORS"] == f"{evaluator},{evaluator}"
    assert not any("everybody" in line for line in lines)
    monkeypatch.setenv("KINITRO_EVALUATORS", evaluator[:-1] + "X")
    with pytest.raises(ConfigurationError, match=r"KINITRO_EVALUATORS cannot be used.*typing errors"):
        push()


def test_a_hotkey_that_is_no_address_is_refused_before_anything_is_created(cloud) -> None:
    """A server that names it would name somebody else, and shut its own miner out."""
    misspelt = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQX"
    with pytest.raises(ConfigurationError, match=r"KINITRO_HOTKEY\) cannot be used.*typing errors"):
        basilica.deploy(REPO, REVISION, basilica.Machine(), hotkey=misspelt, timeout_s=5)
    assert not cloud.requests
