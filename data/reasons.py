"""Why a row is refused: every reason as a sentence in English and Vietnamese, for whoever can mend the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from data.contract import LINE_LIMIT, TEXT_LIMIT, Column, Kind
from kolmatch.files import replacing


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence in both languages; `{low}`, `{high}`, `{choices}` and `{limit}` are filled from the column."""

    en: str
    vi: str


REASONS: Final = {
    "missing": Reason("required, but empty", "bắt buộc nhưng đang để trống"),
    "control": Reason(
        "holds a control character, which a person cannot see; type the cell again",
        "chứa ký tự điều khiển không nhìn thấy được; hãy gõ lại ô này",
    ),
    "unseen": Reason(
        "an id with a character that nobody sees, an odd blank or two blanks; type the id again",
        "mã chứa ký tự không nhìn thấy, khoảng trắng lạ hoặc hai khoảng trắng liền nhau; hãy gõ lại mã",
    ),
    "long": Reason("longer than {limit} characters", "dài hơn {limit} ký tự"),
    "choice": Reason("not one of: {choices}", "không thuộc các giá trị cho phép: {choices}"),
    "boolean": Reason("not yes or no; write có/không or true/false", "không phải có hoặc không; hãy ghi có/không"),
    "number": Reason("not a number; write digits only", "không phải số; hãy chỉ ghi chữ số"),
    "whole": Reason("not a whole number", "không phải số nguyên"),
    "ambiguous": Reason(
        "may mean thousands or a fraction; write it with digits only, for example 12500",
        "có thể hiểu là hàng nghìn hoặc số lẻ; hãy chỉ ghi chữ số, ví dụ 12500",
    ),
    "low": Reason("less than {low}", "nhỏ hơn {low}"),
    "high": Reason("more than {high}", "lớn hơn {high}"),
    "time": Reason(
        "not a time; write 2026-11-05T19:30:00+07:00 or 05/11/2026 19:30",
        "không phải thời điểm; hãy ghi 2026-11-05T19:30:00+07:00 hoặc 05/11/2026 19:30",
    ),
    "date": Reason("not a date; write 2026-11-05 or 05/11/2026", "không phải ngày; hãy ghi 2026-11-05 hoặc 05/11/2026"),
    "future": Reason("in the future", "nằm ở tương lai"),
    "early": Reason("before the year 2000", "trước năm 2000"),
    "list": Reason("not a list; separate the items by ;", "không phải danh sách; hãy ngăn các mục bằng dấu ;"),
    "before_published": Reason("observed before the post was published", "thời điểm ghi nhận sớm hơn thời điểm đăng"),
    "age_sum": Reason("the shares by age must add up to 1 ± 0.02", "tổng các tỉ lệ theo tuổi phải bằng 1 ± 0,02"),
    "ages_swapped": Reason("less than age_min", "nhỏ hơn age_min"),
    "days_swapped": Reason("before starts_on", "sớm hơn starts_on"),
    "broken_line": Reason("the line is not a JSON object", "dòng này không phải một đối tượng JSON"),
    "long_line": Reason("the line is longer than 16 MiB", "dòng này dài hơn 16 MiB"),
    "column_twice": Reason(
        "this column stands twice in the line, maybe in other letters; keep one",
        "cột này có hai lần trong cùng một dòng, có thể khác chữ hoa, chữ thường; hãy giữ một",
    ),
    "not_text": Reason(
        "an object, a list or true/false of JSON where text is wanted; write it in quotation marks",
        "là đối tượng, danh sách hoặc true/false của JSON ở nơi cần văn bản; hãy ghi trong dấu ngoặc kép",
    ),
    "float_id": Reason(
        "a number with a fraction of over 15 digits, its last digits are lost; write ids as text and export them again",
        "mã bị ghi thành số thực trên 15 chữ số, các chữ số cuối đã mất; hãy để cột mã là văn bản rồi xuất lại",
    ),
    "cell_count": Reason(
        "has another number of cells than the header; is a quotation mark or a delimiter missing?",
        "có số ô khác với dòng tiêu đề; có thiếu dấu ngoặc kép hoặc dấu phân cách không?",
    ),
    "long_cell": Reason(
        "a cell is longer than 131,072 characters; shorten it, or check whether a quotation mark is missing before it",
        "có ô dài hơn 131.072 ký tự; hãy rút ngắn, hoặc xem có thiếu dấu ngoặc kép ở trước không",
    ),
    "quotes": Reason(
        "quotation marks do not match; what follows may have been read as part of this row",
        "dấu ngoặc kép không khớp; nội dung sau đó có thể đã bị đọc gộp vào dòng này",
    ),
    "rounded_id": Reason(
        "Excel rounded this id, its last digits are lost; format the column as text and paste the ids again",
        "Excel đã làm tròn mã này, các chữ số cuối bị mất; hãy định dạng cột là Text rồi dán lại mã",
    ),
}

PROBLEMS: Final = pl.Schema({"row": pl.Int64(), "column": pl.String(), "value": pl.String(), "code": pl.String()})
REJECTS: Final = pl.Schema(
    {
        "file": pl.String(),
        "row": pl.Int64(),
        "column": pl.String(),
        "value": pl.String(),
        "reason_en": pl.String(),
        "reason_vi": pl.String(),
    }
)
VALUE_SHOWN: Final = 200  # characters of a refused value that a report repeats


def explained(problems: pl.DataFrame, columns: tuple[Column, ...], file: str) -> pl.DataFrame:
    """Rejects (schema `REJECTS`) from problems (schema `PROBLEMS`), in the order of the file."""
    pairs = problems.select("column", "code").unique()
    sentences = [(name, code, *_sentences(code, name, columns)) for name, code in pairs.iter_rows()]
    meanings = pl.DataFrame(
        sentences, schema=dict.fromkeys(("column", "code", "reason_en", "reason_vi"), pl.String()), orient="row"
    )
    return (
        problems.join(meanings, on=["column", "code"], how="left", nulls_equal=True)
        .with_columns(file=pl.lit(file), value=pl.col("value").str.slice(0, VALUE_SHOWN))
        .sort("row", "column")
        .select(pl.col(name).cast(dtype) for name, dtype in REJECTS.items())
    )


def _sentences(code: str, name: str, columns: tuple[Column, ...]) -> tuple[str, str]:
    column = next((column for column in columns if column.name == name), None)
    words = _words(column) if column else {}
    reason = REASONS[code]
    return reason.en.format(**words), reason.vi.format(**words)


def _words(column: Column) -> dict[str, str]:
    return {
        "low": f"{column.low:g}" if column.low is not None else "",
        "high": f"{column.high:g}" if column.high is not None else "",
        "choices": ", ".join(column.choices),
        "limit": str(TEXT_LIMIT if column.kind is Kind.TEXT else LINE_LIMIT),
    }


def write_rejects(rejects: list[pl.DataFrame], file: Path) -> None:
    """Write rejects (schema `REJECTS`) as a CSV that Excel opens with its Vietnamese letters whole.

    A value that Excel would take for a formula gets an apostrophe: what a stranger wrote into a file must not run.
    """
    value = pl.col("value")
    safe = pl.when(value.str.contains(r"^[=+\-@\t\r]")).then(pl.lit("'") + value).otherwise(value)
    with replacing(file) as fresh:
        pl.concat(rejects).with_columns(value=safe).write_csv(fresh, include_bom=True)
