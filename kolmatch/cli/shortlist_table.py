"""A shortlist on the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from models.audience import AUDIENCE_SOURCES
from models.shortlist import AGAINST, STATES

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from models.shortlist import Entry, Reach, Shortlist

_COLUMNS: Final = 10  # places in the table of coverage; more would not fit
# What a list is ordered by, part by part: (Vietnamese, English).
IMPACT_PARTS: Final = {
    "views": ("lượt xem một bài", "views of a post"),
    "topic_lift": ("chủ đề này so với bài khác", "this topic against their others"),
    "audience": ("tỷ lệ người trẻ ở địa bàn", "share of the young in the area"),
    "fit": ("phù hợp chủ đề", "fit"),
    "caution": ("thận trọng: mức thấp của khoảng", "caution: lower end of the interval"),
    "mean": ("trung bình so với trung vị", "mean against median"),
}
_KINDS: Final = {
    "topic": "chủ đề / topic:",
    "found": "thấy trong bài / found:",
    "must": "bắt buộc / must:",
    "nice": "nên có / nice:",
    "must_not": "phải tránh / must not:",
}


def print_shortlist(found: Shortlist, *, explain: bool) -> None:
    """Print the ranking as a table; with `explain` also parts, evidence and facets."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(emoji=False)
    if found.synthetic:
        console.print("[bold yellow]DỮ LIỆU MẪU, KHÔNG CÓ THẬT / SYNTHETIC DATA[/]")
    if found.brief.title in found.uncovered:
        console.print("[bold yellow]Không ai trong danh sách thực sự nói về chủ đề này.[/]")
        console.print("[bold yellow]No one on this list really speaks of this topic.[/]")
    table = Table(title=f"Danh sách đề xuất / Shortlist: {escape(found.brief.title)}", show_lines=explain)
    for heading in (
        "#",
        "nhà sáng tạo / creator",
        "người trẻ một bài / young viewers of a post",
        "phù hợp / fit",
        "bằng chứng / evidence",
        "lưu ý / against",
    ):
        table.add_column(heading, overflow="fold")
    for entry in found.entries:
        table.add_row(
            _place(entry),
            f"{escape(entry.name)}\n[dim]{escape(entry.creator_id)}[/]",
            _reached(entry, explain=explain),
            _score(entry, explain=explain),
            _evidence(entry, explain=explain),
            "\n".join(AGAINST[code][0] for code in entry.against),
        )
    console.print(table)
    if explain and found.entries:
        console.print(_coverage(found))
    _print_notes(console, found)


def _place(entry: Entry) -> str:
    """The place, and the group of those whom the data cannot order."""
    return str(entry.rank) if entry.tie is None else f"{entry.rank}\n[dim]nhóm {entry.tie}[/]"


def _reached(entry: Entry, *, explain: bool) -> str:
    if entry.reach is None:
        return "[yellow]" + STATES[entry.state][0] + "[/]"
    if not explain:
        return reach_line(entry.reach)
    parts = [
        f"{IMPACT_PARTS[part.name][0]} {amount(math.exp(part.value)) if part.value > 1 else f'×{part.multiplier:.3g}'}"
        for part in entry.impact
    ]
    return "\n".join([reach_line(entry.reach), *(f"[dim]{part}[/]" for part in parts)])


def reach_line(reach: Reach) -> str:
    """Expected young viewers with their 80 % interval, where, and where the share comes from."""
    viewers = reach.viewers
    cost = reach.cost_per_thousand_vnd
    lines = [
        f"{amount(viewers.p50)} ({amount(viewers.p10)} đến {amount(viewers.p90)})",
        f"{reach.platform} {reach.format or ''}, {reach.posts} bài",
        f"[dim]người xem: {AUDIENCE_SOURCES[reach.source][0]}"
        + (f", {reach.as_of:%m/%Y}" if reach.as_of is not None else "")
        + "[/]",
    ]
    return "\n".join(lines + ([f"{amount(cost)} đ / 1.000 người trẻ"] if cost is not None else []))


def amount(value: float) -> str:
    """A count as Vietnamese writes it, no more digits than it deserves: 12.300, 1,2 triệu."""
    if value < 1:
        return "dưới 1"
    if value >= 1e6:
        return f"{value / 1e6:.1f} triệu".replace(".", ",")
    if value >= 100:
        return f"{round(value, -int(math.log10(value)) + 2):,.0f}".replace(",", ".")
    return f"{value:.3g}".replace(".", ",")


def _score(entry: Entry, *, explain: bool) -> str:
    if not explain:
        return f"{entry.score:.2f}"
    parts = "\n".join(f"{part.name} {part.value:+.2f} (×{part.multiplier:.2f})" for part in entry.parts)
    return f"{entry.score:.2f}\n[dim]{parts}[/]"


def _evidence(entry: Entry, *, explain: bool) -> str:
    from rich.markup import escape

    shown = entry.evidence if explain else entry.evidence[:1]
    lines = [
        f"{post.published_at:%d/%m/%Y} {post.platform} {escape(post.text[:160])}"
        + (f" [green]({escape(', '.join(post.matched))})[/]" if post.matched else "")
        for post in shown
    ]
    if explain and entry.hashtags:
        lines.append(f"[cyan]hashtag[/] {escape(' '.join('#' + tag for tag in entry.hashtags))}")
    return "\n".join(lines)


def _coverage(found: Shortlist) -> Table:
    """Facets in rows, the first places in columns: how well each is covered, and whether that is enough."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Ai đáp ứng ý nào / Coverage")
    table.add_column("ý / facet", overflow="fold")
    first = found.entries[:_COLUMNS]
    for entry in first:
        table.add_column(f"#{entry.rank}", justify="right")
    for row in zip(*(entry.facets for entry in first), strict=True):
        cells = [f"{one.strength:.0%}{' ✓' if one.covered else ''}" for one in row]
        table.add_row(f"[cyan]{_KINDS[row[0].kind]}[/] {escape(row[0].facet)}", *cells)
    return table


def _print_notes(console: Console, found: Shortlist) -> None:
    from rich.markup import escape

    if found.uncovered:
        names = escape("; ".join(found.uncovered))
        console.print(f"[yellow]Chưa ai trong danh sách phụ trách được ý: {names} / No one covers: {names}[/]")
    if found.unknown_words:
        words = escape(", ".join(found.unknown_words))
        console.print(f"Từ chưa bài nào dùng / Words that no post has: {words}")
    for shift in found.shifts:
        where, factor = " ".join(filter(None, (shift.platform, shift.format, shift.month))), f"{shift.factor:.2f}"
        console.print(f"[yellow]{where}: lượt xem của mọi người đổi đột ngột, ×{factor}; đã hiệu chỉnh.[/]")
        console.print(f"[yellow]{where}: everybody's views changed by ×{factor}; corrected for.[/]")
    for left_out in found.excluded:
        console.print(f"Không xét / Left out: {left_out.count} ({left_out.reason})")
    console.print(f"Mô hình / Model: {found.bundle_id}. Danh sách chỉ hỗ trợ, người có thẩm quyền quyết định.")
    console.print("The list supports a decision; a person takes it.")
