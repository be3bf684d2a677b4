"""What is shipped to be run: images, compose, systemd, Kubernetes, alerts; each held against the program itself."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
import pytest
import yaml

from kolmatch.cli import cli
from kolmatch.settings import FILE_VARIABLE, HOME_VARIABLE, Settings
from models.brief import Brief
from models.matcher import Matcher
from tests.api_world import TinyAnswers, client_of

ROOT: Final = Path(__file__).parents[1]
DEPLOY: Final = ROOT / "deploy"
UNITS: Final = ("kolmatch.service", "kolmatch-retrain.service", "kolmatch-retrain.timer")
INSTRUCTIONS: Final[list[tuple[str, str]]] = runpy.run_path(str(DEPLOY / "rehearse.py"))["instructions"](
    DEPLOY / "Containerfile"
)
PLAIN_IMAGE: Final = re.compile(r"[a-z]+:[a-z0-9.-]+")  # no registry's host
# Only what stands in the image's lock can be imported; what is tried and missed is as if it were not installed.
AS_IN_THE_IMAGE: Final = """
import importlib, importlib.metadata, pathlib, pkgutil, sys
from packaging.utils import canonicalize_name
lock, bundle = sys.argv[1:]
pinned = {canonicalize_name(line.split("==")[0]) for line in open(lock)} | {"kolmatch"}
owners = importlib.metadata.packages_distributions()
absent = {m for m, names in owners.items() if not {canonicalize_name(n) for n in names} & pinned} - {"packaging"}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
assert {"torch", "mlflow", "sklearn", "pytest"} <= absent
sys.meta_path.insert(0, Absent())
for package in ("kolmatch", "data", "features", "models", "serving"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if module.name != "features.static_model":  # writes a trained encoder
            importlib.import_module(module.name)
from models.brief import Brief
from models.matcher import Matcher
for entry in Matcher.load(pathlib.Path(bundle)).shortlist(Brief(title="dịch vụ công trực tuyến"), 5).entries:
    print(entry.creator_id, entry.value)
"""


def documents(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))
    return found


def deployed() -> Iterator[tuple[str, str]]:
    for file in sorted(DEPLOY.iterdir()):
        if file.is_file():
            yield file.name, file.read_text(encoding="utf-8")


def resource(kind: str) -> dict[str, Any]:
    (found,) = [one for one in documents("kubernetes.yaml") if one["kind"] == kind]
    return found


def pods() -> dict[str, dict[str, Any]]:
    job = resource("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return {"serving": resource("Deployment")["spec"]["template"]["spec"], "training": job}


def services() -> dict[str, dict[str, Any]]:
    (compose,) = documents("compose.yaml")
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of a pod in the order in which they start."""
    return [*pod.get("initContainers", []), *pod["containers"]]


def parsed(words: list[str]) -> click.Context:
    """Parse as the program would, without running anything."""
    command: click.Command = cli
    context = click.Context(cli, info_name="kolmatch")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        known = command.get_command(context, name)
        assert known is not None, name
        command = known
    return command.make_context(command.name or "kolmatch", list(words), parent=context)


# --- Images ---------------------------------------------------------------------------------------------------------


def test_the_pins_of_the_images_are_those_of_the_lock(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DEPLOY / "locks.py", tmp_path], check=True)
    for name in ("serving.lock", "training.lock"):
        assert (DEPLOY / name).read_text() == (tmp_path / name).read_text(), "run `python deploy/locks.py deploy`"
    everything = set((ROOT / "requirements.lock").read_text().splitlines())
    serving, training = (set((DEPLOY / f"{name}.lock").read_text().splitlines()) for name in ("serving", "training"))
    assert serving < training < everything


def test_the_service_answers_with_nothing_but_what_its_image_holds(small_bundle: Path, matcher: Matcher) -> None:
    command = [sys.executable, "-c", AS_IN_THE_IMAGE, str(DEPLOY / "serving.lock"), str(small_bundle)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    here = matcher.shortlist(Brief(title="dịch vụ công trực tuyến"), 5).entries
    assert done.stdout.splitlines() == [f"{entry.creator_id} {entry.value}" for entry in here], done.stderr


def test_the_image_copies_what_there_is_and_ends_as_an_ordinary_user() -> None:
    users: dict[str, str] = {}
    stage = ""
    for word, rest in INSTRUCTIONS:
        if word == "FROM":
            parent, stage = rest.split(" AS ")
            users[stage] = users.get(parent, "root")
            assert parent in users or PLAIN_IMAGE.fullmatch(parent)
        elif word == "USER":
            users[stage] = rest
        elif word == "COPY" and not rest.startswith("--from="):
            assert all((ROOT / source).exists() for source in rest.split()[:-1]), rest
    assert users["serving"] == users["training"] == "10001:10001"
    assert stage == "serving"  # what is built when no target is named


def test_the_image_is_started_and_probed_as_the_program_knows() -> None:
    entry, command, health = (
        [rest for word, rest in INSTRUCTIONS if word == wanted][-1] for wanted in ("ENTRYPOINT", "CMD", "HEALTHCHECK")
    )
    assert yaml.safe_load(entry) == ["kolmatch"]
    parsed(yaml.safe_load(command))
    assert f"http://127.0.0.1:{Settings().serving.port}/readyz" in health


def test_the_engine_is_sent_what_is_copied_and_no_data() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {source.split("/")[0] for word, rest in INSTRUCTIONS if word == "COPY" for source in rest.split()[:-1]}
    assert sent == {source for source in copied if source and not source.startswith("--from=")}


# --- What every file says -------------------------------------------------------------------------------------------


def test_every_variable_is_a_setting() -> None:
    known = {HOME_VARIABLE, FILE_VARIABLE}
    known |= {f"KOLMATCH_{section}__{key}".upper() for section, keys in Settings().model_dump().items() for key in keys}
    for name, text in deployed():
        used = set(re.findall(r"\bKOLMATCH_[A-Z_]+\b", text)) - {"KOLMATCH_PORT"}  # what Kubernetes would set itself
        assert used <= known, name


def test_no_registry_is_named_and_no_secret_stands_in_a_file() -> None:
    images = [service["image"] for service in services().values()]
    images += [container["image"] for pod in pods().values() for container in pod["containers"]]
    assert all(PLAIN_IMAGE.fullmatch(image) for image in images), images
    for name, text in deployed():
        assert not re.search(r"://[^\s/:@]+:[^\s/@]+@", text), name  # user:password@
        assert not re.search(r"(?i)(password|secret|token)\s*[:=]\s*[\"']?[A-Za-z0-9]{6,}", text), name
        assert "index-url" not in text, name


def test_every_command_line_is_one_that_the_program_understands() -> None:
    lines = [shlex.split(rest) for name in UNITS for rest in re.findall(r"^ExecStart=(.*)$", unit(name), re.M)]
    calls = [words[1:] for words in lines if words[0].endswith("/kolmatch")]
    calls += [services()["migrate"]["command"]]
    calls += [services()["retrain"]["command"]]
    calls += [one["args"] for pod in pods().values() for one in containers(pod) if "args" in one]
    assert len(calls) == 6
    for call in calls:
        parsed(call)


# --- The monthly job ------------------------------------------------------------------------------------------------


def test_the_month_is_the_one_that_has_ended_in_ho_chi_minh_city() -> None:
    def ended() -> str:
        now = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))
        return f"{now.replace(day=1) - timedelta(days=1):%Y-%m}"

    before = ended()
    assert parsed(["retrain", "--drop", "/drop"]).params["month"] in {before, ended()}


@pytest.mark.parametrize(("of_the_job", "of_kubernetes"), [(0, 0), (10, 0), (1, 1), (2, 2), (3, 3)])
def test_a_champion_that_was_kept_is_a_success(tmp_path: Path, of_the_job: int, of_kubernetes: int) -> None:
    (container,) = pods()["training"]["containers"]
    (tmp_path / "kolmatch").write_text(f"#!/bin/sh\nexit {of_the_job}\n")
    (tmp_path / "kolmatch").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert subprocess.run(container["command"], env={"PATH": path}, check=False).returncode == of_kubernetes
    assert "SuccessExitStatus=10" in unit("kolmatch-retrain.service")


def test_the_job_is_one_that_the_program_knows() -> None:
    (name, *words) = shlex.split(pods()["training"]["containers"][0]["command"][2].partition(";")[0])
    assert name == "kolmatch"
    for call in (words, services()["retrain"]["command"]):
        assert call == ["retrain", "--drop", "/drop"]


def test_both_schedules_are_the_same_moment() -> None:
    job = resource("CronJob")["spec"]
    minute, hour, day, *rest = job["schedule"].split()
    assert rest == ["*", "*"]
    (calendar,) = re.findall(r"^OnCalendar=(.*)$", unit("kolmatch-retrain.timer"), re.M)
    assert calendar == f"*-*-{int(day):02d} {int(hour):02d}:{int(minute):02d}:00 {job['timeZone']}"
    assert ZoneInfo(job["timeZone"]) == ZoneInfo("Asia/Ho_Chi_Minh")
    assert job["concurrencyPolicy"] == "Forbid"
    assert "Persistent=true" in unit("kolmatch-retrain.timer")


# --- systemd --------------------------------------------------------------------------------------------------------


def unit(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def analyze(*arguments: str | Path) -> str:
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


needs_systemd: Final = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed: units are read, not verified"
)


@needs_systemd
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name in UNITS:  # systemd looks whether programs are there: our own stand in
        (tmp_path / name).write_text(re.sub(r"/opt/kolmatch/bin/\S+", "/bin/true", unit(name)))
    for name in UNITS:
        assert name.partition(".")[0] not in analyze("verify", "--man=no", tmp_path / name)


@needs_systemd
def test_systemd_understands_the_day_and_finds_the_services_well_locked_in() -> None:
    (calendar,) = re.findall(r"^OnCalendar=(.*)$", unit("kolmatch-retrain.timer"), re.M)
    assert "Next elapse" in analyze("calendar", calendar)
    for name in UNITS[:2]:
        analyze("security", "--offline=true", "--threshold=20", DEPLOY / name)  # 2.0 of 10; an unhardened one has 9.6


def test_units_run_as_an_ordinary_user_that_can_write_only_its_own() -> None:
    for name in UNITS[:2]:
        settings = dict(re.findall(r"^(\w+)=(.*)$", unit(name), re.M))
        assert settings["User"] == "kolmatch"
        assert settings["ProtectSystem"] == "strict"
        assert settings["NoNewPrivileges"] == "yes"


# --- Compose and Kubernetes -----------------------------------------------------------------------------------------


def test_compose_has_no_defaults_for_what_is_secret_or_local() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert all(":?" in used for used in re.findall(r"\$\{[^}]*\}", text))
    (compose,) = documents("compose.yaml")
    for service in compose["services"].values():
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        assert set(service.get("depends_on", ())) <= set(compose["services"])
        named = {volume.partition(":")[0] for volume in service["volumes"] if volume[0] not in "./$"}
        assert named <= set(compose["volumes"])


def test_compose_locks_our_own_in_and_shows_the_service_to_this_machine_alone() -> None:
    for name, service in services().items():
        if name != "database":
            assert service["read_only"] is True
            assert service["cap_drop"] == ["ALL"]
        ports = service.get("ports", [])
        assert ports == (["127.0.0.1:8800:8800"] if name == "kolmatch" else [])


@pytest.mark.parametrize("name", ["serving", "training"])
def test_pods_may_do_nothing_but_their_work(name: str) -> None:
    pod = pods()[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["enableServiceLinks"] is False
    assert pod["automountServiceAccountToken"] is False
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for container in containers(pod):
        locked = container["securityContext"]
        assert locked["readOnlyRootFilesystem"] is True
        assert locked["allowPrivilegeEscalation"] is False
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]) == {"requests", "limits"}
        assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    claims = {one["metadata"]["name"] for one in documents("kubernetes.yaml") if one["kind"] == "PersistentVolumeClaim"}
    assert {v["persistentVolumeClaim"]["claimName"] for v in volumes.values() if "persistentVolumeClaim" in v} <= claims


def test_the_tables_are_brought_up_before_the_service_starts() -> None:
    first, then = containers(pods()["serving"])
    assert (first["args"], then["args"][0]) == (["db", "upgrade"], "serve")
    assert (first["image"], first["env"]) == (then["image"], then["env"])
    assert services()["kolmatch"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_probes_ask_what_the_service_answers() -> None:
    described = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    (container,) = pods()["serving"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container[probe]["httpGet"]
        assert f'"{asked["path"]}"' in described
        assert ports[asked["port"]] == Settings().serving.port
    deployment = resource("Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    assert labels.items() >= deployment["selector"]["matchLabels"].items()
    assert labels.items() >= resource("Service")["spec"]["selector"].items()


# --- Alerts ---------------------------------------------------------------------------------------------------------


def rules() -> list[dict[str, Any]]:
    (file,) = documents("alerts.yaml")
    return [rule for group in file["groups"] for rule in group["rules"]]


def test_alerts_watch_figures_that_the_service_exports() -> None:
    client = client_of(TinyAnswers)
    assert client.get("/v1/creators/none").status_code == 404  # a refusal to be counted
    told = client.get("/metrics").text
    exported = set(re.findall(r"^(kolmatch_\w+)(?:\{| )", told, re.M))
    used = {name for rule in rules() for name in re.findall(r"\bkolmatch_\w+", rule["expr"])}
    assert "kolmatch_refusals_total" in used
    assert used <= exported
    route = re.findall(r'route="([^"]+)"', "".join(rule["expr"] for rule in rules()))
    assert route == ["/v1/shortlists"]
    assert client.post("/v1/shortlists", json={"title": "dịch vụ công"}).status_code == 200
    assert f'route="{route[0]}"' in client.get("/metrics").text


def test_workers_of_one_machine_make_one_alert() -> None:
    for rule in rules():
        figures = re.findall(r"\bkolmatch_\w+", rule["expr"])
        summed = re.findall(r"(?:sum|min|max|count) (?:by|without) \(.*?\)\s*\(|unless on \(instance\)", rule["expr"])
        assert len(summed) == len(figures), rule["alert"]


def test_every_alert_is_explained_and_tried() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (tried,) = documents("alerts_test.yaml")
    names = {rule["alert"] for rule in rules()}
    assert {case["alertname"] for group in tried["tests"] for case in group["alert_rule_test"]} == names
    assert [name for name in names if f"`{name}`" not in guide] == []
    assert {rule["labels"]["severity"] for rule in rules()} == {"page", "ticket"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed: alerts are read, not tried")
def test_prometheus_tries_the_alerts() -> None:
    for arguments in (["check", "rules", "alerts.yaml"], ["test", "rules", "alerts_test.yaml"]):
        done = subprocess.run(["promtool", *arguments], cwd=DEPLOY, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
