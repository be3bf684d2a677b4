"""Never down for a new model: it is loaded beside the old one and answers at once, or is refused by name."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kolmatch.errors import BundleDamaged, BundleError
from kolmatch.settings import MatcherSettings, ServingSettings, Settings
from models.bundle_files import (
    FORMAT_VERSION,
    MANIFEST,
    _rendered,
    champion_pointer,
    point_champion,
    read_manifest,
)
from serving.answers import LiveModel
from serving.home_models import HomeModels
from serving.logs import JsonFormatter
from serving.store.tables import AuditRow
from serving.watching import Watch
from tests.api_world import (
    MANIFEST as TINY,
)
from tests.api_world import (
    SMALL,
    MadeModel,
    TinyAnswers,
    assert_refused,
    client_of,
    key_of,
    live_model,
    own_store,
)

TITLE = "Tuyên truyền dịch vụ công trực tuyến"
SWAPS = 100


def named(bundle_id: str) -> MadeModel:
    return MadeModel(partial(TinyAnswers, replace(TINY, bundle_id=bundle_id)))


@pytest.fixture
def home(small_home: Path, second_bundle: Path, tmp_path: Path) -> Path:
    """A home with two bundles: the champion, and another."""
    shutil.copytree(small_home / "bundles", tmp_path / "bundles")
    shutil.copytree(second_bundle, tmp_path / "bundles" / read_manifest(second_bundle).bundle_id)
    return tmp_path


@pytest.fixture
def live(home: Path) -> LiveModel:
    made = LiveModel(HomeModels(home, MatcherSettings()))
    made.load()
    return made


def test_zero_requests_fail_while_the_model_is_changed_a_hundred_times() -> None:
    live = live_model(TinyAnswers)
    store = own_store()
    key = key_of(store, "viewer")
    statuses: list[int] = []
    models: set[str] = set()
    done = threading.Event()

    def ask(client: TestClient) -> None:
        while not done.is_set():
            answer = client.post("/v1/shortlists", json={"title": TITLE}, headers=key)
            statuses.append(answer.status_code)
            models.add(answer.json()["model"]["bundle_id"])

    with client_of(live, Settings(serving=ServingSettings()), store) as client:
        askers = [threading.Thread(target=ask, args=(client,)) for _ in range(4)]
        for asker in askers:
            asker.start()
        for number in range(SWAPS):
            live.source = named(f"{number:012x}")
            live.load()
            answered = len(statuses)
            while len(statuses) < answered + 2:
                pass
        done.set()
        for asker in askers:
            asker.join()
    assert set(statuses) == {200}
    assert live.swaps == SWAPS + 1
    assert len(models) > SWAPS / 2
    store.close()


def test_a_promoted_model_answers_without_anyone_asking(live: LiveModel, home: Path) -> None:
    other = _other(home)
    point_champion(home, other, 2)
    Watch(live, 1.0).look()
    assert (live.loaded().answers.manifest.bundle_id, live.loaded().version) == (other, 2)


def test_the_watch_looks_by_itself_and_ends_when_told(live: LiveModel, home: Path) -> None:
    other = _other(home)
    with Watch(live, 0.01).running():
        point_champion(home, other, 2)
        for _ in range(1000):
            if live.loaded().version == 2:
                break
            threading.Event().wait(0.01)
    assert live.loaded().answers.manifest.bundle_id == other
    assert "watch" not in [thread.name for thread in threading.enumerate()]


def test_the_same_model_is_not_loaded_again(live: LiveModel, home: Path) -> None:
    answers = live.loaded().answers
    point_champion(home, answers.manifest.bundle_id, 7)
    assert live.load().answers is answers
    assert (live.loaded().version, live.swaps) == (7, 1)


def damage(folder: Path) -> None:
    (folder / "weights.json").write_text("{}")


def older(folder: Path) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_bytes(_rendered({**manifest, "format_version": FORMAT_VERSION - 1}))


def unreadable(folder: Path) -> None:
    (folder / MANIFEST).write_bytes(b"\xff")


@pytest.mark.parametrize(
    ("harm", "code"), [(damage, "bundle_damaged"), (older, "bundle_format"), (unreadable, "bundle_damaged")]
)
def test_a_model_that_cannot_be_used_is_refused_by_name_and_the_old_one_keeps_answering(
    live: LiveModel, home: Path, harm: object, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="kolmatch")
    before, other = live.loaded(), _other(home)
    point_champion(home, other, 2)
    assert callable(harm)
    harm(home / "bundles" / other)
    watch = Watch(live, 1.0)
    watch.look()
    watch.look()
    assert live.loaded() == before
    assert live.refused
    assert live.refused.code == code
    told = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert len(told) == 1
    assert other in told[0]


def test_a_refused_model_that_was_mended_is_taken_up(live: LiveModel, home: Path) -> None:
    other = _other(home)
    whole = (home / "bundles" / other / "weights.json").read_bytes()
    point_champion(home, other, 2)
    damage(home / "bundles" / other)
    with pytest.raises(BundleError):
        live.load()
    (home / "bundles" / other / "weights.json").write_bytes(whole)
    assert live.load().answers.manifest.bundle_id == other
    assert live.refused is None


def _other(home: Path) -> str:
    champion = champion_pointer(home).bundle_id
    (other,) = (f.name for f in (home / "bundles").iterdir() if f.is_dir() and f.name != champion)
    return other


# Over HTTP


@pytest.fixture
def asked(live: LiveModel) -> Iterator[tuple[TestClient, dict[str, str]]]:
    store = own_store()
    yield client_of(live, SMALL, store), key_of(store, "admin")
    store.close()


def test_an_admin_changes_to_the_newest_model_and_sees_which_are_kept(
    asked: tuple[TestClient, dict[str, str]], home: Path
) -> None:
    client, key = asked
    old, other = champion_pointer(home).bundle_id, _other(home)
    assert client.post("/v1/models/reload", headers=key).json()["outcome"] == "same"
    point_champion(home, other, 2)
    kept = {m["bundle_id"]: (m["live"], m["champion"]) for m in client.get("/v1/models", headers=key).json()["items"]}
    assert kept == {old: (True, False), other: (False, True)}
    found = client.post("/v1/models/reload", headers=key).json()
    assert (found["outcome"], found["bundle_id"], found["version"]) == ("changed", other, 2)
    assert client.get("/v1/models/current", headers=key).json()["bundle_id"] == other


def test_a_refused_reload_says_why_and_is_in_the_trail(
    asked: tuple[TestClient, dict[str, str]], live: LiveModel, home: Path
) -> None:
    client, key = asked
    old, other = champion_pointer(home).bundle_id, _other(home)
    point_champion(home, other, 2)
    unreadable(home / "bundles" / other)
    found = client.post("/v1/models/reload", headers=key).json()
    assert (found["outcome"], found["bundle_id"], found["problem"]) == ("refused", old, "bundle_damaged")
    assert "manifest.json" in found["detail_en"]
    kept = {m["bundle_id"]: m["problem"] for m in client.get("/v1/models", headers=key).json()["items"]}
    assert kept == {old: None, other: "bundle_damaged"}
    assert client.get("/readyz").status_code == 200


def test_reloads_are_told_to_the_trail() -> None:
    store = own_store()
    client, key = client_of(TinyAnswers, SMALL, store), key_of(store, "admin")
    client.post("/v1/models/reload", headers=key)
    with store.reading() as session:
        actions = session.execute(select(AuditRow.action).order_by(AuditRow.number)).scalars().all()
    assert actions == ["key.create", "model.reload.same"]
    store.close()


def test_who_would_wait_too_long_is_told_at_once() -> None:
    release, asked = threading.Event(), threading.Event()

    class Slow(TinyAnswers):
        def shortlist(self, *arguments: object, **named: object) -> object:  # type: ignore[override]
            asked.set()
            assert release.wait(20)
            return super().shortlist(*arguments, **named)  # type: ignore[arg-type]

    statuses: list[int] = []
    with client_of(Slow, Settings(serving=ServingSettings(max_waiting=1))) as client:  # type: ignore[arg-type]

        def ask() -> None:
            response = client.post("/v1/shortlists", json={"title": TITLE})
            statuses.append(response.status_code)
            if response.status_code == 503:
                assert_refused(response, 503, "overloaded")
                assert int(response.headers["retry-after"]) > 0

        askers = [threading.Thread(target=ask) for _ in range(40)]
        for asker in askers:
            asker.start()
        assert asked.wait(20)
        for _ in range(2000):
            if len(statuses) >= 20:
                break
            threading.Event().wait(0.005)
        refused_early = list(statuses)
        assert client.get("/livez").status_code == 200
        release.set()
        for asker in askers:
            asker.join()
    assert len(refused_early) >= 20
    assert set(refused_early) == {503}
    assert statuses.count(200) == 40 - statuses.count(503) > 0


# Seen from outside


def test_the_figures_tell_requests_refusals_times_and_the_model_and_nothing_that_was_asked() -> None:
    store = own_store()
    client, key = client_of(TinyAnswers, SMALL, store), key_of(store, "viewer")
    client.post("/v1/shortlists", json={"title": TITLE}, headers=key)
    client.get("/v1/creators/nguyen-van-a", headers=key)
    assert_refused(client.get("/metrics"), 401, "not_signed_in")
    text = client.get("/metrics", headers=key).text
    for line in (
        'kolmatch_requests_total{method="POST",route="/v1/shortlists",status="200"} 1.0',
        'kolmatch_requests_total{method="GET",route="/v1/creators/{creator_id}",status="404"} 1.0',
        'kolmatch_refusals_total{code="unknown_creator"} 1.0',
        'kolmatch_request_seconds_count{route="/v1/shortlists"} 1.0',
        'kolmatch_model_info{bundle_id="0123456789ab",month="2026-11",version="1"} 1.0',
        "kolmatch_model_swaps_total 1.0",
        "kolmatch_model_refused 0.0",
        "kolmatch_ranking_waiting 0.0",
    ):
        assert line in text
    assert "nguyen-van-a" not in text
    store.close()


def test_a_refused_model_shows_in_the_figures() -> None:
    store = own_store()
    live = live_model(TinyAnswers)

    class Damaged(MadeModel):
        def newest(self) -> object:  # type: ignore[override]
            raise BundleDamaged("damaged", "hỏng")

    live.source = Damaged(TinyAnswers)  # type: ignore[assignment]
    Watch(live, 1.0).look()
    client = client_of(live, SMALL, store)
    assert "kolmatch_model_refused 1.0" in client.get("/metrics", headers=key_of(store, "viewer")).text
    store.close()


def test_the_json_log_is_one_object_a_line_with_the_fields_of_the_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="kolmatch")
    client_of(TinyAnswers).get("/v1/creators/nguyen-van-a", headers={"X-Request-ID": "mine"})
    (record,) = (r for r in caplog.records if r.name == "kolmatch.access")
    content = json.loads(JsonFormatter().format(record))
    assert (content["method"], content["route"], content["status"]) == ("GET", "/v1/creators/{creator_id}", 404)
    assert (content["request_id"], content["level"], content["logger"]) == ("mine", "INFO", "kolmatch.access")
    assert content["milliseconds"] >= 0
    assert "nguyen-van-a" not in json.dumps(content)


def test_months_that_are_done_are_told_the_newest_first(tmp_path: Path) -> None:
    def month(name: str, journal: str, page: str | None) -> None:
        folder = tmp_path / "retrain" / name
        folder.mkdir(parents=True)
        (folder / "journal.json").write_text(journal, encoding="utf-8")
        if page is not None:
            (folder / "difference.html").write_text(page, encoding="utf-8")

    done = '{"outcome": {"vi": "Giữ nguyên", "en": "Kept"}}'
    source = HomeModels(tmp_path, MatcherSettings())
    assert source.reports() == []
    month("2026-08", done, "<p>x</p>")
    month("2026-09", done, None)
    month("2026-10", "{", "<p>x</p>")
    month("2026-11", '{"outcome": null}', "<p>x</p>")
    month("2026-12", done, "<p>y</p>")
    found = source.reports()
    assert [(one.month, one.vi, one.en) for one in found] == [
        ("2026-12", "Giữ nguyên", "Kept"),
        ("2026-08", "Giữ nguyên", "Kept"),
    ]
    assert found[0].page.read_text(encoding="utf-8") == "<p>y</p>"
