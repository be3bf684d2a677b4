"""The monthly job as a scheduler runs it: it ends the same however often it is cut off, and no failure does harm."""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from data.catalogue import Catalogue
from kolmatch.errors import RegistryError, RetrainError, TrainingBusy, UsageError
from kolmatch.settings import RegistrySettings, Settings
from models.brief import Brief
from models.bundle_files import FORMAT_VERSION, bundle_folder, champion_pointer, read_manifest
from models.matcher import Matcher
from tests.conftest import no_progress
from tests.monthly_world import (
    KNOWN,
    MONTH,
    NEW,
    OCTOBER,
    SEPTEMBER,
    SETTINGS,
    creators,
    drop,
    fill,
    posts,
    put,
    september,
)
from training.monthly.erasing import erase_from_reports
from training.monthly.job import RETRAIN_FOLDER, STEPS, Order, Outcome, left_waiting, retrain
from training.monthly.journal import JOURNAL_FILE, LOG_FILE, Journal
from training.monthly.report import FIGURES_FILE, PAGE_FILE
from training.publishing import train_and_publish
from training.registry import CHALLENGER, CHAMPION, Registry
from training.reproduction import Again, reproduce

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def august(tmp_path_factory: pytest.TempPathFactory, mlflow_tables: Path) -> Path:
    """A home folder at the end of August, with a champion; copy it."""
    home = tmp_path_factory.mktemp("august")
    (home / "mlflow").mkdir()
    shutil.copy(mlflow_tables, home / "mlflow" / "mlflow.db")
    fill(home)
    train_and_publish(home, SETTINGS, month="2026-08", progress=no_progress)
    return home


@pytest.fixture
def home(august: Path, tmp_path: Path) -> Path:
    """A copy of it; artifacts are found by their absolute address, so they stay where they are."""
    copy = tmp_path / "home"
    shutil.copytree(august, copy)
    return copy


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September's drop folder, in which newcomers make a new model better."""
    return drop(tmp_path_factory.mktemp("drop"), creators=creators(NEW), posts=september())


def order(folder: Path | None, month: str = MONTH) -> Order:
    return Order(month, folder, (), (), (), frozenset(), lambda: OCTOBER)


def run(home: Path, folder: Path | None, settings: Settings = SETTINGS, month: str = MONTH) -> Outcome:
    return retrain(home, settings, order(folder, month), no_progress)


def live(home: Path) -> int:
    """The version that a running service follows; it answers."""
    champion = champion_pointer(home)
    assert Matcher.load(champion.folder).shortlist(Brief("dịch vụ công trực tuyến"), 3).entries
    return champion.version


def checks(home: Path) -> dict[str, str]:
    """Name to verdict of every check in the month's report."""
    figures = json.loads((home / RETRAIN_FOLDER / MONTH / FIGURES_FILE).read_text("utf-8"))
    return {check["name"]: check["verdict"] for check in figures["verdict"]["checks"]}


@pytest.fixture(scope="module")
def measured(august: Path, files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September stopped after the comparison, nothing registered yet; copy it."""
    home = tmp_path_factory.mktemp("measured") / "home"
    shutil.copytree(august, home)
    run_up_to(home, files, "measure")
    return home


@pytest.fixture(scope="module")
def ended(measured: Path, files: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """September run to its end; treat as read-only."""
    home = tmp_path_factory.mktemp("ended") / "home"
    shutil.copytree(measured, home)
    return home, run(home, files)


# --- A month that goes well


def test_a_better_model_goes_live_with_report_log_and_record(ended: tuple[Path, Outcome]) -> None:
    home, outcome = ended
    assert outcome.promoted
    assert live(home) == outcome.version == 2
    registry = Registry.open(home, SETTINGS.registry)
    (move,) = registry.moves()
    assert (move.by, move.version, move.before) == ("kolmatch retrain", 2, 1)
    assert registry.version("2").retrained == MONTH
    folder = home / RETRAIN_FOLDER / MONTH
    assert set(Journal.open(folder).steps) == set(STEPS)
    assert not (folder / "work").exists()
    assert "measure: done" in (folder / LOG_FILE).read_text("utf-8")
    assert checks(home)["relevance: post MRR"] == "better"
    metrics = registry.version("2").metrics
    assert metrics["gate post MRR: candidate"] > metrics["gate post MRR: champion"]


def test_the_page_says_who_rose_and_that_the_data_are_made_up(ended: tuple[Path, Outcome]) -> None:
    page = (ended[0] / RETRAIN_FOLDER / MONTH / PAGE_FILE).read_text("utf-8")
    for said in ("SYNTHETIC DATA", "Kênh moi-", "mới có trong mô hình", "<svg", "goes live"):
        assert said in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_month_that_ended_is_only_looked_up(ended: tuple[Path, Outcome], files: Path) -> None:
    home, outcome = ended
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*.json")}
    assert run(home, files) == outcome
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*.json")} == before


def test_the_next_month_takes_in_only_new_files_and_keeps_the_champion_without_news(
    ended: tuple[Path, Outcome], files: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(ended[0], home)
    outcome = run(home, files, month="2026-10")
    assert (outcome.promoted, outcome.version) == (False, None)
    journal = Journal.open(home / RETRAIN_FOLDER / "2026-10")
    assert journal.steps["import"]["files"] == []
    assert "train" not in journal.steps
    assert live(home) == 2


def test_a_month_that_left_files_waiting_names_them_and_takes_them_in_when_it_is_run_again(
    ended: tuple[Path, Outcome], files: Path, tmp_path: Path
) -> None:
    home, folder = tmp_path / "home", tmp_path / "drop"
    shutil.copytree(ended[0], home)
    shutil.copytree(files, folder)
    put(folder / "yeu-cau.csv", b"brief_id,title\nb2,An toan thuc pham\n")
    first = run(home, folder, month="2026-10")
    month = home / RETRAIN_FOLDER / "2026-10"
    assert left_waiting(Journal.open(month)) == ("yeu-cau.csv",)
    assert "unknown files: yeu-cau.csv" in (month / LOG_FILE).read_text("utf-8")
    assert run(home, folder, month="2026-10") == first
    (folder / "yeu-cau.csv").rename(folder / "briefs.csv")
    run(home, folder, month="2026-10")
    journal = Journal.open(month)
    assert [file["file"] for file in journal.steps["import"]["files"]] == ["briefs.csv"]
    assert left_waiting(journal) == ()
    assert "b2" in Catalogue.open(home).table("briefs")["brief_id"]


# --- Killed, and two at once


def command(home: Path, folder: Path, config: Path) -> list[str]:
    arguments = ["retrain", "--home", str(home), "--month", MONTH, "--drop", str(folder), "--config", str(config)]
    return [sys.executable, "-c", "from kolmatch.cli import main; main()", *arguments]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The tests' settings as a file."""
    told: dict[str, dict[str, Any]] = SETTINGS.model_dump(include={"encoder", "gate", "retrain"})
    lines = [
        line
        for section, own in told.items()
        for line in (f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in own.items()))
    ]
    (tmp_path / "own.toml").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "own.toml"


def one_run(server: subprocess.Popen[bytes], is_enough: Callable[[], bool]) -> int:
    """Let the job run in a process of its own, kill that as soon as it is enough, and return how it ended."""
    assert server.stdin
    assert server.stdout
    server.stdin.write(b"again\n")
    child = int(server.stdout.readline())
    while not select.select([server.stdout], [], [], 0.002)[0]:
        if is_enough():
            os.kill(child, signal.SIGKILL)
            break
    return int(server.stdout.readline())


def is_done(journal: Path, step: str) -> bool:
    return journal.exists() and f'"{step}": {{' in journal.read_text("utf-8")


def started(home: Path, folder: Path, config: Path) -> subprocess.Popen[str]:
    own = {"PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "passive"}
    return subprocess.Popen(
        command(home, folder, config), env=os.environ | own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


# Imports once, as a start costs seconds; then forks a process for each line, says which, and how it ended.
_RUNS = """
    import os, sys
    from pathlib import Path

    import mlflow, torch
    from tests.conftest import no_progress
    from tests.monthly_world import SETTINGS
    from tests.test_retrain import order
    from training.fine_tuning import fine_tune
    from training.monthly.job import retrain

    home, folder = map(Path, sys.argv[1:])
    for _ in sys.stdin:
        if not (child := os.fork()):
            os._exit(0 if retrain(home, SETTINGS, order(folder), no_progress).promoted else 10)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_killed_after_every_step_it_ends_as_if_it_had_not_been(
    home: Path, files: Path, ended: tuple[Path, Outcome]
) -> None:
    journal = home / RETRAIN_FOLDER / MONTH / JOURNAL_FILE
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_RUNS), str(home), str(files)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_WAIT_POLICY": "passive"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # a line that was read ahead would never be waited for
    ) as server:
        for step in STEPS[:-1]:
            assert one_run(server, partial(is_done, journal, step)) == -signal.SIGKILL, step
            assert live(home) in (1, 2)
        assert one_run(server, partial(is_done, journal, "never")) == 0
        server.communicate()
    end, usual = (Journal.open(one / RETRAIN_FOLDER / MONTH) for one in (home, ended[0]))
    assert end.outcome == usual.outcome
    assert Catalogue.open(home).rows() == Catalogue.open(ended[0]).rows()
    assert {v.version: (v.aliases, v.bundle_id) for v in Registry.open(home, SETTINGS.registry).versions()} == {
        v.version: (v.aliases, v.bundle_id) for v in Registry.open(ended[0], SETTINGS.registry).versions()
    }
    assert len(Registry.open(home, SETTINGS.registry).moves()) == 1


def test_the_second_of_two_says_so_and_leaves(home: Path, files: Path, config: Path) -> None:
    (home / RETRAIN_FOLDER).mkdir()
    with FileLock(home / RETRAIN_FOLDER / "retrain.lock"):
        second = started(home, files, config)
        said = second.communicate(timeout=60)[0]
    assert second.returncode == 11
    assert "is running already" in said
    assert "đang chạy" in said
    with FileLock(home / "training.lock"), pytest.raises(TrainingBusy):
        run(home, files)
    assert not (home / RETRAIN_FOLDER / MONTH).exists()


# --- Failures that must be harmless


def test_ten_times_the_posts_or_a_platform_missing_keeps_the_champion(home: Path, tmp_path: Path) -> None:
    flood = posts([f"lu-{number}" for number in range(40)], SEPTEMBER, 29, 3.0, "youtube")
    strict = SETTINGS.model_copy(update={"gate": SETTINGS.gate.model_copy(update={"most_volume": 2.0})})
    outcome = run(home, drop(tmp_path / "flood", posts=flood), strict)
    assert (outcome.promoted, live(home)) == (False, 1)
    found = checks(home)
    assert found["input: volume"] == found["input: platforms"] == "stops"
    assert "Nền tảng bị thiếu" in outcome.vi
    assert Registry.open(home, SETTINGS.registry).version(CHALLENGER).version == 2


def test_with_mlflow_down_nothing_begins_and_the_live_model_answers(home: Path, files: Path) -> None:
    away = SETTINGS.model_copy(update={"registry": RegistrySettings(tracking_uri="http://127.0.0.1:1")})
    before = Catalogue.open(home).hashes()
    with pytest.raises(RegistryError):
        run(home, files, away)
    assert Catalogue.open(home).hashes() == before
    assert live(home) == 1
    assert "stopped: MLflow at" in (home / RETRAIN_FOLDER / MONTH / LOG_FILE).read_text("utf-8")


def test_mlflow_going_down_before_the_end_costs_only_time(measured: Path, files: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(measured, home)
    away = SETTINGS.model_copy(update={"registry": RegistrySettings(tracking_uri="http://127.0.0.1:1")})
    with pytest.raises(RegistryError):
        run(home, files, away)
    assert list(Journal.open(home / RETRAIN_FOLDER / MONTH).steps)[-1] == "measure"
    assert live(home) == 1
    assert run(home, files).promoted


def test_a_champion_and_a_work_folder_deleted_by_hand_are_had_again(home: Path, files: Path) -> None:
    run_up_to(home, files, "cut")
    shutil.rmtree(home / RETRAIN_FOLDER / MONTH / "work")
    shutil.rmtree(champion_pointer(home).folder)
    assert run(home, files).promoted
    assert live(home) == 2
    assert checks(home)["relevance: post MRR"] == "better"


def test_a_champion_that_no_one_can_read_gives_its_place(
    home: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.bundle_files.FORMAT_VERSION", FORMAT_VERSION + 1)
    outcome = retrain(home, SETTINGS, replace(order(files), gone=(KNOWN[0],)), no_progress)
    assert outcome.promoted
    assert "no champion that can answer" in outcome.en
    assert live(home) == 2
    assert KNOWN[0] not in (home / RETRAIN_FOLDER / MONTH / FIGURES_FILE).read_text("utf-8")  # who opted out since
    assert f"format version {FORMAT_VERSION}" in (home / RETRAIN_FOLDER / MONTH / PAGE_FILE).read_text("utf-8")


def test_a_full_disk_while_a_bundle_is_written_costs_nothing_but_the_run(
    measured: Path, files: Path, config: Path, tmp_path: Path
) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    home = tmp_path / "home"
    shutil.copytree(measured, home)
    Journal.open(home / RETRAIN_FOLDER / MONTH).without("train")
    process = subprocess.run(
        command(home, files, config),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=small_files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1, process.stderr
    assert "Lỗi: " in process.stderr
    assert "Traceback" not in process.stderr
    assert live(home) == 1
    assert list(Journal.open(home / RETRAIN_FOLDER / MONTH).steps)[-1] == "candidate"
    assert run(home, files).promoted


def run_up_to(home: Path, folder: Path, step: str) -> list[str]:
    """Let a job stop right after a step; the names of what is done."""

    class StoppedError(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        if step in Journal.open(home / RETRAIN_FOLDER / MONTH).steps:
            raise StoppedError

    with pytest.raises(StoppedError):
        retrain(home, SETTINGS, order(folder), stop)
    return list(Journal.open(home / RETRAIN_FOLDER / MONTH).steps)


def test_what_was_done_before_somebody_opted_out_is_done_again(measured: Path, files: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(measured, home)

    class StoppedError(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        if stage.startswith("candidate"):
            raise StoppedError

    with pytest.raises(StoppedError):
        retrain(home, SETTINGS, replace(order(files), gone=("cu-03",)), stop)
    assert list(Journal.open(home / RETRAIN_FOLDER / MONTH).steps) == ["check", "import", "cut"]


def test_a_version_promoted_by_hand_during_the_job_stays(measured: Path, files: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(measured, home)
    registry = Registry.open(home, SETTINGS.registry)
    past = home / RETRAIN_FOLDER / MONTH / "work" / "past"
    other = registry.publish(
        bundle_folder(past, Journal.open(past.parents[1]).steps["candidate"]["bundle"]),
        params={},
        metrics={},
        datasets={},
    )
    registry.make_champion(other.version, "promote", by="Lê Mẫu", note="gấp", at=OCTOBER)
    outcome = run(home, files)
    assert not outcome.promoted
    assert "changed while it was compared" in outcome.en
    assert live(home) == registry.version(CHAMPION).version == other.version


# --- Made again, and taken out


def test_a_version_is_made_again_bit_for_bit_and_one_whose_catalogue_is_gone_is_refused(
    ended: tuple[Path, Outcome],
) -> None:
    found = reproduce(ended[0], SETTINGS, Again("2", (), (), ()), no_progress)
    manifest = read_manifest(bundle_folder(ended[0], found.bundle_id))
    moment = Journal.open(ended[0] / RETRAIN_FOLDER / MONTH).steps["cut"]["moment"]
    assert manifest.weights_before == moment  # it weighs as the candidate learned to
    assert found.identical
    assert (found.overlap, found.same_code, found.same_packages) == (1.0, True, True)
    with pytest.raises(UsageError, match="warm-start"):
        reproduce(ended[0], SETTINGS, Again("2", (ROOT / "pyproject.toml",), (), ()), no_progress)
    with pytest.raises(RetrainError, match=r"no longer kept: .* changed since"):
        reproduce(ended[0], SETTINGS, Again("1", (), (), ()), no_progress)
    assert not (ended[0] / "reproduction").exists()


def test_who_is_erased_is_in_no_report_here_nor_in_mlflow(ended: tuple[Path, Outcome], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(ended[0], home)
    registry = Registry.open(home, SETTINGS.registry)
    assert erase_from_reports(home, registry, "nobody-here") == []
    places = [one.place for one in erase_from_reports(home, registry, NEW[0])]
    assert places == [f"retrain/{MONTH}/{FIGURES_FILE}", f"retrain/{MONTH}/{PAGE_FILE}", "mlflow: reports"]
    assert erase_from_reports(home, registry, NEW[0]) == []
