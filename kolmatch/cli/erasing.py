"""A person taken out of everything under a home folder: it spans all packages, so it stands above them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from data.erasure import Erased, Searched, Told
    from kolmatch.settings import Settings
    from serving.store.database import Store

Report = Callable[[str, int, int], None]
_ACTOR: Final = "cli"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Whose, under which request, from which home folder and store, when."""

    home: Path
    settings: Settings
    store: Store
    creator_id: str
    request_id: str
    at: datetime


def erase_everywhere(erasure: Erasure, accept_left: str | None, report: Report) -> dict[str, Any]:
    """Erase, search every file again, sign what was done, and complete the request when nothing is left.

    Each step may be repeated: cut off anywhere, the same command ends what it began. What is searched for is kept under
    HOME/rights from before the first row goes until the request is complete, for a later run can no longer read it.

    Raises:
        UnknownRecord, Conflict: there is no such request, or it is not this person's erasure.
        CatalogueBusy, TrainingBusy: something runs that would bring the person back; run it again then.
        RegistryError, StoreError: MLflow or the database cannot be reached.
    """
    from data.erasure import erase_from_catalogue, search
    from data.tombstones import Tombstones
    from serving.rights.erasing import scrub
    from training.erasure import Erasing, erase_from_models

    home = erasure.home
    known = Tombstones.read(home)
    mark = known.mark_of(erasure.creator_id)
    _check_request(erasure, mark)
    told = _sought(erasure)
    known.with_mark(mark).write(home)
    _note(erasure, _from_store(erasure, mark))
    _note(erasure, erase_from_catalogue(home, erasure.creator_id))
    of_models = Erasing(erasure.creator_id, erasure.request_id, erasure.at, told.words)
    for one in erase_from_models(home, erasure.settings, of_models, report):
        _note(erasure, [one])
    scrub(erasure.store)
    report("search", 0, 1)
    searched = search(home, told, but=_sought_file(erasure))
    mentions = [*_mentions(erasure, told.names), *searched.names]
    report("search", 1, 1)
    record = _signed(erasure, mark, told, searched, mentions, accept_left)
    _keep(erasure, record, done=not searched.own or accept_left is not None)
    return record


def _sought(erasure: Erasure) -> Told:
    """What the person is recognised by: as the catalogue still says, and as it said to an earlier run."""
    from dataclasses import asdict, replace

    from data.erasure import Told, telling_strings
    from kolmatch.files import replacing

    file, told = _sought_file(erasure), telling_strings(erasure.home, erasure.creator_id)
    told = replace(told, words=_words(erasure))
    if file.exists():
        earlier = json.loads(file.read_text(encoding="utf-8"))
        told = told.with_those(Told(**{name: tuple(strings) for name, strings in earlier.items()}))
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as fresh:
        fresh.write_text(json.dumps(asdict(told), ensure_ascii=False), encoding="utf-8")
    return told


def _words(erasure: Erasure) -> tuple[str, ...]:
    """Canonical words, and the same without diacritics, of what the person wrote and said and nobody else did."""
    from data.erasure import texts_of
    from features.text import Tokeniser, strip_diacritics

    own, others = (set(Tokeniser().batch(texts).vocabulary) for texts in texts_of(erasure.home, erasure.creator_id))
    known = others | set(map(strip_diacritics, others))
    return tuple(sorted((own | set(map(strip_diacritics, own))) - known))


def _check_request(erasure: Erasure, mark: str) -> None:
    from kolmatch.errors import Conflict
    from serving.rights.records import find_request

    with erasure.store.reading() as session:
        row = find_request(session, erasure.request_id)
        if row.kind != "erasure" or row.creator_id not in (erasure.creator_id, mark):
            raise Conflict(
                f"The request {erasure.request_id} does not ask for the erasure of this creator. Check both ids.",
                f"Yêu cầu {erasure.request_id} không phải yêu cầu xóa của người này. Hãy kiểm tra cả hai mã.",
            )


def _from_store(erasure: Erasure, mark: str) -> list[Erased]:
    from serving.rights.erasing import Person, erase_from_store

    with erasure.store.writing(_ACTOR, erasure.at) as writing:
        return erase_from_store(writing, Person(erasure.creator_id, mark, erasure.request_id))


def _mentions(erasure: Erasure, names: tuple[str, ...]) -> list[str]:
    from serving.rights.erasing import mentioning

    with erasure.store.reading() as session:
        return mentioning(session, names)


def _signed(
    erasure: Erasure,
    mark: str,
    told: Told,
    searched: Searched,
    mentions: list[str],
    accept_left: str | None,
) -> dict[str, Any]:
    from kolmatch import __version__
    from serving.rights.signing import signed

    return signed(
        erasure.home,
        {
            "request_id": erasure.request_id,
            "mark": mark,
            "at": erasure.at.isoformat(timespec="seconds"),
            "kolmatch": __version__,
            "erased": [*_earlier(erasure, "erased"), *_noted(erasure)],
            "files_searched": searched.files,
            "links_not_followed": list(searched.links),
            "not_searched": ["binary files, for an id this short"] if told.short else [],
            "left": list(searched.own),
            "accept_left": accept_left,
            # Names are not known any more once all is done: what was to be looked at then still is.
            "mentions": list(dict.fromkeys([*_earlier(erasure, "mentions"), *mentions])),
        },
    )


def _sought_file(erasure: Erasure) -> Path:
    return erasure.home / "rights" / f"{erasure.request_id}.sought.json"


def _record_file(erasure: Erasure) -> Path:
    return erasure.home / "rights" / f"{erasure.request_id}.json"


def _noted_file(erasure: Erasure) -> Path:
    return erasure.home / "rights" / f"{erasure.request_id}.done.json"


def _note(erasure: Erasure, erased: Sequence[Erased]) -> None:
    """Note down what was done as soon as it is: a run that is cut off signs nothing, and the next finds it done."""
    from dataclasses import asdict

    from kolmatch.files import replacing

    noted = [*_noted(erasure), *(asdict(one) for one in erased)]
    with replacing(_noted_file(erasure)) as fresh:
        fresh.write_text(json.dumps(noted, ensure_ascii=False), encoding="utf-8")


def _noted(erasure: Erasure) -> list[dict[str, Any]]:
    file = _noted_file(erasure)
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return found


def _earlier(erasure: Erasure, name: str) -> list[Any]:
    """What an earlier record for the same request says; it is only taken on when its signature holds."""
    from serving.rights.signing import check

    file = _record_file(erasure)
    if not file.exists():
        return []
    earlier: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    check(earlier)
    found: list[Any] = earlier[name]
    return found


def _keep(erasure: Erasure, record: dict[str, Any], *, done: bool) -> None:
    from kolmatch.files import replacing
    from serving.rights.records import completed, find_request

    with replacing(_record_file(erasure)) as fresh:
        fresh.write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    with erasure.store.writing(_ACTOR, erasure.at) as writing:
        row = find_request(writing.session, erasure.request_id)
        row.record = record
        writing.note("rights.record", erasure.request_id, record["signature"])
        if done:
            completed(writing, row)
    _noted_file(erasure).unlink(missing_ok=True)  # it is in the record now
    if done:
        _sought_file(erasure).unlink(missing_ok=True)
