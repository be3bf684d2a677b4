"""The whole job, from an imported catalogue to a bundle that answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from filelock import FileLock
from safetensors import SafetensorError

from kolmatch.errors import CatalogueDamaged, CatalogueEmpty, FileUnreadable, TooLittleData, TrainingBusy
from kolmatch.settings import EncoderSettings, Settings, TrainingSettings
from models.bundle import Contents, load_bundle, save_contents
from models.bundle_files import Manifest
from training.pipeline import train

from .small_catalogue import (
    OPTED_OUT,
    OPTED_OUT_WORDS,
    TOPICS,
    creator,
    flip_a_byte,
    import_rows,
    opted_out,
    posts,
    topic_of,
)

N_CREATORS, POSTS_EACH = 12, 20
SETTINGS = Settings(encoder=EncoderSettings(dimension=16, epochs=2, batch_size=64, min_count=2))
MONTH = "2026-11"


def quiet(stage: str, done: int, total: int) -> None:
    assert 0 <= done <= total, stage


def made(home: Path, settings: Settings = SETTINGS, warm_start: Sequence[Path] = ()) -> Path:
    return train(home, settings, month=MONTH, warm_start=warm_start, progress=quiet)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of synthetic posts, one creator opted out, one without a row of its own."""
    folder = tmp_path_factory.mktemp("home")
    rows, hidden = opted_out()
    named = [{"creator_id": creator(i), "name": f"Người {i}"} for i in range(N_CREATORS - 1)]
    import_rows(folder, "creators", [*named, *rows])
    import_rows(folder, "posts", [*posts(N_CREATORS, POSTS_EACH), *hidden])
    import_rows(
        folder, "briefs", [{"brief_id": "b1", "title": "Nộp hồ sơ qua mạng", "text": "dịch vụ công trực tuyến"}]
    )
    return folder


@pytest.fixture(scope="module")
def bundle(home: Path) -> Path:
    return made(home)


@pytest.fixture(scope="module")
def loaded(bundle: Path) -> tuple[Manifest, Contents]:
    return load_bundle(bundle)


def best(contents: Contents, text: str) -> str:
    """The creator who scores highest for a text."""
    query = contents.index.query(text, contents.encoder, 64)
    weighted = contents.weights.of(query.plain).weighted_topic(contents.index.signals(query).values)
    scores = weighted.sum(axis=1)
    return str(contents.creators["creator_id"][int(scores.argmax())])


def test_a_brief_on_a_topic_finds_a_creator_of_that_topic(loaded: tuple[Manifest, Contents]) -> None:
    topics = {creator(i): topic_of(i) for i in range(N_CREATORS)}
    for topic, words in TOPICS.items():
        assert topics[best(loaded[1], " ".join(words[:5]))] == topic
        assert topics[best(loaded[1], f"#{topic}")] == topic


def test_twenty_creators_with_ten_posts_are_enough(tmp_path: Path) -> None:
    import_rows(tmp_path, "posts", posts(20, 10))
    _, contents = load_bundle(made(tmp_path))
    assert contents.weights.queries >= 20
    topics = {creator(i): topic_of(i) for i in range(20)}
    assert all(topics[best(contents, " ".join(words[:5]))] == topic for topic, words in TOPICS.items())


def test_the_manifest_says_what_the_bundle_was_made_from(loaded: tuple[Manifest, Contents], bundle: Path) -> None:
    manifest = loaded[0]
    assert bundle.name == manifest.bundle_id
    assert (manifest.created_month, manifest.seed, manifest.synthetic) == (MONTH, SETTINGS.training.seed, True)
    assert {"creators", "posts", "briefs"} <= set(manifest.trained_on)
    assert manifest.settings["encoder"] == SETTINGS.encoder.model_dump(mode="json")


def test_the_last_weeks_taught_the_weights_and_the_figures_say_how_well(loaded: tuple[Manifest, Contents]) -> None:
    manifest, contents = loaded
    assert contents.weights.queries == manifest.metrics["held-out questions"] > 0
    assert manifest.metrics["post MRR: mix"] > 0.3
    assert manifest.metrics["post MRR: mix"] > manifest.metrics["post MRR: activity alone"]


def test_tables_and_index_have_the_same_rows(loaded: tuple[Manifest, Contents]) -> None:
    contents = loaded[1]
    assert len(contents.index.owners) == len(contents.posts) == len(contents.index.vectors)
    assert contents.index.n_creators == len(contents.creators)
    assert len(contents.briefs) == len(contents.brief_vectors) == 1
    owners = [contents.creators["creator_id"][owner] for owner in contents.index.owners.tolist()]
    assert owners == contents.posts["creator_id"].to_list()


def test_of_an_opted_out_creator_no_word_is_in_any_file(bundle: Path, loaded: tuple[Manifest, Contents]) -> None:
    hidden = loaded[1].creators.filter(pl.col("creator_id") == OPTED_OUT).row(0, named=True)
    assert (hidden["excluded"], hidden["name"]) == ("opted_out", None)
    traces = (*OPTED_OUT_WORDS.split()[-1:], "khoai", "riengqwzx", "Qwzx", "out-0")
    contents = {file.name: _readable(file) for file in bundle.rglob("*") if file.is_file()}
    assert b"creator-01" in contents["posts.parquet"]
    assert [(name, t) for name, content in contents.items() for t in traces if t.encode() in content] == []


def _readable(file: Path) -> bytes:
    """A file's bytes; a Parquet file packs its values, so its rows are read."""
    return str(pl.read_parquet(file).to_dicts()).encode() if file.suffix == ".parquet" else file.read_bytes()


def test_two_trainings_on_the_same_data_and_seed_are_one_bundle(home: Path, bundle: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in bundle.rglob("*")}
    assert made(home) == bundle
    assert {file: file.stat().st_mtime_ns for file in bundle.rglob("*")} == before
    assert not list(bundle.parent.glob("*fresh*"))


def test_another_seed_is_another_bundle(home: Path, bundle: Path) -> None:
    other = made(home, SETTINGS.model_copy(update={"training": TrainingSettings(seed=1)}))
    assert other.name != bundle.name


def test_warm_start_texts_teach_words_that_no_post_has(home: Path, bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "warm.jsonl"
    file.write_text('{"q": "lãi suất vay mua nhà", "a": "ngân hàng công bố lãi suất"}\n' * 30, encoding="utf-8")
    manifest, contents = load_bundle(made(home, warm_start=[file]))
    assert "warm_start/1/warm.jsonl" in manifest.trained_on
    assert contents.encoder.encode_brief("lãi suất").any()
    assert not load_bundle(bundle)[1].encoder.encode_brief("lãi suất").any()


def test_a_warm_start_file_that_cannot_be_read_is_named_and_nothing_is_written(home: Path, tmp_path: Path) -> None:
    before = sorted(home.rglob("*"))
    with pytest.raises(FileUnreadable, match=r"missing\.txt"):
        made(home, warm_start=[tmp_path / "missing.txt"])
    assert sorted(home.rglob("*")) == before


def test_what_a_killed_training_left_does_not_stop_the_next_one(home: Path, bundle: Path) -> None:
    leftovers = [bundle.with_name(name) for name in ("fresh", ".fresh.abc.new")]
    for left in leftovers:
        left.mkdir()
        (left / "half.parquet").write_bytes(b"half")
    assert made(home) == bundle
    assert not any(left.exists() for left in leftovers)


def test_a_full_disk_is_an_oserror_by_whatever_library_it_is_met(bundle: Path, tmp_path: Path) -> None:
    def full(_: Path) -> None:
        raise SafetensorError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        save_contents(load_bundle(bundle)[1], tmp_path, full)


def test_a_damaged_bundle_of_the_same_name_is_replaced(home: Path, bundle: Path) -> None:
    (bundle / "weights.json").write_text("{}", encoding="utf-8")
    assert made(home) == bundle
    assert load_bundle(bundle)[0].bundle_id == bundle.name


def test_a_second_training_at_once_says_so_and_leaves_the_first_alone(home: Path, bundle: Path) -> None:
    with FileLock(home / "training.lock"), pytest.raises(TrainingBusy, match="Another training"):
        made(home)
    assert made(home) == bundle


# --- little data -------------------------------------------------------------------------------------------------


def test_a_small_catalogue_keeps_the_default_weights_and_says_so(tmp_path: Path) -> None:
    import_rows(tmp_path, "posts", posts(4, 4))
    manifest, contents = load_bundle(made(tmp_path))
    assert contents.weights.queries == 0
    assert set(manifest.metrics) == {"held-out questions"}
    assert topic_of(int(best(contents, "dịch vụ công trực tuyến").removeprefix("creator-"))) == "dichvucong"


def test_two_posts_of_two_creators_are_enough_to_answer(tmp_path: Path) -> None:
    import_rows(tmp_path, "posts", posts(2, 1))
    _, contents = load_bundle(made(tmp_path))
    assert best(contents, " ".join(TOPICS["monngon"])) == creator(1)


def test_posts_all_of_one_moment_have_no_last_weeks(tmp_path: Path) -> None:
    at = "2026-11-01T08:00:00+07:00"
    import_rows(tmp_path, "posts", [post | {"published_at": at} for post in posts(4, 10)])
    assert load_bundle(made(tmp_path))[1].weights.queries == 0


def test_one_creator_is_too_little(tmp_path: Path) -> None:
    import_rows(tmp_path, "posts", posts(1, 5))
    with pytest.raises(TooLittleData):
        made(tmp_path)
    assert not (tmp_path / "bundles").exists()


def test_without_a_catalogue_there_is_nothing_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(CatalogueEmpty):
        made(tmp_path)


def test_a_damaged_catalogue_is_not_trained_on_and_nothing_is_imported_into_it(tmp_path: Path) -> None:
    import_rows(tmp_path, "posts", posts(N_CREATORS, 3))
    flip_a_byte(tmp_path, "posts")
    with pytest.raises(CatalogueDamaged, match="SHA-256"):
        made(tmp_path)
    with pytest.raises(CatalogueDamaged, match="SHA-256"):
        import_rows(tmp_path, "creators", [{"creator_id": "an", "name": "An (tổng hợp)"}])
