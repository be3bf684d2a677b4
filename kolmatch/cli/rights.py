"""Commands for what creators ask for: their data, corrections, to be left out, to be erased."""

from __future__ import annotations

import contextlib
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from kolmatch.cli.options import config_option, home_option, load_settings
from kolmatch.cli.progress import progress_bars
from kolmatch.errors import CatalogueEmpty, UsageError

if TYPE_CHECKING:
    from kolmatch.settings import Settings
    from serving.store.database import Store

_ACTOR: Final = "cli"
_KINDS: Final = ("access", "correction", "opt_out", "erasure")
_NAMES: Final = {
    "access": "xem / access",
    "correction": "sửa / correction",
    "opt_out": "rút khỏi danh sách / opt-out",
    "erasure": "xóa / erasure",
}


def _moment(_: click.Context, __: click.Parameter, value: str | None) -> datetime:
    """A day or moment, in Vietnam where no zone is given; now when none is given."""
    from serving.rights.clocks import VIETNAM

    now = datetime.now(UTC)
    try:
        given = datetime.fromisoformat(value) if value else now
    except ValueError as error:
        raise click.BadParameter(f"{value!r}: give 2026-11-25 / hãy ghi 2026-11-25") from error
    moment = given if given.tzinfo else given.replace(tzinfo=VIETNAM)
    if moment > now:
        raise click.BadParameter(f"{value!r} is in the future / nằm ở tương lai")
    return moment


@click.group()
def rights() -> None:
    """Look after creators' requests and their legal clocks.

    Example: kolmatch rights due
    """


@rights.command()
@click.argument("creator_id")
@home_option
@config_option
@click.option("--kind", required=True, type=click.Choice(_KINDS), help="What is asked for.")
@click.option("--received", "at", callback=_moment, default=None, help="When it came: 2026-11-25. Default: now.")
def receive(creator_id: str, home: Path, config: Path | None, kind: str, at: datetime) -> None:
    """Keep a request of CREATOR_ID; an opt-out or erasure takes them out of every answer at once.

    Example: kolmatch rights receive syn_c0001 --kind erasure --received 2026-11-25
    """
    from pydantic import ValidationError

    from kolmatch.cli.service import open_store
    from serving.rights.records import Received, add_request
    from serving.rights.schemas import RightsBody

    settings = load_settings(config)
    try:
        body = RightsBody.model_validate(_body(creator_id, kind))
    except ValidationError as error:
        raise UsageError(
            f"{creator_id!r} is no creator's id: it has 1 to 200 characters. Copy it from the list or the catalogue.",
            f"{creator_id!r} không phải mã nhà sáng tạo: mã có 1 đến 200 ký tự. Hãy chép mã từ danh sách hoặc dữ liệu.",
        ) from error
    received = Received(f"rights_{secrets.token_hex(10)}", body, at)
    with (
        contextlib.closing(open_store(home, settings)) as store,
        store.writing(_ACTOR, datetime.now(UTC)) as writing,
    ):
        found = add_request(writing, received, settings.rights)
    click.echo(f"Đã nhận yêu cầu: trả lời trước hết ngày {found.answer_due_on:%d/%m/%Y},")
    click.echo(f"thực hiện trước hết ngày {found.complete_due_on:%d/%m/%Y}.")
    click.echo(f"Received: answer by {found.answer_due_on}, carry out by {found.complete_due_on}.")
    _say_if_unknown(home, found.creator_id)
    click.echo(found.request_id)


def _say_if_unknown(home: Path, creator_id: str) -> None:
    """A request is kept whoever it is of, for they may be imported later; a slip of the pen must be noticed."""
    from data.catalogue import Catalogue
    from serving.rights.recognising import alike

    try:
        catalogue = Catalogue.open(home)
    except CatalogueEmpty:
        return
    ids = {one for name in ("creators", "posts") for one in catalogue.table(name)["creator_id"].unique().to_list()}
    if creator_id in ids:
        return
    like = alike(creator_id, sorted(ids))
    vi = f" Mã gần giống: {', '.join(like)}." if like else ""
    en = f" Ids like it: {', '.join(like)}." if like else ""
    click.echo(f"LƯU Ý: dữ liệu không có ai mang mã {creator_id!r}. Hãy kiểm tra mã.{vi}", err=True)
    click.echo(f"NOTE: nobody in the data has the id {creator_id!r}. Check it.{en}", err=True)


def _body(creator_id: str, kind: str) -> dict[str, str]:
    return {"creator_id": creator_id, "kind": kind}


@rights.command()
@home_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def due(home: Path, config: Path | None, as_json: bool) -> None:
    """Show what open requests wait for, the most urgent first; exit code 1 when something is overdue.

    Example: kolmatch rights due
    """
    from rich.console import Console
    from rich.table import Table

    from kolmatch.cli.service import open_store
    from serving.rights.records import due_list

    with contextlib.closing(open_store(home, load_settings(config))) as store, store.reading() as session:
        found = due_list(session, datetime.now(UTC))
    if as_json:
        click.echo(found.model_dump_json(indent=2))
    else:
        table = Table(title=f"Việc đến hạn / Due, {found.today:%d/%m/%Y}")
        table.add_column("yêu cầu / request", no_wrap=True)  # to be copied whole
        for heading in ("loại / kind", "việc / step", "hạn / due", "còn / days left"):
            table.add_column(heading, overflow="fold")
        for item in found.items:
            step = "trả lời / answer" if item.step == "answer" else "thực hiện / carry out"
            left = f"{item.days_left}" + (" QUÁ HẠN / OVERDUE" if item.overdue else "")
            table.add_row(item.request_id, _NAMES[item.kind], step, f"{item.due_on:%d/%m/%Y}", left)
        Console(emoji=False).print(table)
    if any(item.overdue for item in found.items):
        raise click.exceptions.Exit(1)


@rights.command()
@click.argument("request_id")
@home_option
@config_option
def answer(request_id: str, home: Path, config: Path | None) -> None:
    """Note that whoever made REQUEST_ID was told what will be done.

    Example: kolmatch rights answer rights_5b0c61e0a97d4f32c8e1
    """
    from kolmatch.cli.service import open_store
    from serving.rights.records import answer_request, find_request

    with (
        contextlib.closing(open_store(home, load_settings(config))) as store,
        store.writing(_ACTOR, datetime.now(UTC)) as writing,
    ):
        answer_request(writing, find_request(writing.session, request_id))
    click.echo(f"Đã ghi nhận việc trả lời {request_id}. / Noted that {request_id} was answered.")


@rights.command()
@click.argument("request_id")
@home_option
@config_option
def complete(request_id: str, home: Path, config: Path | None) -> None:
    """Note that REQUEST_ID was carried out; an erasure is by `kolmatch erase`.

    Example: kolmatch rights complete rights_5b0c61e0a97d4f32c8e1
    """
    from kolmatch.cli.service import open_store
    from serving.rights.records import complete_request, find_request

    with (
        contextlib.closing(open_store(home, load_settings(config))) as store,
        store.writing(_ACTOR, datetime.now(UTC)) as writing,
    ):
        complete_request(writing, find_request(writing.session, request_id))
    click.echo(f"Đã ghi nhận hoàn thành {request_id}. / Noted that {request_id} was carried out.")


@rights.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--key", default=None, help="The public key that was noted elsewhere.")
@home_option
def verify(file: Path, key: str | None, home: Path) -> None:
    """Check the signature of an erasure's record in FILE.

    Example: kolmatch rights verify var/rights/rights_5b0c61e0a97d4f32c8e1.json
    """
    from kolmatch.errors import FileUnreadable
    from serving.rights.signing import check

    try:
        record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileUnreadable(
            f"{file} is no record ({error}). Give the JSON file that `kolmatch erase` wrote.",
            f"{file} không phải biên bản ({error}). Hãy chỉ tệp JSON do `kolmatch erase` ghi.",
        ) from error
    check(record, key)
    click.echo(f"Chữ ký đúng, khóa {record['public_key']}. / The signature holds, key {record['public_key']}.")


@click.command()
@click.argument("creator_id")
@home_option
@config_option
@click.option("--request", "request_id", required=True, help="The erasure request that asks for it.")
@click.option("--accept-left", default=None, help="Why it is done although files still name the person: the reason.")
def erase(creator_id: str, home: Path, config: Path | None, request_id: str, accept_left: str | None) -> None:
    """Take CREATOR_ID out of catalogue, models, MLflow and store, search every file, and sign what was done.

    Example: kolmatch erase syn_c0001 --request rights_5b0c61e0a97d4f32c8e1
    """
    from kolmatch.cli.erasing import Erasure, erase_everywhere
    from kolmatch.cli.service import open_store

    settings = load_settings(config)
    with contextlib.closing(open_store(home, settings)) as store, progress_bars() as report:
        erasure = Erasure(home, settings, store, creator_id, request_id, datetime.now(UTC))
        record = erase_everywhere(erasure, accept_left, report)
    click.echo(f"Đã xóa ở {len(record['erased'])} nơi; đã tìm lại trong {record['files_searched']} tệp.")
    click.echo(f"Erased in {len(record['erased'])} places; {record['files_searched']} files searched again.")
    click.echo(f"Biên bản / Record: {home / 'rights' / f'{request_id}.json'}")
    for place in record["links_not_followed"]:
        click.echo(f"Liên kết, không tìm trong đó / A link, not searched: {place}", err=True)
    if record["not_searched"]:
        click.echo(
            "Mã quá ngắn: chỉ tìm trong văn bản và bảng, không tìm trong tệp nhị phân khác. / "
            "A short id: texts and tables were searched for it, other binary files were not.",
            err=True,
        )
    for place in record["mentions"]:
        click.echo(f"Hãy xem lại, có tên người này / To be looked at, the name stands there: {place}", err=True)
    if record["left"]:
        for place in record["left"]:
            click.echo(f"CÒN SÓT / STILL THERE: {place}", err=True)
        if accept_left is None:
            raise click.exceptions.Exit(1)


def tombstones(home: Path, settings: Settings) -> tuple[str, ...]:
    """Ids and marks of all whom no answer may name: from the store, where there is one, and from the home folder."""
    from data.tombstones import Tombstones

    own = Tombstones.read(home).marks
    return tuple(dict.fromkeys((*own, *_of_the_store(home, settings))))


def _of_the_store(home: Path, settings: Settings) -> tuple[str, ...]:
    if not settings.store.url and not (home / "store.sqlite3").exists():
        return ()
    from kolmatch.cli.service import open_store
    from serving.shortlists.leaving_out import everyone_gone

    store: Store
    with contextlib.closing(open_store(home, settings)) as store, store.reading() as session:
        return everyone_gone(session)
