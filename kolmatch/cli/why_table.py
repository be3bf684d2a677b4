"""The answer to "why here, why not higher?" on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from kolmatch.cli.shortlist_table import IMPACT_PARTS, reach_line
from models.attention import attention_text
from models.shortlist import AGAINST, STATES
from models.swap import swap

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from models.matcher import Why
    from models.shortlist import Entry

_OUTSIDE: Final = (
    "Không xét: không có bài trên nền tảng hoặc dạng nội dung mà yêu cầu nêu.",
    "Not considered: no post on the platforms or in the formats that the brief asks for.",
)


def why_lines(found: Why, name: str) -> Iterator[RenderableType]:
    """What to print about a creator called `name`."""
    from rich.markup import escape

    if found.entry is None:
        yield f"[bold]{escape(name)}[/]"
        yield from _OUTSIDE
        return
    yield f"[bold]{escape(name)}[/]: hạng {found.rank} / {found.of} (rank {found.rank} of {found.of})"
    yield from _state(found.entry)
    for post in found.entry.evidence:
        yield f"  {post.published_at:%d/%m/%Y} {escape(post.text[:160])} [green]({escape(', '.join(post.matched))})[/]"
    for code in found.entry.against:
        yield f"  [yellow]- {' / '.join(AGAINST[code])}[/]"
    for flag in found.entry.flags:
        from dataclasses import asdict

        yield f"  [yellow]- {escape(' / '.join(attention_text(asdict(flag))))}[/]"
    if found.above is not None:
        yield from _against_above(found.entry, found.above)


def _state(entry: Entry) -> Iterator[str]:
    if entry.reach is None:
        yield "  [yellow]" + " / ".join(STATES[entry.state]) + "[/]"
    else:
        yield "  " + reach_line(entry.reach)


def _against_above(entry: Entry, above: Entry) -> Iterator[RenderableType]:
    from rich.markup import escape

    found = swap(entry, above)
    yield f"Ngay trên / right above: [bold]{escape(above.name)}[/]"
    if found.differences:
        yield _table(entry, above)
    if found.part is not None and found.gap > 0:
        vi, en = IMPACT_PARTS.get(found.part, (found.part, found.part))
        yield (
            f"Thay đổi nhỏ nhất để đổi chỗ: {vi} gấp {found.factor:.2f} lần. / "
            f"Smallest change that would swap them: {en} times {found.factor:.2f}."
        )


def _table(entry: Entry, above: Entry) -> Table:
    from rich.table import Table

    table = Table("phần / part", "người này / this one", "người trên / above", "hơn / lead of the one above")
    for each in swap(entry, above).differences:
        vi, en = IMPACT_PARTS.get(each.name, (each.name, each.name))
        table.add_row(f"{vi} / {en}", f"{each.own:+.2f}", f"{each.above:+.2f}", f"×{each.factor:.2f}")
    return table
