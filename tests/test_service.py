"""`kolmatch serve` and `kolmatch doctor`, run as a person runs them."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from kolmatch.cli import checkup
from kolmatch.cli.checkup import Verdict
from kolmatch.cli.service import doctor, listen, open_store, serve, service_around
from kolmatch.errors import BundleDamaged, BundleMissing, UsageError
from kolmatch.settings import Settings
from models.bundle_files import point_champion, write_bundle
from tests.api_world import own_store

ROOT = Path(__file__).parents[1]
START_S = 20.0  # a busy machine needs some seconds to import the web framework

# The service with another model than the champion's: serving itself is what is tested here.
PROGRAM = """
from kolmatch.cli.service import listen, make_server, run_until_stopped
from kolmatch.errors import BundleDamaged
from kolmatch.settings import Settings
from serving.answers import LiveModel
from serving.app import service_of
from tests.api_world import MadeModel, TinyAnswers, own_store

class Breakable(TinyAnswers):
    def shortlist(self, brief, k, by, filters):
        if brief.title == "hỏng":
            raise RuntimeError("secret of " + brief.title)
        return super().shortlist(brief, k, by, filters)

def damaged():
    raise BundleDamaged("damaged", "hỏng")

service = service_of(LiveModel(MadeModel({model})), own_store(), Settings())
listener = listen("127.0.0.1", 0, demo=True)
print(listener.getsockname()[1], flush=True)
run_until_stopped(make_server(service), service.live, listener)
print("stopped")
"""


@contextmanager
def serving(model: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-c", PROGRAM.replace("{model}", model)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


def ask(port: int, method: str, path: str, body: str | None = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_S)
    headers = {"Content-Type": "application/json", "X-Request-ID": "mine"}
    connection.request(method, path, body.encode() if body else None, headers)
    response = connection.getresponse()
    assert response.headers["X-Request-ID"] == "mine"
    assert response.headers["Server"] is None
    text = response.read().decode()
    connection.close()
    return response.status, text


def ready(port: int) -> None:
    until = time.monotonic() + START_S
    while ask(port, "GET", "/readyz")[0] != 200:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_it_serves_logs_discreetly_and_ends_on_ctrl_c() -> None:
    with serving("Breakable") as (process, port):
        ready(port)
        status, text = ask(port, "POST", "/v1/shortlists", '{"title": "Dịch vụ công"}')
        broken, told = ask(port, "POST", "/v1/shortlists?ai=nguyen-van-a", '{"title": "hỏng"}')
        process.send_signal(signal.SIGINT)
        out, log = process.communicate(timeout=START_S)
    assert (status, json.loads(text)["entries"][0]["creator_id"]) == (200, "syn-0007")
    assert (broken, json.loads(told)["code"]) == (500, "internal")
    assert (process.returncode, out.strip()) == (0, "stopped")
    assert re.search(r"INFO POST /v1/shortlists 200 \d+\.\dms mine", log)
    assert re.search(r"INFO POST /v1/shortlists 500 \d+\.\dms mine", log)
    assert "RuntimeError" in log
    assert not any(word in log + told for word in ("secret of hỏng", "nguyen-van-a", "Dịch vụ"))


def test_a_model_that_cannot_be_loaded_ends_the_service_with_its_error() -> None:
    with serving("damaged") as (process, _port):
        out, log = process.communicate(timeout=START_S)
    assert (process.returncode, out) == (1, "")
    assert log.rstrip().endswith("kolmatch.errors.BundleDamaged: damaged")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.10", "example.org", ""])
def test_without_keys_only_this_machine_is_served(host: str) -> None:
    with pytest.raises(UsageError, match="no access keys"):
        listen(host, 0, demo=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machines_own_addresses_are_taken(host: str) -> None:
    with listen(host, 0, demo=True) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_taken_port_is_said_so() -> None:
    with listen("127.0.0.1", 0, demo=True) as listener, pytest.raises(UsageError, match="choose --port"):
        listen("127.0.0.1", listener.getsockname()[1], demo=True)


def test_without_a_model_serving_is_refused_at_once(tmp_path: Path, free_port: int) -> None:
    result = CliRunner().invoke(serve, ["--home", str(tmp_path), "--port", str(free_port)])
    assert isinstance(result.exception, BundleMissing)
    assert "kolmatch train" in result.exception.vi


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


# doctor


def test_doctor_finds_a_fresh_home_in_order(tmp_path: Path) -> None:
    result = CliRunner().invoke(doctor, ["--home", str(tmp_path / "new")])
    assert result.exit_code == 0, result.output
    assert "kolmatch train" in " ".join(result.output.split())


def test_doctor_ends_with_1_when_the_model_is_damaged(tmp_path: Path) -> None:
    champion(tmp_path).joinpath("table.json").write_text("{}")
    assert checkup.check_model(tmp_path).verdict is Verdict.BAD
    result = CliRunner().invoke(doctor, ["--home", str(tmp_path)])
    assert (result.exit_code, "table.json" in result.output) == (1, True)


def test_a_model_that_is_pointed_to_and_gone_is_wrong(tmp_path: Path) -> None:
    shutil.rmtree(champion(tmp_path))
    assert checkup.check_model(tmp_path).verdict is Verdict.BAD


def test_a_live_model_that_mlflow_does_not_know_is_wrong(tmp_path: Path) -> None:
    folder = champion(tmp_path)
    finding = checkup.check_registry(tmp_path, Settings(), checkup._installed)
    assert (finding.verdict, folder.name in finding.en, folder.name in finding.vi) == (Verdict.BAD, True, True)
    assert checkup.check_registry(tmp_path, Settings(), lambda name: None).verdict is Verdict.NOTE


def test_the_store_is_looked_at_and_left_as_it_is(tmp_path: Path) -> None:
    assert checkup.check_store(tmp_path, Settings()).verdict is Verdict.NOTE
    assert list(tmp_path.iterdir()) == []
    open_store(tmp_path, Settings()).close()
    assert checkup.check_store(tmp_path, Settings()).verdict is Verdict.GOOD
    tmp_path.joinpath("store.sqlite3").write_bytes(b"no database at all" * 100)
    assert checkup.check_store(tmp_path, Settings()).verdict is Verdict.BAD


def test_a_whole_model_is_good(tmp_path: Path) -> None:
    folder = champion(tmp_path)
    finding = checkup.check_model(tmp_path)
    assert (finding.verdict, folder.name in finding.en) == (Verdict.GOOD, True)


def champion(home: Path) -> Path:
    """The folder of a champion bundle that holds one small file."""

    def fill(folder: Path) -> None:
        folder.joinpath("table.json").write_text("[]")

    made = home / "made"
    manifest = write_bundle(
        made,
        fill,
        created_month="2026-11",
        synthetic=True,
        trained_on={},
        settings={},
        metrics={},
        lock_hash="",
        code_sha256="",
        seed=1,
    )
    folder = home / "bundles" / manifest.bundle_id
    folder.parent.mkdir()
    made.rename(folder)
    point_champion(home, manifest.bundle_id, 1)
    return folder


@pytest.mark.parametrize(
    ("version", "verdict"),
    [((3, 10), Verdict.BAD), ((3, 11), Verdict.GOOD), ((3, 13), Verdict.GOOD), ((3, 14), Verdict.BAD)],
)
def test_only_tested_pythons_are_good(version: tuple[int, ...], verdict: Verdict) -> None:
    assert checkup.check_python(version).verdict is verdict


PINNED = ["numpy==2.4.6", "uvicorn[standard]==0.54.0", "torch==2.13.0", "ruff==0.17.6; extra == 'dev'"]


@pytest.mark.parametrize(
    ("installed", "verdict", "said"),
    [
        ({"numpy": "2.4.6", "uvicorn": "0.54.0", "torch": "2.13.0+cpu"}, Verdict.GOOD, "3 as pinned"),
        ({"numpy": "1.26.0", "uvicorn": "0.54.0", "torch": "2.13.0"}, Verdict.BAD, "numpy 1.26.0 ≠ 2.4.6"),
        ({"numpy": "2.4.6", "torch": "2.13.0"}, Verdict.BAD, "uvicorn ∅ ≠ 0.54.0"),
        ({"numpy": "2.4.6", "uvicorn": "0.54.0"}, Verdict.GOOD, "2 as pinned"),
        ({"numpy": "2.4.6", "uvicorn": "0.54.0", "torch": "2.0.0"}, Verdict.BAD, "torch 2.0.0 ≠ 2.13.0"),
    ],
)
def test_packages_are_held_against_their_pins(installed: dict[str, str], verdict: Verdict, said: str) -> None:
    finding = checkup.check_packages(PINNED, installed.get)
    assert (finding.verdict, said in finding.en) == (verdict, True)


def test_doctor_finds_the_serving_image_in_order_and_says_what_it_cannot_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (ROOT / "deploy" / "serving.lock").read_text(encoding="utf-8").splitlines()
    monkeypatch.setattr(checkup, "_installed", dict(line.split("==") for line in lines).get)
    result = CliRunner().invoke(doctor, ["--home", str(tmp_path)])
    assert result.exit_code == 0, result.output
    finding = checkup.check_training(checkup._installed)
    assert (finding.verdict, "Not installed: mlflow, scikit-learn" in finding.en) == (Verdict.NOTE, True)


def test_without_an_installed_package_there_is_nothing_to_compare() -> None:
    assert checkup.check_packages([], lambda name: None).verdict is Verdict.NOTE


def test_a_home_that_is_a_file_is_not_writable(tmp_path: Path) -> None:
    file = tmp_path / "home"
    file.write_text("")
    finding = checkup.check_home(file)
    assert (finding.verdict, "--home" in finding.en) == (Verdict.BAD, True)


def test_a_taken_port_is_worth_a_note(free_port: int) -> None:
    assert checkup.check_port("127.0.0.1", free_port).verdict is Verdict.GOOD
    with socket.create_server(("127.0.0.1", free_port)):
        assert checkup.check_port("127.0.0.1", free_port).verdict is Verdict.NOTE


def test_a_damaged_bundle_is_told_by_its_own_error(tmp_path: Path) -> None:
    champion(tmp_path)
    tmp_path.joinpath("bundles", "CHAMPION").write_text("nothing of the kind")
    with pytest.raises(BundleDamaged):
        service_around(tmp_path, Settings(), own_store())
