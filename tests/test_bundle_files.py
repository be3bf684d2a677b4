"""A bundle is whole or refused by name; the old one stays whatever happens to the new one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolmatch import __version__
from kolmatch.errors import BundleDamaged, BundleError, BundleFormat, BundleMissing
from models.bundle_files import (
    CODE_SUFFIXES,
    FORMAT_VERSION,
    MANIFEST,
    Manifest,
    bundle_folder,
    champion_pointer,
    install_bundle,
    local_bundles,
    point_champion,
    read_manifest,
    settle,
    verify,
    write_bundle,
)
from models.rewriting import NOTES, successor

ROOT = Path(__file__).parent.parent


def _fill(folder: Path) -> None:
    (folder / "encoder").mkdir()
    (folder / "encoder" / "từ.json").write_text('{"dịch vụ": 1}', encoding="utf-8")
    (folder / "posts.faiss").write_bytes(bytes(range(256)))
    (folder / "empty.txt").touch()


def _write(target: Path, fill: Callable[[Path], None] = _fill) -> Manifest:
    return write_bundle(
        target,
        fill,
        created_month="2026-11",
        synthetic=True,
        trained_on={"posts": "ab" * 32},
        settings={"encoder": {"dimension": 256}, "ages": (16, 30)},
        metrics={"MRR": 0.5},
        lock_hash="cd" * 32,
        code_sha256="ef" * 32,
        seed=7,
    )


def _filled_with(name: str, content: bytes = b"x") -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return fill


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    _write(tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that each test leaves as it was."""
    folder = tmp_path_factory.mktemp("shared") / "bundle"
    _write(folder)
    return folder


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_says_what_it_is(bundle: Path) -> None:
    manifest = verify(bundle)
    assert manifest == read_manifest(bundle)
    assert manifest.format_version == FORMAT_VERSION
    assert manifest.kolmatch_version == __version__
    assert manifest.created_month == "2026-11"
    assert manifest.synthetic
    assert manifest.trained_on == {"posts": "ab" * 32}
    assert manifest.metrics == {"MRR": 0.5}
    assert manifest.seed == 7
    assert manifest.files.keys() == {"encoder/từ.json", "posts.faiss", "empty.txt"}
    assert len(manifest.bundle_id) == 12


def test_the_id_is_of_names_and_contents_alone(tmp_path: Path) -> None:
    one, same = _write(tmp_path / "one"), _write(tmp_path / "same")
    renamed = _write(tmp_path / "renamed", _filled_with("a"))
    other = _write(tmp_path / "other", _filled_with("b"))
    assert one.bundle_id == same.bundle_id
    assert len({one.bundle_id, renamed.bundle_id, other.bundle_id}) == 3


def test_a_folder_without_a_bundle(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BundleMissing, match="kolmatch train") as refused:
            verify(folder)
        assert str(folder) in refused.value.vi


def _truncate(folder: Path) -> None:
    os.truncate(folder / "posts.faiss", 100)


def _change(folder: Path) -> None:
    (folder / "posts.faiss").write_bytes(bytes(256))


def _remove(folder: Path) -> None:
    (folder / "posts.faiss").unlink()


def _add(folder: Path) -> None:
    (folder / "encoder" / "posts.faiss").touch()


def _rename(folder: Path) -> None:
    (folder / "posts.faiss").rename(folder / "encoder" / "posts.faiss")


def _link(folder: Path) -> None:
    (folder / "posts.faiss").rename(folder.parent / "posts.faiss")
    (folder / "posts.faiss").symlink_to(folder.parent / "posts.faiss")


def _pipe(folder: Path) -> None:
    _remove(folder)
    os.mkfifo(folder / "posts.faiss")


@pytest.mark.parametrize("damage", [_truncate, _change, _remove, _add, _rename, _link, _pipe])
def test_damage_is_refused_by_the_files_name(bundle: Path, damage: Callable[[Path], None]) -> None:
    damage(bundle)
    with pytest.raises(BundleDamaged, match=r"posts\.faiss") as refused:
        verify(bundle)
    assert str(bundle) in refused.value.en
    assert "posts.faiss" in refused.value.vi


def test_a_file_that_cannot_be_read_is_named(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("models.bundle_files.sha256_of", denied)
    with pytest.raises(BundleDamaged, match=r"empty\.txt.*Permission denied"):
        verify(bundle)


def test_a_linked_folder_is_not_entered(bundle: Path) -> None:
    (bundle / "outside").symlink_to("/etc", target_is_directory=True)
    with pytest.raises(BundleDamaged, match="outside is a link"):
        verify(bundle)


def test_a_linked_manifest_is_refused(bundle: Path) -> None:
    (bundle / MANIFEST).rename(bundle.parent / MANIFEST)
    (bundle / MANIFEST).symlink_to(bundle.parent / MANIFEST)
    with pytest.raises(BundleDamaged, match=MANIFEST):
        read_manifest(bundle)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"format_version": 1}', "[" * 100_000, '{"a": NaN}'])
def test_a_manifest_of_another_hand_is_refused(bundle: Path, text: str) -> None:
    (bundle / MANIFEST).write_text(text)
    with pytest.raises(BundleDamaged, match=MANIFEST):
        read_manifest(bundle)


def test_another_format_version_says_which_one_reads_it(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.bundle_files.FORMAT_VERSION", 99)
    with pytest.raises(BundleFormat, match=rf"has format version {FORMAT_VERSION}; .* reads 99") as refused:
        verify(bundle)
    assert "kolmatch train" in refused.value.vi


@given(data=st.data(), flip=st.integers(1, 255))
def test_a_flip_of_any_byte_of_any_file_is_found(shared: Path, data: st.DataObject, flip: int) -> None:
    path = data.draw(
        st.sampled_from(sorted(path for path in shared.rglob("*") if path.is_file() and path.stat().st_size))
    )
    place = data.draw(st.integers(0, path.stat().st_size - 1))
    before = path.read_bytes()
    path.write_bytes(before[:place] + bytes([before[place] ^ flip]) + before[place + 1 :])
    try:
        with pytest.raises((BundleDamaged, BundleFormat)):
            verify(shared)
    finally:
        path.write_bytes(before)
    assert verify(shared)


@pytest.mark.parametrize("suffix", sorted(CODE_SUFFIXES | {".PY"}))
def test_code_is_refused_when_written_and_when_read(bundle: Path, suffix: str) -> None:
    with pytest.raises(BundleDamaged, match="may hold code"):
        _write(bundle.parent / "other", _filled_with(f"model{suffix}"))
    assert not (bundle.parent / "other").exists()
    (bundle / f"model{suffix}").touch()
    with pytest.raises(BundleDamaged, match="may hold code"):
        verify(bundle)


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x80\x04\x95\x00"])
def test_a_binary_file_is_refused_when_it_is_a_pickle(tmp_path: Path, start: bytes) -> None:
    with pytest.raises(BundleDamaged, match="may hold code"):
        _write(tmp_path / "pickled", _filled_with("weights.bin", start))
    assert _write(tmp_path / "plain", _filled_with("weights.bin", b"\x00\x01\x02\x03")).files.keys() == {"weights.bin"}


def test_a_bundle_is_never_changed_in_place(bundle: Path) -> None:
    before = _contents(bundle)
    with pytest.raises(BundleError, match="never changed in place"):
        _write(bundle, _filled_with("new"))
    assert _contents(bundle) == before


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        _fill(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(BundleError, match=r"No space left on device.*Free disk space") as refused:
        _write(tmp_path / "bundle", fill)
    assert "ổ đĩa" in refused.value.vi
    assert list(tmp_path.iterdir()) == []


_KILLED = """
    import os, signal
    from pathlib import Path
    from tests.test_bundle_files import _filled_with, _write

    home = Path({home!r})

    def killed(folder: Path) -> None:
        (folder / "half").write_bytes(b"x" * 1000)
        os.kill(os.getpid(), signal.SIGKILL)

    {action}
"""


def _killed(home: Path, action: str) -> None:
    code = textwrap.dedent(_KILLED).format(home=str(home), action=action)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=home, env=environment, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_a_kill_while_writing_leaves_the_old_bundle_and_no_new_one(bundle: Path) -> None:
    before = _contents(bundle)
    _killed(bundle.parent, '_write(home / "new", killed)')
    assert not (bundle.parent / "new").exists()
    assert _contents(bundle) == before
    assert _write(bundle.parent / "new", _filled_with("whole")).files.keys() == {"whole"}


# --- The live bundle of a home folder


def _install(home: Path, fill: Callable[[Path], None] = _fill) -> str:
    fresh = home / f"made-{len(list(home.iterdir()))}"
    bundle_id = _write(fresh, fill).bundle_id
    install_bundle(home, bundle_id, lambda folder: _copy(fresh, folder))
    return bundle_id


def _copy(source: Path, folder: Path) -> None:
    for name, content in _contents(source).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def _must_not_be_called(folder: Path) -> None:
    raise AssertionError(folder)


def test_installing_a_bundle_that_is_there_copies_nothing(tmp_path: Path) -> None:
    bundle_id = _install(tmp_path)
    folder = install_bundle(tmp_path, bundle_id, _must_not_be_called)
    assert folder == bundle_folder(tmp_path, bundle_id)
    assert verify(folder).bundle_id == bundle_id


def test_a_damaged_copy_is_replaced_by_a_whole_one(tmp_path: Path) -> None:
    bundle_id = _install(tmp_path)
    folder = bundle_folder(tmp_path, bundle_id)
    _truncate(folder)
    source = next(tmp_path.glob("made-*"))
    assert verify(install_bundle(tmp_path, bundle_id, lambda fresh: _copy(source, fresh))).bundle_id == bundle_id
    assert [path.name for path in folder.parent.iterdir()] == [bundle_id]


def test_a_made_bundle_settles_under_its_name_and_takes_a_damaged_ones_place(tmp_path: Path) -> None:
    bundle_id = _install(tmp_path)
    final = bundle_folder(tmp_path, bundle_id)
    _write(final.with_name("fresh"))
    _truncate(final)
    assert settle(final.with_name("fresh"), bundle_id) == final
    assert verify(final).bundle_id == bundle_id
    inode = (final / MANIFEST).stat().st_ino
    _write(final.with_name("fresh"))
    assert settle(final.with_name("fresh"), bundle_id) == final
    assert (final / MANIFEST).stat().st_ino == inode  # the one that answers already stays
    assert [path.name for path in final.parent.iterdir()] == [bundle_id]


def test_what_lies_beside_the_bundles_is_none(tmp_path: Path) -> None:
    assert local_bundles(tmp_path) == []
    bundle_id = _install(tmp_path)
    point_champion(tmp_path, bundle_id, 1)
    for left in ("fresh", f"{bundle_id}.arriving", ".fresh.0a.new"):
        (tmp_path / "bundles" / left).mkdir()
    assert local_bundles(tmp_path) == [bundle_folder(tmp_path, bundle_id)]


def test_a_bundle_under_work_is_nobodys_successor(tmp_path: Path) -> None:
    bundle_id = _install(tmp_path)
    note = [{"request_id": "rights_1", "at": "2026-11-25T00:00:00+00:00", "made_from": "0123456789ab"}]
    for folder in (bundle_folder(tmp_path, bundle_id), bundle_folder(tmp_path, "fresh")):
        folder.mkdir(exist_ok=True)
        (folder / NOTES).write_text(json.dumps(note), encoding="utf-8")
    assert successor(tmp_path, "0123456789ab") == bundle_folder(tmp_path, bundle_id)


def test_a_copy_that_is_another_bundle_is_refused(tmp_path: Path) -> None:
    _install(tmp_path)
    source = next(tmp_path.glob("made-*"))
    with pytest.raises(BundleDamaged, match="not of 0123456789ab"):
        install_bundle(tmp_path, "0123456789ab", lambda fresh: _copy(source, fresh))
    assert not bundle_folder(tmp_path, "0123456789ab").exists()


def test_a_kill_while_copying_is_tidied_by_the_next_copy(tmp_path: Path) -> None:
    bundle_id = _write(tmp_path / "source").bundle_id
    _killed(tmp_path, f"from models.bundle_files import install_bundle; install_bundle(home, {bundle_id!r}, killed)")
    assert not bundle_folder(tmp_path, bundle_id).exists()
    install_bundle(tmp_path, bundle_id, lambda fresh: _copy(tmp_path / "source", fresh))
    assert [path.name for path in (tmp_path / "bundles").iterdir()] == [bundle_id]


def test_the_champion_is_the_one_last_pointed_to(tmp_path: Path) -> None:
    first, second = _install(tmp_path), _install(tmp_path, _filled_with("other"))
    point_champion(tmp_path, first, 1)
    assert champion_pointer(tmp_path) == point_champion(tmp_path, first, 1)
    point_champion(tmp_path, second, 2)
    champion = champion_pointer(tmp_path)
    assert (champion.bundle_id, champion.version) == (second, 2)
    assert verify(champion.folder).bundle_id == second


def test_a_home_without_a_champion(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match="kolmatch train"):
        champion_pointer(tmp_path)


def test_a_bundle_that_is_not_there_cannot_be_champion(tmp_path: Path) -> None:
    bundle_id = _install(tmp_path)
    point_champion(tmp_path, bundle_id, 1)
    with pytest.raises(BundleMissing):
        point_champion(tmp_path, "0123456789ab", 2)
    assert champion_pointer(tmp_path).bundle_id == bundle_id


def test_a_champion_whose_bundle_is_gone_is_missing(tmp_path: Path) -> None:
    bundle_id = _install(tmp_path)
    point_champion(tmp_path, bundle_id, 1)
    bundle_folder(tmp_path, bundle_id).rename(tmp_path / "away")
    with pytest.raises(BundleMissing, match=bundle_id):
        champion_pointer(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "\x00",
        json.dumps({"bundle_id": "../../etc", "version": 1}),
        json.dumps({"bundle_id": "0123456789ab"}),
    ],
)
def test_a_damaged_pointer_is_refused_and_leads_nowhere(tmp_path: Path, content: str) -> None:
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "CHAMPION").write_text(content)
    with pytest.raises(BundleDamaged, match="CHAMPION"):
        champion_pointer(tmp_path)


def test_the_champion_is_found_without_mlflow() -> None:
    code = (
        "import sys, models.bundle_files; print([name for name in ('mlflow', 'torch', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"
