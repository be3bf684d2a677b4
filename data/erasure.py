"""A person taken out of the catalogue: every row of theirs, in every generation, and what tells whether it worked."""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from data import generations
from data.catalogue import stored_rows, table_writer
from data.contract import OBSERVATIONS, STORED
from data.generations import Generation

_LEAST_BYTES: Final = 6  # a shorter name or id stands in any file by chance
_CAPTIONS: Final = 5  # the longest ones that nobody else wrote
_CAPTIONS_TRIED: Final = 100
_CAPTION_LETTERS: Final = 40
_SHORTEST_CAPTION: Final = 25
CREATOR: Final = "creator_id"


@dataclass(frozen=True, slots=True)
class Erased:
    """One thing that was rewritten: where, what it was and is (SHA-256; None: there was none, it is gone), how much."""

    place: str
    before: str | None
    after: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class Told:
    """Strings by which a person would be recognised in a file.

    Attributes:
        own: the id and captions, which must be nowhere.
        names: names, handles and addresses, which others may have written too.
        short: an id so short that any file holds its letters; it is looked for as a word, in texts and tables.
        words: what nobody else in the catalogue wrote or said; models forget it, no file is searched for it.
    """

    own: tuple[str, ...]
    names: tuple[str, ...]
    short: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def with_those(self, earlier: Told) -> Told:
        """These and others, each once."""
        return Told(
            tuple(dict.fromkeys(self.own + earlier.own)),
            tuple(dict.fromkeys(self.names + earlier.names)),
            tuple(dict.fromkeys(self.short + earlier.short)),
            tuple(dict.fromkeys(self.words + earlier.words)),
        )


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search of a home folder came to; paths are relative to it.

    Attributes:
        files: how many were searched.
        links: symbolic links, which may lead out of the folder and were not followed.
        own: files in which an id or a caption still stands.
        names: others in which a name, handle or address stands.
    """

    files: int
    links: tuple[str, ...]
    own: tuple[str, ...]
    names: tuple[str, ...]


def telling_strings(home: Path, creator_id: str) -> Told:
    """What to search for, read before anything is erased; a string that is too short to tell is left out."""
    generation = generations.current_or_none(home)
    short = () if _telling([creator_id]) else (creator_id,)
    if generation is None:
        return Told(_telling([creator_id]), (), short)
    own = {name: _rows_of(generation, name, creator_id) for name in ("creators", "accounts", "posts")}
    texts = own["posts"]["text"].drop_nulls().to_list()
    captions = sorted({text[:_CAPTION_LETTERS] for text in texts if len(text) >= _SHORTEST_CAPTION})
    longest = sorted(captions, key=lambda text: (-len(text), text))[:_CAPTIONS_TRIED]
    shared = _written_by_others(generation, creator_id, longest)
    longest = [text for text in longest if text not in shared][:_CAPTIONS]
    names = own["creators"]["name"].drop_nulls().to_list()
    accounts = [*own["accounts"]["handle"].drop_nulls(), *own["accounts"]["url"].drop_nulls()]
    return Told(_telling([creator_id, *longest]), _telling([*names, *accounts]), short)


def texts_of(home: Path, creator_id: str) -> tuple[pl.Series, pl.Series]:
    """All that the catalogue has a creator write and say, and all that it has everybody else."""
    generation = generations.current_or_none(home)
    if generation is None:
        return pl.Series(dtype=pl.String), pl.Series(dtype=pl.String)
    said = [pl.col("text"), pl.col("transcript"), pl.concat_str(pl.lit("#"), pl.col("hashtags").list.join(" #"))]
    rows = stored_rows(generation, STORED["posts"]).select(CREATOR, pl.concat_list(said).alias("said"))
    texts = rows.explode("said").drop_nulls("said")
    own = pl.col(CREATOR) == creator_id
    return texts.filter(own).collect()["said"], texts.filter(~own).collect()["said"]


def _written_by_others(generation: Generation, creator_id: str, texts: Sequence[str]) -> set[str]:
    """Those of the texts that stand in posts of others, too: a copied or usual caption tells nobody's."""
    if not texts:
        return set()
    others = stored_rows(generation, STORED["posts"]).filter(pl.col(CREATOR) != creator_id).select("text").collect()
    found = others["text"].drop_nulls().str.extract_many(list(texts), overlapping=True)
    return set(found.explode(empty_as_null=True).drop_nulls().to_list())


def _telling(strings: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in strings if len(one.encode()) >= _LEAST_BYTES))


def _rows_of(generation: Generation, table: str, creator_id: str) -> pl.DataFrame:
    return stored_rows(generation, STORED[table]).filter(pl.col(CREATOR) == creator_id).collect()


def erase_from_catalogue(home: Path, creator_id: str) -> list[Erased]:
    """Take every row of a creator out of the catalogue; earlier generations go, as they hold the rows too.

    Raises:
        CatalogueBusy: an import is running.
        CatalogueDamaged: a file is not what was written.
    """
    with generations.writing(home):
        old = generations.current_or_none(home)
        if old is None:
            return []
        theirs = _theirs(old, creator_id)
        rows = {name: stored_rows(old, STORED[name]).filter(own).select(pl.len()) for name, own in theirs.items()}
        counts = {name: int(rows[name].collect().item()) for name in rows}
        changed = {name: _without(old, name, theirs[name]) for name, count in counts.items() if count}
        new = generations.publish(home, changed) if changed else old
        generations.forget_earlier(home)
    return [
        Erased(f"catalogue/{new.folder.name}/{name}.parquet", old.tables[name].sha256, new.tables[name].sha256, count)
        for name, count in counts.items()
        if count
    ]


def _theirs(generation: Generation, creator_id: str) -> dict[str, pl.Expr]:
    """By table, which rows are a creator's; counts of posts name the post alone."""
    posts = _rows_of(generation, "posts", creator_id)["post_id"]
    named = {name: pl.col(CREATOR) == creator_id for name in generation.tables if CREATOR in STORED[name].names}
    counted = {OBSERVATIONS.name: pl.col("post_id").is_in(posts.implode())}
    return named | {name: own for name, own in counted.items() if name in generation.tables}


def _without(generation: Generation, table: str, own: pl.Expr) -> Callable[[Path], tuple[int, int]]:
    return table_writer(stored_rows(generation, STORED[table]).filter(~own))


def search(home: Path, told: Told, but: Path | None = None) -> Searched:
    """Look for a person in every file under a home folder, in plain bytes and in the cells of Parquet tables.

    Left out is `but`, which says what to look for, and what others remove meanwhile.
    """
    paths = sorted(path for path in home.rglob("*") if path != but)
    files = [path for path in paths if path.is_file() and not path.is_symlink()]
    short = _as_words(told.short)
    holding = [path for path in files if _holds(path, (*told.own, *told.names)) or _reads(path, short)]
    own = [path for path in holding if _holds(path, told.own) or _reads(path, short)]
    return Searched(
        files=len(files),
        links=_names(home, [path for path in paths if path.is_symlink()]),
        own=_names(home, own),
        names=_names(home, [path for path in holding if path not in own]),
    )


def _names(home: Path, paths: Sequence[Path]) -> tuple[str, ...]:
    return tuple(path.relative_to(home).as_posix() for path in paths)


def _holds(path: Path, strings: Sequence[str]) -> bool:
    with suppress(FileNotFoundError):  # a database's journal, say, that is gone by now
        return bool(strings) and (_in_bytes(path, strings) or _in_cells(path, strings))
    return False


def _as_words(short: Sequence[str]) -> str:
    """A pattern that finds short strings where neither a letter nor a digit goes on with them; none for none."""
    return "|".join(rf"(?:^|[^\w]){re.escape(one)}(?:[^\w]|$)" for one in short)


def _reads(path: Path, pattern: str) -> bool:
    """Whether a text or a table says it; other files hold any few letters by chance."""
    if not pattern:
        return False
    with suppress(FileNotFoundError):
        if path.suffix == ".parquet":
            return any(bool(cells.str.contains(pattern).any()) for cells in _text_columns(path))
        content = path.read_bytes()
        return b"\0" not in content and re.search(pattern, content.decode("utf-8", "replace"), re.MULTILINE) is not None
    return False


def _in_bytes(path: Path, strings: Sequence[str]) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(one.encode()) >= 0 for one in strings)


def _in_cells(path: Path, strings: Sequence[str]) -> bool:
    return path.suffix == ".parquet" and any(_among(cells, strings) for cells in _text_columns(path))


def _text_columns(path: Path) -> Iterator[pl.Series]:
    for name, kind in pl.read_parquet_schema(path).items():
        if kind == pl.String or kind == pl.List(pl.String):
            cells = pl.read_parquet(path, columns=[name])[name]
            yield cells.explode(empty_as_null=True) if isinstance(kind, pl.List) else cells


def _among(cells: pl.Series, strings: Sequence[str]) -> bool:
    return bool(cells.str.contains_any(list(strings)).any())
