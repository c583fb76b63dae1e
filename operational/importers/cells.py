"""Rows of text out of a csv or xlsx file: encodings, delimiters, formulas. Columns have no meaning here.

Every cell becomes text: numbers as written, dates in ISO form. A formula becomes FORMULA, for its value is
what the program that saved it last thought, and text that a spreadsheet would run is one too.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from operational.importers.errors import FileUnreadable

FORMULA = "\x00formula"
"""Stands for a formula: no text of a file can hold it."""
LARGEST_FILE = 512 * 2**20
LARGEST_UNPACKED = 2 * 2**30
_RUNS = re.compile(r"[=@]|[+-](?!\s*[$(\d.,])")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

Row = tuple[int, list[str]]
"""The row's number as a spreadsheet shows it, and its cells."""


def rows_of(path: Path) -> list[Row]:
    """The rows that hold anything. Raises FileUnreadable."""
    if path.stat().st_size > LARGEST_FILE:
        raise FileUnreadable(f"{path.name} is larger than {LARGEST_FILE // 2**20} MB; split it by year.")
    found = _of_workbook(path) if path.suffix.lower() == ".xlsx" else _of_text(path)
    return [(number, cells) for number, cells in found if any(cells)]


def _of_text(path: Path) -> Iterator[Row]:
    text = _decoded(path)
    if "\x00" in text:
        raise FileUnreadable(f"{path.name} is not a text file; export it again as csv or xlsx.")
    # Strict: a quote that never closes would take the rows below it into its cell, and nobody would know.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [_told(cell.strip()) for cell in cells]
    except csv.Error:
        raise FileUnreadable(f"{path.name} breaks off after row {number}.") from None


def _decoded(path: Path) -> str:
    content = path.read_bytes()
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "")
    if not encoding and content[1:200:2].count(0) > len(content[:200]) // 4:
        encoding = "utf-16-le"
    for candidate in [encoding] if encoding else ["utf-8", "cp1252"]:
        try:
            return content.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise FileUnreadable(f"{path.name}: its text is in no encoding known here; save it as UTF-8.")


def _delimiter(text: str) -> str:
    """The one that occurs most in the longest of the first lines: preambles have none."""
    widest = max(text.splitlines()[:30], key=len, default="")
    return max(",;\t", key=widest.count)


def _told(text: str) -> str:
    return FORMULA if text and _RUNS.match(text) else text


def _of_workbook(path: Path) -> Iterator[Row]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(path) as packed:
            if sum(one.file_size for one in packed.infolist()) > LARGEST_UNPACKED:
                raise FileUnreadable(f"{path.name} unpacks to more than {LARGEST_UNPACKED // 2**30} GB.")
        book = load_workbook(path, read_only=True, data_only=False)
        sheet = book.worksheets[0]
        # A wrong size in the file would cut rows off.
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            yield number, [_cell(one) for one in cells]
        book.close()
    except FileUnreadable:
        raise
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, IndexError, SyntaxError, TypeError):
        raise FileUnreadable(f"{path.name} is no complete xlsx file; export it again.") from None


def _cell(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return FORMULA
    if isinstance(value, str):
        return _told(value.strip())
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)
