"""A person who asks to be erased is in no file under the home folder afterwards; everybody else answers as before."""

from __future__ import annotations

import gzip
import json
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from click.testing import Result as Ran
from fastapi.testclient import TestClient

from data import erasure
from data.catalogue import Catalogue, import_file
from data.erasure import Told, search, telling_strings
from data.tombstones import PREFIX
from kolmatch.cli import cli
from kolmatch.errors import KolmatchError, TrainingBusy
from kolmatch.settings import Settings
from models.brief import Brief
from models.bundle import Contents, load_bundle
from models.bundle_files import MANIFEST, champion_pointer, read_manifest, verify, write_bundle
from models.creator_index import CreatorIndex
from models.matcher import Matcher
from models.rewriting import rewrite, rewritings, successor
from serving.access.callers import Caller, Role
from serving.answers import LiveModel
from serving.app import create_app, service_of
from serving.home_models import HomeModels
from serving.notes.records import add_note
from serving.notes.schemas import NoteBody
from serving.rights.erasing import GONE
from serving.rights.signing import check
from serving.shortlists.showing import WITHDRAWN_EN, WITHDRAWN_VI
from serving.store import schema
from serving.store.audit import verify as verify_audit
from serving.store.database import Store, store_url
from tests import small_world
from tests.api_world import key_of
from tests.conftest import no_progress
from tests.test_reports import FORMATS
from training.erasure import Erasing, erase_from_models
from training.mlflow_client import connect
from training.pipeline import alone
from training.publishing import train_and_publish
from training.registry import Registry

PERSON: Final = "kol_bichngoc_7731"
NAME: Final = "Trần Bích Ngọc Diệp Quỳnh Xuyến"
HANDLE: Final = "bichngoc.xuyen7731"
CAPTION: Final = "Hôm nay Xuyến Ngọc hướng dẫn nộp hồ sơ trực tuyến kiểu qzuvậtkì"
WORD: Final = "qzuvậtkì"
SPOKEN: Final = "zyxnóithôi"  # in no caption
SETTINGS: Final = small_world.SMALL


def world() -> dict[str, list[dict[str, Any]]]:
    tables = small_world.tables()
    person = {"creator_id": PERSON, "name": NAME, "kind": "person", "rate_vnd_per_post": 1_500_000}
    account = {"creator_id": PERSON, "platform": "tiktok", "handle": HANDLE, "url": f"https://example.org/@{HANDLE}"}
    posts = [
        {
            "post_id": f"{PERSON}-{n}",
            "creator_id": PERSON,
            "platform": "tiktok",
            "published_at": f"2026-10-{n + 1:02}T09:00:00+07:00",
            "observed_at": "2026-11-10T09:00:00+07:00",
            "format": "video",
            "text": f"{CAPTION} {n}",
            "transcript": f"xin chào các bạn, {SPOKEN} nhé, hôm nay nộp hồ sơ trực tuyến",
            "hashtags": [HANDLE.replace(".", ""), "dichvucong"],
            "views": 5000 + n,
            "is_ad": n == 0,
        }
        for n in range(8)
    ]
    tables["creators"].append(person)
    tables["accounts"].append(account | {"followers": 9000, "verified": True})
    tables["posts"] += posts
    tables["audiences"] = [
        {"creator_id": PERSON, "platform": "tiktok", "as_of": "2026-10-01", "source": "creator", "sample_size": 400}
        | dict.fromkeys(("age_13_17", "age_18_24", "age_25_34", "age_35_44", "age_45_plus"), 0.2)
    ]
    return tables


def run(home: Path, *arguments: str) -> Ran:
    return CliRunner().invoke(cli, [*arguments, "--home", str(home)])


@dataclass(frozen=True)
class Before:
    """What there was: bundle, the person's vectors as they lie in FAISS, a kept list and what it came from."""

    bundle_id: str
    vectors: tuple[bytes, ...]
    shortlist_id: str
    answer: dict[str, Any]
    contents: Contents
    request_id: str
    found: frozenset[str]


@dataclass(frozen=True)
class Office:
    """A home folder in use, and its service, which goes on running with the model it loaded."""

    home: Path
    store: Store
    client: TestClient
    staff: dict[str, str]
    admin: dict[str, str]

    def post(self, address: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        response = self.client.post(address, json=body, headers=self.staff | headers)
        assert response.status_code == 201, response.text
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home, given = tmp_path_factory.mktemp("erasure"), tmp_path_factory.mktemp("given")
    for table, rows in world().items():
        file = given / f"{table}.jsonl"
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        report = import_file(home, table, file, now=small_world.NOW, synthetic=True)
        assert report.rejected == 0, report.rejects
    train_and_publish(home, SETTINGS, month="2026-11", progress=no_progress)
    store = Store.at(store_url(home, Settings().store), busy_timeout_s=5)
    schema.upgrade(store)
    live = LiveModel(HomeModels(home, SETTINGS.matcher))
    live.load()
    client = TestClient(create_app(service_of(live, store, Settings())), raise_server_exceptions=False)
    yield Office(home, store, client, key_of(store, "staff"), key_of(store, "admin"))
    store.close()


@pytest.fixture(scope="module")
def before(office: Office) -> Before:
    brief = {"title": small_world.TITLE, "must": ["nộp hồ sơ trực tuyến"], "top": 20}
    kept = office.post("/v1/shortlists", brief, **{"Idempotency-Key": "first"})
    of = {"brief_id": kept["brief_id"], "creator_id": PERSON}
    said = {"decision": "rejected", "reason": f"{NAME} bận", "decided_by": "Trần Văn Mẫu"}
    office.post("/v1/decisions", {**of, "shortlist_id": kept["shortlist_id"], **said})
    note = NoteBody(**of, text=f"{NAME} hẹn gọi lại", by="Trần Văn Mẫu")
    with office.store.writing("cli", small_world.NOW) as writing:
        add_note(writing, Caller("cli", Role.ADMIN, "", 1), "note_1", note)
    office.post("/v1/outcomes", {**of, "post_id": f"{PERSON}-1", "invited": True})
    office.post("/v1/checks", {**of, "kind": "unsafe_words", "evidence": [{"post_id": f"{PERSON}-2", "note": CAPTION}]})
    looked = office.client.post(f"/v1/shortlists/{kept['shortlist_id']}/checks", headers=office.staff)
    assert any(check["creator_id"] == PERSON for check in looked.json()["items"]), looked.text
    folder = champion_pointer(office.home).folder
    _, contents = load_bundle(folder)
    row = contents.creators["creator_id"].to_list().index(PERSON)
    theirs = np.flatnonzero(contents.index.owners == row)
    halves = contents.index.vectors.vectors(theirs).astype(np.float16)
    received = office.client.post(
        "/v1/rights", json={"creator_id": PERSON, "kind": "erasure"}, headers=office.admin
    ).json()
    return Before(
        bundle_id=folder.name,
        vectors=tuple(vector.tobytes() for vector in halves),
        shortlist_id=kept["shortlist_id"],
        answer=kept,
        contents=contents,
        request_id=received["request_id"],
        found=frozenset(found(office.home, needles())),
    )


@pytest.fixture(scope="module")
def erased(office: Office, before: Before) -> dict[str, Any]:
    (office.home / "elsewhere").symlink_to(office.home.parent)
    done = run(office.home, "erase", PERSON, "--request", before.request_id)
    assert done.exit_code == 0, (done.output, done.exception)
    record: dict[str, Any] = json.loads((office.home / "rights" / f"{before.request_id}.json").read_text("utf-8"))
    return record


def needles() -> tuple[str, ...]:
    """Id, name, handle, the caption and its word, in every spelling in which the program writes text."""
    said = (PERSON, NAME, HANDLE, HANDLE.replace(".", ""), CAPTION, WORD, SPOKEN)
    lower = [one.lower() for one in said]
    bare = ["".join(c for c in unicodedata.normalize("NFD", one) if not unicodedata.combining(c)) for one in lower]
    escaped = [json.dumps(one)[1:-1] for one in (*said, *lower)]
    return tuple(dict.fromkeys((*said, *lower, *bare, *escaped)))


def found(home: Path, wanted: tuple[str, ...] | tuple[bytes, ...]) -> Iterator[str]:
    """Every file in whose bytes, or unpacked content, one of the strings stands."""
    raw = [one.encode() if isinstance(one, str) else one for one in wanted]
    for path in sorted(home.rglob("*")):
        if path.is_file() and any(one in content for content in contents_of(path) for one in raw):
            yield path.relative_to(home).as_posix()


def contents_of(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content)
    if path.suffix == ".parquet":
        yield pl.read_parquet(path).write_json().encode()


def test_before_the_person_is_everywhere(before: Before) -> None:
    places = {name.split("/")[0] for name in before.found}
    assert places >= {"catalogue", "bundles", "mlflow"}
    assert any(name.startswith("store.sqlite3") for name in before.found)
    for part in ("creators.parquet", "posts.parquet", "accounts.parquet", "terms.json", "encoder/tokenizer.json"):
        assert any(name.endswith(part) for name in before.found), part


def test_afterwards_no_byte_of_any_file_names_the_person(office: Office, erased: dict[str, Any]) -> None:
    assert list(found(office.home, needles())) == []
    assert erased["left"] == []


def test_the_vectors_of_their_posts_are_in_no_file(office: Office, before: Before, erased: dict[str, Any]) -> None:
    assert before.vectors
    assert all(np.frombuffer(vector, np.float16).any() for vector in before.vectors)
    assert list(found(office.home, before.vectors)) == []


def test_the_other_creators_keep_their_order(office: Office, before: Before, erased: dict[str, Any]) -> None:
    matcher = Matcher.load(champion_pointer(office.home).folder, SETTINGS.matcher)
    found_now = matcher.shortlist(Brief(small_world.TITLE, must=("nộp hồ sơ trực tuyến",)), 20)
    order = [entry["creator_id"] for entry in before.answer["entries"] if entry["creator_id"] != PERSON]
    assert [entry.creator_id for entry in found_now.entries] == order


def test_postings_of_the_others_are_bit_for_bit_what_they_were(
    office: Office, before: Before, erased: dict[str, Any]
) -> None:
    _, now = load_bundle(champion_pointer(office.home).folder)
    row = before.contents.creators["creator_id"].to_list().index(PERSON)
    others = np.flatnonzero(before.contents.index.owners != row)
    for query in ("dịch vụ công trực tuyến", "nau canh chua", "#dichvucong"):
        then = before.contents.index.query(query, before.contents.encoder, 64)
        later = now.index.query(query, now.encoder, 64)
        was = before.contents.index.posts.scores(*then.terms.counting())
        is_ = now.index.posts.scores(*later.terms.counting())
        assert was[others].any()
        assert np.array_equal(was[others], is_[others])
        assert not is_[np.setdiff1d(np.arange(len(is_)), others)].any()
        assert np.array_equal(then.vector, later.vector)


def test_every_part_of_a_model_is_dealt_with() -> None:
    """A part that a model gains must be thought of in models/erasure.py, and then here."""
    assert {field.name for field in fields(Contents)} == {
        *("creators", "accounts", "posts", "briefs", "index", "brief_vectors", "weights", "encoder"),
        *("forecast", "audience", "attention", "preferences"),
    }
    assert {field.name for field in fields(CreatorIndex)} == {
        *("tokeniser", "vocabulary", "posts", "hashed", "wording_posts", "hashtags", "vectors"),
        *("creator_vectors", "owners", "post_fade", "activity", "learned", "restorer"),
    }


def neighbours(index: CreatorIndex) -> dict[tuple[str, str], int]:
    """How often words stand side by side."""
    words, beside = index.vocabulary.words, index.restorer.beside
    first, second = np.divmod(beside.keys, len(words))
    pairs = zip(first.tolist(), second.tolist(), beside.times.tolist(), strict=True)
    return {(words[one], words[two]): times for one, two, times in pairs}


def test_neighbouring_words_stay_where_somebody_else_wrote_them_side_by_side(
    office: Office, before: Before, erased: dict[str, Any]
) -> None:
    _, now = load_bundle(champion_pointer(office.home).folder)
    then, later = neighbours(before.contents.index), neighbours(now.index)
    assert later
    assert later.items() <= then.items()
    assert all(now.index.vocabulary.pair_row(*pair) is not None for pair in later)


def test_the_rewritten_bundle_says_so(office: Office, before: Before, erased: dict[str, Any]) -> None:
    folder = champion_pointer(office.home).folder
    assert verify(folder).bundle_id == folder.name != before.bundle_id
    assert [(one.request_id, one.made_from) for one in rewritings(folder)] == [(before.request_id, before.bundle_id)]
    assert successor(office.home, before.bundle_id) == folder
    assert not (office.home / "bundles" / before.bundle_id).exists()
    (version,) = Registry.open(office.home, SETTINGS.registry).versions()
    assert (version.bundle_id, version.aliases) == (folder.name, ("champion",))


def test_the_registry_gives_the_rewritten_bundle(office: Office, erased: dict[str, Any], tmp_path: Path) -> None:
    registry = Registry.open(office.home, SETTINGS.registry)
    (version,) = registry.versions()
    bundle = Path(connect(registry.tracking_uri, None).download_artifacts(version.run_id, "bundle", str(tmp_path)))
    assert verify(bundle).bundle_id == champion_pointer(office.home).folder.name


def test_a_kept_list_keeps_its_places_but_not_the_person(
    office: Office, before: Before, erased: dict[str, Any]
) -> None:
    now = office.client.get(f"/v1/shortlists/{before.shortlist_id}", headers=office.staff).json()
    for was, is_ in zip(before.answer["entries"], now["entries"], strict=True):
        assert (is_["rank"], is_["score"]) == (was["rank"], was["score"])
        if was["creator_id"] == PERSON:
            assert is_["creator_id"].startswith(PREFIX)
            assert (is_["name"], is_["evidence"], is_["facets"]) == (f"{WITHDRAWN_VI} {WITHDRAWN_EN}", [], None)
        else:
            assert is_ == was
    assert now["model"]["bundle_id"] == before.bundle_id


def test_replay_says_what_changed(office: Office, before: Before, erased: dict[str, Any]) -> None:
    address = f"/v1/shortlists/{before.shortlist_id}/replay"
    answer = office.client.post(address, headers=office.staff).json()
    place = next(entry["rank"] for entry in before.answer["entries"] if entry["creator_id"] == PERSON)
    assert (answer["identical"], answer["same_order"], answer["erased_places"]) == (False, True, [place])
    done = run(office.home, "replay", before.shortlist_id)
    assert done.exit_code == 0, done.output
    assert str(place) in done.output


def test_decisions_stay_without_saying_about_whom(office: Office, before: Before, erased: dict[str, Any]) -> None:
    (decision,) = office.client.get("/v1/decisions", headers=office.staff).json()["items"]
    assert (decision["decision"], decision["decided_by"], decision["reason"]) == ("rejected", "Trần Văn Mẫu", GONE)
    assert decision["creator_id"].startswith(PREFIX)
    checks = office.client.get("/v1/checks?limit=100", headers=office.staff).json()["items"]
    theirs = [check for check in checks if check["creator_id"] == decision["creator_id"]]
    assert len(theirs) >= 2
    assert all((check["evidence"], check["reason"]) == ([], GONE) for check in theirs)


@pytest.mark.parametrize("name", ["docx", "xlsx", "pdf", "html"])
def test_the_paper_about_the_kept_list_no_longer_names_them(
    office: Office, before: Before, erased: dict[str, Any], name: str
) -> None:
    address = f"/v1/shortlists/{before.shortlist_id}/report?format={name}"
    said = FORMATS[name][1](office.client.get(address, headers=office.staff).content)
    assert WITHDRAWN_VI in " ".join(said.split())
    assert not any(one in said for one in needles())


def test_the_audit_trail_still_holds(office: Office, erased: dict[str, Any]) -> None:
    with office.store.reading() as session:
        assert verify_audit(session).number > 0


def test_the_record_is_signed_and_complete(office: Office, before: Before, erased: dict[str, Any]) -> None:
    check(erased)
    assert (erased["files_searched"] > 10, erased["links_not_followed"]) == (True, ["elsewhere"])
    places = " ".join(one["place"] for one in erased["erased"])
    tables = ("shortlists", "decisions", "notes", "checks", "outcomes")
    for place in ("catalogue/", "bundles/", *(f"store/{table}" for table in tables)):
        assert place in places
    request = office.client.get(f"/v1/rights/{before.request_id}", headers=office.admin).json()
    assert request["record"] == erased
    assert request["completed_at"] is not None
    with pytest.raises(KolmatchError):
        check(erased | {"left": ["store.sqlite3"]})
    file = office.home / "rights" / f"{before.request_id}.json"
    assert run(office.home, "rights", "verify", str(file)).exit_code == 0
    other = run(office.home, "rights", "verify", str(file), "--key", "AAAA")
    assert other.exit_code == 1 or other.exception


def test_a_service_that_still_has_the_old_model_does_not_name_them(office: Office, erased: dict[str, Any]) -> None:
    body = {"title": small_world.TITLE, "top": 20}
    response = office.client.post("/v1/shortlists", json=body, headers=office.staff)
    assert response.status_code == 201
    assert PERSON not in response.text
    assert office.client.get(f"/v1/creators/{PERSON}", headers=office.staff).status_code == 404
    assert list(found(office.home, needles())) == []


def test_the_person_is_not_taken_in_again(office: Office, erased: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "creators.jsonl"
    rows = [{"creator_id": PERSON, "name": NAME}, {"creator_id": "moi_den", "name": "Người mới (tổng hợp)"}]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    report = import_file(office.home, "creators", file, now=small_world.NOW, synthetic=True, dry_run=True)
    assert (report.read, report.erased, report.rejected, report.new) == (2, 1, 0, 1)
    assert report.rejects.is_empty()


def test_erasing_again_changes_nothing(office: Office, before: Before, erased: dict[str, Any]) -> None:
    hashes = Catalogue.open(office.home).hashes()
    done = run(office.home, "erase", PERSON, "--request", before.request_id)
    assert done.exit_code == 0, done.output
    assert Catalogue.open(office.home).hashes() == hashes
    record = json.loads((office.home / "rights" / f"{before.request_id}.json").read_text(encoding="utf-8"))
    assert record["erased"] == erased["erased"]


def test_a_request_of_another_kind_or_person_erases_nobody(office: Office, before: Before) -> None:
    answer = office.client.post("/v1/rights", json={"creator_id": "bep", "kind": "access"}, headers=office.admin)
    other = run(office.home, "erase", "bep", "--request", answer.json()["request_id"])
    assert other.exit_code != 0
    assert "bep" in Catalogue.open(office.home).table("creators")["creator_id"].to_list()


def test_a_bundle_that_knows_them_and_cannot_be_read_is_removed(small_bundle: Path, tmp_path: Path) -> None:
    known, unknown = (tmp_path / "bundles" / name for name in ("0123456789ab", "ba9876543210"))
    for folder in (known, unknown):
        shutil.copytree(small_bundle, folder)
        (folder / "weights.json").unlink()
    people = pl.read_parquet(unknown / "creators.parquet").filter(pl.col("creator_id") != "dvc")
    people.write_parquet(unknown / "creators.parquet")
    erasing = Erasing("dvc", "rights_1", datetime(2026, 11, 25, tzinfo=UTC))
    done = list(erase_from_models(tmp_path, SETTINGS, erasing, no_progress))
    assert [(one.place, one.after) for one in done] == [("bundles/0123456789ab", None)]
    assert (known.exists(), unknown.exists()) == (False, True)


def test_a_rewritten_bundle_says_how_it_was_trained(small_bundle: Path, tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        shutil.copytree(small_bundle, folder, dirs_exist_ok=True)
        (folder / MANIFEST).unlink()

    told = asdict(read_manifest(small_bundle)) | {"weights_before": "2026-10-01T00:00:00+00:00"}
    of_the_files = ("format_version", "bundle_id", "kolmatch_version", "files")
    said = {name: value for name, value in told.items() if name not in of_the_files}
    write_bundle(tmp_path / "made", fill, **said)
    now = read_manifest(rewrite(tmp_path, tmp_path / "made", "dvc", request_id="rights_1", at="2026-11-25T00:00:00Z"))
    assert {name: getattr(now, name) for name in said} == said


def test_what_cut_off_runs_left_beside_the_bundles_goes(small_bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(small_bundle, tmp_path / "bundles" / "fresh")
    shutil.copytree(small_bundle, tmp_path / "bundles" / ".0123456789ab.arriving.1.new")
    list(erase_from_models(tmp_path, SETTINGS, Erasing("dvc", "r", datetime(2026, 11, 25, tzinfo=UTC)), no_progress))
    assert list((tmp_path / "bundles").iterdir()) == []


def test_a_training_that_runs_would_bring_them_back_so_it_is_waited_for(tmp_path: Path) -> None:
    erasing = Erasing("dvc", "r", datetime(2026, 11, 25, tzinfo=UTC))
    with alone(tmp_path), pytest.raises(TrainingBusy):
        list(erase_from_models(tmp_path, SETTINGS, erasing, no_progress))


def test_files_that_still_hold_them_are_named(tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text(f"creator_id\n{PERSON}\n", encoding="utf-8")
    pl.DataFrame({"text": [[CAPTION], None]}).write_parquet(tmp_path / "left.parquet", compression="zstd")
    (tmp_path / "empty").touch()
    (tmp_path / "named.txt").write_text(NAME, encoding="utf-8")
    found = search(tmp_path, Told((PERSON, CAPTION), (NAME,)))
    assert (found.own, found.names, found.files) == (("left.csv", "left.parquet"), ("named.txt",), 4)
    assert search(tmp_path, Told((), ())).own == ()


def test_a_short_id_is_looked_for_as_a_word_in_texts_and_tables(tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text('p1,kolA,"chữ"\n', encoding="utf-8")
    (tmp_path / "inside.csv").write_text("p1,kolAnh,xkolA\n", encoding="utf-8")
    (tmp_path / "chance.bin").write_bytes(b"\0 kolA \0")
    pl.DataFrame({"creator_id": ["kolA", None]}).write_parquet(tmp_path / "left.parquet")
    pl.DataFrame({"creator_id": ["kolAnh", "akolA"]}).write_parquet(tmp_path / "inside.parquet")
    told = telling_strings(tmp_path, "kolA")
    assert (told.own, told.short) == ((), ("kolA",))
    assert search(tmp_path, told).own == ("left.csv", "left.parquet")


def test_links_are_told_and_not_followed_out_of_the_home_folder(tmp_path: Path) -> None:
    home, outside = tmp_path / "home", tmp_path / "outside"
    for folder in (home, outside):
        folder.mkdir()
        (folder / "file.csv").write_text(PERSON if folder is outside else "", encoding="utf-8")
    (home / "folder").symlink_to(outside, target_is_directory=True)
    (home / "link.csv").symlink_to(outside / "file.csv")
    found = search(home, Told((PERSON,), ()))
    assert (found.files, found.links, found.own) == (1, ("folder", "link.csv"), ())


def test_each_file_is_read_once_unless_it_tells_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("nothing of theirs", encoding="utf-8")
    read: list[str] = []
    real = erasure._holds

    def counted(path: Path, strings: Sequence[str]) -> bool:
        read.append(path.name)
        return real(path, strings)

    monkeypatch.setattr(erasure, "_holds", counted)
    search(tmp_path, Told((PERSON,), (NAME,)))
    assert read == ["a.txt", "b.txt"]
