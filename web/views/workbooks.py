"""Tables as Excel files to download; text is never a formula."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import Response, send_file
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from web import locales

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDTH = 22
TITLE = 31
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))


class Sheet(NamedTuple):
    """A sheet: its title, the headings and the rows. Moments are written in the reader's zone, shares as they are."""

    title: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Any]]


def download(filename: str, sheets: Iterable[Sheet]) -> Response:
    """Answer with the sheets as one file."""
    book = Workbook(write_only=False)
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _write(book, sheet)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return send_file(file, mimetype=EXCEL, as_attachment=True, download_name=filename)


def _write(book: Workbook, sheet: Sheet) -> None:
    page = book.create_sheet(sheet.title.translate(FORBIDDEN)[:TITLE])
    for line, row in enumerate([sheet.headings, *sheet.rows], 1):
        for column, value in enumerate(row, 1):
            cell = page.cell(line, column, _plain(value))
            if isinstance(value, str):
                cell.data_type = "s"
            if line == 1:
                cell.font = Font(bold=True)
    for column in range(1, len(sheet.headings) + 1):
        page.column_dimensions[get_column_letter(column)].width = WIDTH
    page.freeze_panes = "A2"


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(ZoneInfo(locales.zone())).replace(tzinfo=None)
    return ILLEGAL_CHARACTERS_RE.sub(" ", value) if isinstance(value, str) else value
