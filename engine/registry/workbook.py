"""Excel workbooks of units and owners: the template, and reading one that somebody uploads."""

from __future__ import annotations

import io
import itertools
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from engine.errors import Rejected

MAX_BYTES = 5_000_000
MAX_UNPACKED = 60_000_000
MAX_PARTS = 200
MAX_ROWS = 5_000
MAX_SCANNED = 20_000  # rows looked at, blank ones included
MAX_COLUMNS = 60
SHEET = "units"


class WorkbookRefused(Rejected):
    """This workbook cannot be imported: {reason}."""

    code = "workbook_refused"


@dataclass(frozen=True)
class Column:
    """A column of the workbook: its key, its heading in both languages, and whether every row needs it."""

    key: str
    zh: str
    en: str
    example: str = ""
    required: bool = False


COLUMNS = (
    Column("building", "楼栋", "Building", "3", required=True),
    Column("entrance", "单元", "Entrance", "2"),
    Column("floor", "楼层", "Floor", "12"),
    Column("room", "房号", "Room", "1201", required=True),
    Column("merged", "合并房号", "Merged rooms", ""),
    Column("kind", "类型", "Kind", "住宅"),
    Column("floor_area", "建筑面积(㎡)", "Floor area (m²)", "89.12"),
    Column("phase", "分期", "Phase", "一期"),
    Column("area", "片区", "District", "东区"),
    Column("status", "状态", "Status", "待入伙"),
    Column("name", "客户名称", "Customer", "张三"),
    Column("customer_kind", "客户类型", "Customer kind", "个人"),
    Column("relation", "关系", "Relation", "业主"),
    Column("phone", "电话", "Phone", "13800000000"),
    Column("id_no", "证件号码", "ID number", ""),
    Column("since", "起始日期", "Since", "2026-11-20"),
)
_HEADINGS = {
    heading.casefold(): column.key
    for column in COLUMNS
    for heading in (column.zh, column.en, column.key)
}


@dataclass(frozen=True)
class Row:
    """A row that is not blank: its number in the sheet and its cells by column; formulas are in `formulas`."""

    number: int
    cells: dict[str, Any]
    formulas: frozenset[str]


def template() -> bytes:
    """Make an empty workbook with headings and one example row."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has one sheet
    sheet.title = SHEET
    sheet.append([column.zh for column in COLUMNS])
    sheet.append([column.example for column in COLUMNS])
    for index, column in enumerate(COLUMNS, start=1):
        sheet.cell(1, index).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(index)].width = 8 + 2 * len(column.zh)
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(content: bytes) -> list[Row]:
    """Read the first sheet of a workbook. Its first row must hold the headings, in Chinese, English or as keys, in any order.

    Raises WorkbookRefused, with `problem` as a code, for what is no workbook, is too large, packs more than it should,
    declares a document type, repeats or lacks headings, or has too many rows.
    """
    _inspect(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            rows = sheet.iter_rows(max_col=MAX_COLUMNS)
            scanned = list(itertools.islice(_rows(rows), MAX_ROWS + 1))
    except WorkbookRefused:
        raise
    except Exception as error:  # the library raises whatever a damaged file provokes
        raise _refused("not_a_workbook", "it cannot be read") from error
    if len(scanned) > MAX_ROWS:
        raise _refused("too_many_rows", f"more than {MAX_ROWS} rows")
    return scanned


def _rows(rows: Iterator[tuple[Any, ...]]) -> Iterator[Row]:
    keys = _keys(next(rows, ()))
    for number, cells in enumerate(rows, start=2):
        if number > MAX_SCANNED:
            raise _refused("too_many_rows", f"more than {MAX_SCANNED} rows, blank ones included")
        named = {keys[i]: cell for i, cell in enumerate(cells) if i in keys and not _blank(cell)}
        if named:
            formulas = frozenset(key for key, cell in named.items() if cell.data_type == "f")
            yield Row(number, {key: cell.value for key, cell in named.items()}, formulas)


def _keys(headings: tuple[Any, ...]) -> dict[int, str]:
    found: dict[int, str] = {}
    for index, cell in enumerate(headings):
        key = _HEADINGS.get(str(cell.value or "").strip().rstrip("*").casefold())
        if key is None:
            continue
        if key in found.values():
            raise _refused("repeated_column", f"the column {cell.value} appears twice")
        found[index] = key
    for column in COLUMNS:
        if column.required and column.key not in found.values():
            raise _refused("missing_column", f"the column {column.zh} / {column.en} is missing")
    return found


def _blank(cell: Any) -> bool:
    return cell.value is None or (isinstance(cell.value, str) and not cell.value.strip())


def _inspect(content: bytes) -> None:
    if len(content) > MAX_BYTES:
        raise _refused("too_large", f"more than {MAX_BYTES // 1_000_000} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = package.infolist()
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED:
                raise _refused("bomb", "it packs more than a list of units does")
            for part in parts:
                _inspect_part(package, part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _refused("not_a_workbook", "it is no .xlsx file") from error


def _inspect_part(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    if part.filename.endswith("vbaProject.bin"):
        raise _refused("macros", "it contains macros")
    if not part.filename.endswith((".xml", ".rels")):
        return
    head = package.read(part)[:4096]
    # A document type must stand before the root element; other encodings than UTF-8 could hide it.
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"\0" in head:
        raise _refused("entities", "it declares a document type")


def _refused(problem: str, reason: str) -> WorkbookRefused:
    return WorkbookRefused(problem=problem, reason=reason)
