"""A shortlist on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.shortlist import AGAINST

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from models.shortlist import Entry, Shortlist

_COLUMNS: Final = 10  # places in the table of coverage; more would not fit
_KINDS: Final = {
    "topic": "chủ đề / topic:",
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
    for heading in ("#", "nhà sáng tạo / creator", "điểm / score", "bằng chứng / evidence", "lưu ý / against"):
        table.add_column(heading, overflow="fold")
    for entry in found.entries:
        table.add_row(
            str(entry.rank),
            f"{escape(entry.name)}\n[dim]{escape(entry.creator_id)}[/]",
            _score(entry, explain=explain),
            _evidence(entry, explain=explain),
            "\n".join(AGAINST[code][0] for code in entry.against),
        )
    console.print(table)
    if explain and found.entries:
        console.print(_coverage(found))
    _print_notes(console, found)


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
    for left_out in found.excluded:
        console.print(f"Không xét / Left out: {left_out.count} ({left_out.reason})")
    console.print(f"Mô hình / Model: {found.bundle_id}. Danh sách chỉ hỗ trợ, người có thẩm quyền quyết định.")
    console.print("The list supports a decision; a person takes it.")
