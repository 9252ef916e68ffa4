"""A checkpoint of the ledger on paper: the signed text, and the same as a QR code, for a safe or a partner."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from homeward.core import WrongUse
from homeward.exchange.target import write_file
from homeward.store.ledger.log import LATEST

if TYPE_CHECKING:
    from homeward.store import Case

_WIDE, _HIGH = 210, 297
"""Millimetres of the page (A4)."""
_LEFT, _CODE = 20, 110
_LINE, _LETTERS = 4.0, 88
"""Millimetres a line, and letters in one."""


def write_checkpoint(case: Case, target: Path) -> str:
    """Write the latest checkpoint as an SVG page (see :func:`write_file`); its text, which ``verify --checkpoint`` reads again.

    Raises:
        WrongUse: there is none yet, or the package that draws the code is missing.
    """
    try:
        note = (case.folder / "ledger" / LATEST).read_text(encoding="utf-8")
    except OSError as error:
        raise WrongUse("this case has no checkpoint yet") from error
    write_file(case, target, [page(note, case.info.agency)], {"format": "checkpoint"})
    return note


def page(note: str, agency: str) -> bytes:
    """An SVG page with ``note`` as text and as a QR code of exactly that text.

    Raises:
        WrongUse: the package that draws the code is missing.
    """
    try:
        import zxingcpp
    except ImportError as error:
        raise WrongUse("a QR code needs one more package: pip install 'homeward[text]'") from error
    modules = np.array(zxingcpp.create_barcode(note, zxingcpp.BarcodeFormat.QRCode).to_image()) == 0
    rows, columns = np.nonzero(modules)
    dots = "".join(f"M{x} {y}h1v1h-1z" for y, x in zip(rows.tolist(), columns.tolist(), strict=True))
    lines = [line[at : at + _LETTERS] for line in note.splitlines() for at in range(0, max(len(line), 1), _LETTERS)]
    text = "".join(
        f'<text x="{_LEFT}" y="{_LEFT + _CODE + 16 + _LINE * number:.1f}" xml:space="preserve">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}mm" height="{_HIGH}mm" viewBox="0 0 {_WIDE} {_HIGH}" '
        'font-family="monospace" font-size="3">'
        f'<rect width="{_WIDE}" height="{_HIGH}" fill="#fff"/>'
        f'<text x="{_LEFT}" y="{_LEFT - 6}" font-size="5">Checkpoint of the ledger of {escape(agency)}</text>'
        f'<path transform="translate({_LEFT} {_LEFT}) scale({_CODE / len(modules):.6f})" d="{dots}"/>{text}</svg>\n'
    ).encode()
