"""Several workers behind one address, as a person runs them: one index, one reload for all, none missing for long."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from models.bundle_files import champion_pointer, point_champion, read_manifest
from serving.siblings import Siblings
from tests.running_service import COMMAND, ROOT, WAIT_S, ask, home_key, serving, until

RARELY = {"SERVING__WATCH_S": "3600"}  # so that a change is seen only by who is told of it
QUESTION = json.dumps({"title": "Dịch vụ công trực tuyến"}).encode()


@pytest.fixture
def home(small_home: Path, second_bundle: Path, tmp_path: Path) -> Path:
    """A home with two bundles: the champion, and another."""
    shutil.copytree(small_home / "bundles", tmp_path / "bundles")
    shutil.copytree(second_bundle, tmp_path / "bundles" / read_manifest(second_bundle).bundle_id)
    return tmp_path


def live_models(address: str, key: Mapping[str, str]) -> dict[str, str]:
    """Worker -> bundle id, as Prometheus reads it."""
    request = urllib.request.Request(f"{address}/metrics", headers=dict(key))
    with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
        text = answer.read().decode()
    found = re.findall(r'kolmatch_model_info\{bundle_id="(\w+)".*?worker="(\d+)"\}', text)
    return {worker: bundle for bundle, worker in found}


def running(supervisor: int) -> list[int]:
    """Process ids of the workers of a supervisor."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def mapped(worker: int) -> set[str]:
    return {line.split()[-1] for line in Path(f"/proc/{worker}/maps").read_text().splitlines() if "bundles" in line}


def gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True


def test_workers_share_the_index_change_together_and_replace_each_other(home: Path) -> None:
    admin = home_key(home, "admin")
    first, second = champion_pointer(home).bundle_id, other_bundle(home)
    with serving(home, 2, **RARELY) as (process, address):
        until(lambda: live_models(address, admin) == {"1": first, "2": first})
        workers = running(process.pid)
        for worker in workers:
            assert {f"{home}/bundles/{first}/{name}" for name in ("index.safetensors", "posts.faiss")} <= mapped(worker)

        point_champion(home, second, 2)
        assert ask(address, "/v1/models/reload", b"", admin) == 200
        until(lambda: live_models(address, admin) == {"1": second, "2": second})

        os.kill(workers[0], signal.SIGKILL)
        assert {ask(address, "/v1/shortlists", QUESTION, admin) for _ in range(20)} == {201}
        until(lambda: len(running(process.pid)) == 2 and workers[0] not in running(process.pid))
        until(lambda: live_models(address, admin) == {"1": second, "2": second})
        workers = running(process.pid)

        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
        assert all(map(gone, workers))
    assert "is started again" in (home / "log").read_text()
    assert ask(address, "/livez") == 0


def other_bundle(home: Path) -> str:
    (other,) = {folder.name for folder in (home / "bundles").iterdir() if folder.is_dir()} - {
        champion_pointer(home).bundle_id
    }
    return other


def test_workers_end_when_their_supervisor_is_killed(home: Path) -> None:
    with serving(home, 2) as (process, _address):
        until(lambda: len(running(process.pid)) == 2)
        workers = running(process.pid)
        process.kill()
        until(lambda: all(map(gone, workers)))


def test_a_model_that_cannot_be_loaded_ends_the_command_before_any_worker_starts(home: Path) -> None:
    champion_pointer(home).folder.joinpath("weights.json").write_text("{}")
    command = [*COMMAND, "--home", str(home), "--workers", "2", "--port", "8999"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, b"weights.json" in done.stderr) == (1, True)


def no_luck(number: int, _pipe: Connection) -> None:
    raise RuntimeError(f"no luck for {number}")


def test_workers_of_which_none_can_start_end_with_an_error() -> None:
    program = (
        "from serving.workers import Workers; from tests.test_workers import no_luck; Workers(no_luck, 2, 5).run()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False, timeout=WAIT_S)
    assert (done.returncode, b"no luck for" in done.stderr, b"WorkersFailed" in done.stderr) == (1, True, True)


FIGURES = """# HELP kolmatch_requests_total Requests answered
# TYPE kolmatch_requests_total counter
kolmatch_requests_total{{route="/livez"}} {}.0
"""


def test_each_worker_answers_with_the_figures_of_all(tmp_path: Path) -> None:
    ours, other = Siblings(tmp_path, 1), Siblings(tmp_path, 2)
    ours.publish(FIGURES.format(1).encode())
    other.publish(FIGURES.format(5).encode())
    text = ours.merged(FIGURES.format(3).encode()).decode()
    assert text.count("# TYPE") == 1
    assert 'kolmatch_requests_total{route="/livez",worker="1"} 3.0' in text
    assert 'kolmatch_requests_total{route="/livez",worker="2"} 5.0' in text
