"""The registry against a real MLflow in a home folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from kolmatch.errors import (
    BundleDamaged,
    BundleError,
    BundleFormat,
    BundleMissing,
    ExtraMissing,
    KolmatchError,
    RegistryError,
)
from kolmatch.settings import RegistrySettings
from models.bundle_files import FORMAT_VERSION, bundle_folder, champion_pointer, verify, write_bundle
from training.mlflow_client import connect, quiet
from training.registry import CHALLENGER, CHAMPION, ModelVersion, Registry

if TYPE_CHECKING:
    from mlflow import MlflowClient

ROOT = Path(__file__).parent.parent
DEFAULTS = RegistrySettings()
POSTS_HASH = "0123456789abcdef" * 4


def _make(folder: Path, text: str) -> Path:
    """A bundle whose only file holds `text`."""

    def fill(fresh: Path) -> None:
        (fresh / "encoder").mkdir()
        (fresh / "encoder" / "words.txt").write_text(text, encoding="utf-8")

    write_bundle(
        folder,
        fill,
        created_month="2026-11",
        synthetic=True,
        trained_on={"posts": POSTS_HASH},
        settings={},
        metrics={"MRR": 0.5},
        lock_hash="cd" * 32,
        code_sha256="ef" * 32,
        seed=7,
    )
    return folder


def _publish(home: Path, text: str, mrr: float = 0.5) -> ModelVersion:
    made = home / "made" / text
    bundle = made if made.exists() else _make(made, text)
    params: dict[str, str | int | float] = {f"knob_{number}": number for number in range(120)}
    return Registry.open(home, DEFAULTS).publish(
        bundle,
        params=params | {"model": "static"},
        metrics={"MRR": mrr, "nDCG@10": 0.3},
        datasets={"posts": POSTS_HASH},
    )


def test_a_champion_of_another_format_gives_its_place_to_the_next_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.bundle_files.FORMAT_VERSION", FORMAT_VERSION - 1)
    old = _publish(tmp_path, "old")
    monkeypatch.setattr("models.bundle_files.FORMAT_VERSION", FORMAT_VERSION)
    with pytest.raises(BundleFormat):
        Registry.open(tmp_path, DEFAULTS).fetch(CHAMPION)
    new = _publish(tmp_path, "new")
    assert _aliases(tmp_path) == {old.version: (), new.version: (CHAMPION,)}
    assert champion_pointer(tmp_path).folder.name == new.bundle_id


def _client(home: Path) -> MlflowClient:
    return connect(Registry.open(home, DEFAULTS).tracking_uri, None)


def _aliases(home: Path) -> dict[int, tuple[str, ...]]:
    return {one.version: one.aliases for one in Registry.open(home, DEFAULTS).versions()}


def _words(home: Path, one: ModelVersion) -> Path:
    """The file of a version as MLflow keeps it."""
    return home / "mlflow" / "artifacts" / one.run_id / "artifacts" / "bundle" / "encoder" / "words.txt"


@pytest.fixture
def home(mlflow_tables: Path, tmp_path: Path) -> Path:
    """A home folder, with spaces and Vietnamese letters in its name, in which nothing was trained."""
    home = tmp_path / "nhà của tôi"
    (home / "mlflow").mkdir(parents=True)
    shutil.copy(mlflow_tables, home / "mlflow" / "mlflow.db")
    return home


# --- Publishing


def test_the_first_version_is_champion_and_the_later_ones_challenge(home: Path) -> None:
    first, second, third = (_publish(home, text) for text in ("one", "two", "three"))
    assert first.aliases == (CHAMPION,)
    assert second.aliases == (CHALLENGER,)
    assert _aliases(home) == {1: (CHAMPION,), 2: (), 3: (CHALLENGER,)}
    assert third.version == 3
    assert champion_pointer(home).bundle_id == first.bundle_id


def test_a_version_says_what_it_is(home: Path) -> None:
    made = _publish(home, "one", mrr=0.53)
    assert Registry.open(home, DEFAULTS).versions() == [made]
    assert made.bundle_id == verify(home / "made" / "one").bundle_id
    assert made.month == "2026-11"
    assert made.metrics == {"MRR": 0.53, "nDCG@10": 0.3}
    assert made.synthetic
    assert timedelta(0) <= datetime.now(UTC) - made.created_at < timedelta(minutes=5)


def test_mlflow_shows_parameters_metrics_data_sets_and_the_bundle(home: Path) -> None:
    made = _publish(home, "one")
    client = _client(home)
    run = client.get_run(made.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["model"] == "static"
    assert run.data.params["knob_119"] == "119"
    assert len(run.data.params) == 121
    assert run.data.metrics == {"MRR": 0.5, "nDCG at 10": 0.3}
    assert run.inputs is not None
    (posts,) = run.inputs.dataset_inputs
    assert posts.dataset.name == "posts"
    assert POSTS_HASH.startswith(posts.dataset.digest)
    assert json.loads(posts.dataset.source) == {"sha256": POSTS_HASH}
    version = client.get_model_version_by_alias(DEFAULTS.model_name, CHAMPION)
    assert version.source == f"{run.info.artifact_uri}/bundle"
    assert "SYNTHETIC" in str(version.description)
    assert _words(home, made).read_text(encoding="utf-8") == "one"


def test_the_same_bundle_twice_is_two_versions_of_one_copy(home: Path) -> None:
    first, second = _publish(home, "one", mrr=0.5), _publish(home, "one", mrr=0.6)
    assert (first.version, second.version) == (1, 2)
    assert first.bundle_id == second.bundle_id
    assert [one.metrics["MRR"] for one in Registry.open(home, DEFAULTS).versions()] == [0.5, 0.6]


def test_a_damaged_bundle_is_not_published(home: Path) -> None:
    bundle = _make(home / "made" / "one", "one")
    (bundle / "encoder" / "words.txt").write_text("two", encoding="utf-8")
    with pytest.raises(BundleDamaged, match=r"words\.txt"):
        _publish(home, "one")
    assert _aliases(home) == {}


def test_a_run_whose_artifacts_do_not_arrive_is_marked_failed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("mlflow.MlflowClient.log_artifacts", full)
        with pytest.raises(RegistryError, match="No space left on device"):
            _publish(home, "one")
    client = _client(home)
    experiment = client.get_experiment_by_name(DEFAULTS.experiment)
    assert experiment is not None
    assert [run.info.status for run in client.search_runs([experiment.experiment_id])] == ["FAILED"]
    assert _publish(home, "one").aliases == (CHAMPION,)


def test_what_people_register_by_hand_is_left_alone(home: Path) -> None:
    _publish(home, "one")
    _client(home).create_model_version(DEFAULTS.model_name, (home / "made").as_uri())
    assert _aliases(home) == {1: (CHAMPION,)}
    with pytest.raises(RegistryError, match="no version or alias '2'"):
        Registry.open(home, DEFAULTS).set_alias(CHAMPION, 2)


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    assert Registry.open(tmp_path / "home", DEFAULTS).versions() == []
    assert list(tmp_path.iterdir()) == []


# --- Which version is live


def test_promotion_and_the_way_back(home: Path) -> None:
    first, second = _publish(home, "one"), _publish(home, "two")
    registry = Registry.open(home, DEFAULTS)
    registry.set_alias(CHAMPION, 2)
    assert _aliases(home) == {1: (), 2: (CHAMPION,)}
    assert (champion_pointer(home).bundle_id, champion_pointer(home).version) == (second.bundle_id, 2)
    registry.set_alias(CHAMPION, 1)
    assert _aliases(home) == {1: (CHAMPION,), 2: ()}
    assert champion_pointer(home).bundle_id == first.bundle_id


def test_a_version_whose_bundle_is_damaged_does_not_become_champion(home: Path) -> None:
    first, second = _publish(home, "one"), _publish(home, "two")
    _words(home, second).write_text("changed", encoding="utf-8")
    shutil.rmtree(bundle_folder(home, second.bundle_id))
    with pytest.raises(BundleDamaged, match=r"words\.txt"):
        Registry.open(home, DEFAULTS).set_alias(CHAMPION, 2)
    assert _aliases(home) == {1: (CHAMPION,), 2: (CHALLENGER,)}
    assert champion_pointer(home).bundle_id == first.bundle_id


@pytest.mark.parametrize(("alias", "version"), [(CHAMPION, 9), ("latest", 1), ("no spaces?", 1)])
def test_an_alias_that_cannot_be_is_refused(home: Path, alias: str, version: int) -> None:
    _publish(home, "one")
    with pytest.raises(RegistryError):
        Registry.open(home, DEFAULTS).set_alias(alias, version)
    assert _aliases(home) == {1: (CHAMPION,)}


# --- Fetching


def test_what_is_here_and_whole_is_not_copied_again(home: Path) -> None:
    made = _publish(home, "one")
    shutil.rmtree(home / "mlflow" / "artifacts")
    for asked in (CHAMPION, "1"):
        assert Registry.open(home, DEFAULTS).fetch(asked) == bundle_folder(home, made.bundle_id)


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_what_is_gone_or_damaged_is_copied_from_mlflow(home: Path, damage: str) -> None:
    made = _publish(home, "one")
    here = bundle_folder(home, made.bundle_id)
    if damage == "gone":
        shutil.rmtree(here)
    else:
        (here / "encoder" / "words.txt").write_text("changed", encoding="utf-8")
    assert Registry.open(home, DEFAULTS).fetch(CHAMPION) == here
    assert (here / "encoder" / "words.txt").read_text(encoding="utf-8") == "one"
    assert verify(here).bundle_id == made.bundle_id


def test_a_champion_chosen_elsewhere_becomes_the_local_one_when_fetched(home: Path) -> None:
    second = [_publish(home, text) for text in ("one", "two")][1]
    _client(home).set_registered_model_alias(DEFAULTS.model_name, CHAMPION, "2")
    assert Registry.open(home, DEFAULTS).fetch(CHAMPION) == champion_pointer(home).folder
    assert champion_pointer(home).bundle_id == second.bundle_id


def test_artifacts_that_are_gone_are_the_registrys_fault(home: Path) -> None:
    made = _publish(home, "one")
    shutil.rmtree(bundle_folder(home, made.bundle_id))
    shutil.rmtree(home / "mlflow" / "artifacts")
    with pytest.raises(RegistryError, match="mlflow"):
        Registry.open(home, DEFAULTS).fetch("1")


def test_an_unknown_version_says_how_to_list_them(home: Path) -> None:
    _publish(home, "one")
    with pytest.raises(RegistryError, match="no version or alias 'newest'.*kolmatch models"):  # noqa: RUF043
        Registry.open(home, DEFAULTS).fetch("newest")


def test_a_home_in_which_nothing_was_trained(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match="kolmatch train"):
        Registry.open(tmp_path, DEFAULTS).fetch(CHAMPION)


# --- When MLflow is not there


def _no_database(home: Path) -> RegistrySettings:
    (home / "mlflow" / "mlflow.db").unlink()
    return DEFAULTS


def _no_header(home: Path) -> RegistrySettings:
    (home / "mlflow" / "mlflow.db").write_bytes(b"not a database" * 1000)
    return DEFAULTS


def _torn(home: Path) -> RegistrySettings:
    database = home / "mlflow" / "mlflow.db"
    os.truncate(database, database.stat().st_size // 2)
    return DEFAULTS


def _holed(home: Path) -> RegistrySettings:
    database = home / "mlflow" / "mlflow.db"
    content = database.read_bytes()
    database.write_bytes(content[:100_000] + bytes(200_000) + content[300_000:])
    return DEFAULTS


def _no_server(home: Path) -> RegistrySettings:
    return RegistrySettings(tracking_uri="http://127.0.0.1:1")


FAILURES = [_no_database, _no_header, _torn, _holed, _no_server]


@pytest.mark.parametrize("failure", FAILURES)
def test_the_last_good_champion_stands_in(home: Path, failure: object, caplog: pytest.LogCaptureFixture) -> None:
    made = _publish(home, "one")
    assert callable(failure)
    registry = Registry.open(home, failure(home))
    started = time.monotonic()
    assert registry.fetch(CHAMPION) == bundle_folder(home, made.bundle_id)
    assert f"last good champion {made.bundle_id} stands in" in caplog.text
    with pytest.raises(BundleError):
        registry.fetch("1")
    assert time.monotonic() - started < 5


def test_a_champion_that_is_damaged_does_not_stand_in(home: Path) -> None:
    made = _publish(home, "one")
    (bundle_folder(home, made.bundle_id) / "encoder" / "words.txt").unlink()
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:1"):
        Registry.open(home, _no_server(home)).fetch(CHAMPION)


@pytest.fixture
def silent_server() -> Iterator[str]:
    """A server that takes connections and never answers, as behind a dead proxy; the address holds a password."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://staff:mật-khẩu@127.0.0.1:{listening.getsockname()[1]}"


def test_a_server_that_never_answers_is_given_up_on(
    silent_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")  # a caller's own limit is kept to
    registry = Registry.open(tmp_path, RegistrySettings(tracking_uri=silent_server))
    started = time.monotonic()
    with pytest.raises(RegistryError, match="tracking_uri") as refused:
        registry.versions()
    assert time.monotonic() - started < 10
    assert "mật-khẩu" not in refused.value.en + refused.value.vi
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "1"


@pytest.mark.parametrize(
    ("uri", "error", "reason"),
    [
        ("postgresql+psycopg2://staff:secret@localhost:1/runs", ExtraMissing, "pip install psycopg2"),
        ("mysql+nothing://staff:secret@localhost:1/runs", RegistryError, "nothing"),
        ("nothing://here", RegistryError, "nothing://here"),
        ("sqlite:////nowhere/mlflow.db", RegistryError, "unable to open"),
    ],
)
def test_an_address_that_cannot_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, error: type[KolmatchError], reason: str
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with pytest.raises(error, match=reason) as refused:
        Registry.open(tmp_path, RegistrySettings(tracking_uri=uri)).versions()
    assert "secret" not in refused.value.en + refused.value.vi


def test_a_home_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    bundle = _make(tmp_path / "one", "one")
    (tmp_path / "home").touch()
    with pytest.raises(RegistryError, match="Cannot write in the home folder"):
        Registry.open(tmp_path / "home", DEFAULTS).publish(bundle, params={}, metrics={}, datasets={})


def test_a_registry_that_another_process_holds_is_not_waited_for_without_end(home: Path) -> None:
    bundle = _make(home / "made" / "one", "one")
    with FileLock(home / "registry.lock"), pytest.raises(RegistryError, match=r"over 0\.1 s"):
        Registry.open(home, DEFAULTS, lock_wait_s=0.1).publish(bundle, params={}, metrics={}, datasets={})
    assert _publish(home, "one").version == 1


# --- Manners


def test_the_environment_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "false")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "9")
    before = dict(os.environ)
    with quiet(MLFLOW_HTTP_REQUEST_TIMEOUT="5"):
        assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
        assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "9"
        assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "5"
    assert dict(os.environ) == before


_PUBLISH = """
    import os, signal, sys
    from pathlib import Path
    from kolmatch.settings import RegistrySettings
    from training.mlflow_client import quiet
    from training.registry import Registry

    home, bundle = Path(sys.argv[1]), Path(sys.argv[2])
    if bundle.name == "killed":
        with quiet():
            from mlflow import MlflowClient
        MlflowClient.create_model_version = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    Registry.open(home, RegistrySettings()).publish(bundle, params={}, metrics={"MRR": 0.5}, datasets={"posts": "ab"})
"""


def _start(home: Path, text: str) -> subprocess.Popen[str]:
    """Publish in a process of its own, as a user without an MLflow configuration."""
    own = {"PYTHONPATH": str(ROOT), "HOME": str(home.parent), "XDG_CONFIG_HOME": str(home.parent / "config")}
    signs_of_tests = {"PYTEST_CURRENT_TEST", "CI"}  # MLflow reports to no one when it sees these
    environment = {name: value for name, value in os.environ.items() if name not in signs_of_tests} | own
    bundle = _make(home / "made" / text, text)
    command = [sys.executable, "-c", textwrap.dedent(_PUBLISH), str(home), str(bundle)]
    return subprocess.Popen(
        command, cwd=home.parent, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_two_first_trainings_at_once_end_well_and_quietly(tmp_path: Path) -> None:
    home = tmp_path / "home"
    running = [_start(home, text) for text in ("one", "two")]
    assert [process.communicate(timeout=60)[0] for process in running] == ["", ""]
    assert sorted(_aliases(home).items()) == [(1, (CHAMPION,)), (2, (CHALLENGER,))]
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_a_kill_while_publishing_costs_only_that_version(home: Path) -> None:
    first = _publish(home, "one")
    killed = _start(home, "killed")
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert _aliases(home) == {1: (CHAMPION,)}
    assert champion_pointer(home).bundle_id == first.bundle_id
    assert _publish(home, "two").version == 2


# --- Erasure: no run is passed over


def _names_somebody(file: Path) -> bool:
    return "somebody" in file.read_text(encoding="utf-8")


def test_evaluations_go_from_every_run_whatever_became_of_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.mlflow_runs._PAGE", 2)
    registry, client = Registry.open(home, DEFAULTS), _client(home)
    versions = [_publish(home, text) for text in ("one", "two", "three", "four", "five")]
    for version, text in zip(versions, ("somebody", "somebody", "somebody", "somebody", "nobody"), strict=True):
        (tmp_path / "report.json").write_text(text, encoding="utf-8")
        registry.add_evaluation(version, [tmp_path / "report.json"], {})
    registry.replace_bundle(versions[1].bundle_id, None)
    with quiet():
        client.delete_run(versions[2].run_id)
        client.delete_model_version(DEFAULTS.model_name, str(versions[3].version))
    assert registry.remove_evaluations(["report.json"], _names_somebody) == 4
    assert registry.remove_evaluations(["report.json"], _names_somebody) == 0
    kept = [bool(client.list_artifacts(version.run_id, "evaluation")) for version in versions]
    assert kept == [False, False, False, False, True]


def test_a_bundle_is_replaced_in_more_runs_than_a_page_holds(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.mlflow_runs._PAGE", 1)
    registry = Registry.open(home, DEFAULTS)
    versions = [_publish(home, "one") for _ in range(3)]
    registry.replace_bundle(versions[0].bundle_id, None)
    assert registry.versions() == []
    assert not any(_words(home, version).exists() for version in versions)


def test_a_bundle_without_a_version_is_brought_home_and_a_torn_one_goes_alone(home: Path) -> None:
    registry = Registry.open(home, DEFAULTS)
    whole, torn = _publish(home, "one"), _publish(home, "one")
    with quiet():
        _client(home).delete_model_version(DEFAULTS.model_name, str(whole.version))
    (_words(home, torn).parents[1] / "manifest.json").unlink()
    shutil.rmtree(bundle_folder(home, whole.bundle_id))
    registry.bring_home(lambda folder: (folder / "encoder" / "words.txt").exists())
    assert verify(bundle_folder(home, whole.bundle_id)).bundle_id == whole.bundle_id
    assert (_words(home, whole).exists(), _words(home, torn).exists()) == (True, False)
