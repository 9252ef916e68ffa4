"""A hash list with the columns that Interpol's ICSE lists have, separated by semicolons. What we do not know stays empty.

The heading is the one that published readers know; how ICSE wants an upload beyond it is not public.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from homeward.exchange.medium import Medium

COLUMNS = (
    "MD5", "SHA1", "PhotoDNA", "Image ID", "Is distributed", "Victim identified", "Offender identified", "Series name",
    "Number of submissions", "File Available", "Media Type", "Baseline",
)  # fmt: skip
_IDENTIFIED = ("identified", "safeguarded", "known elsewhere")
_OPEN = ("unidentified", "located")


def icse_list(media: Iterable[Medium]) -> Iterator[bytes]:
    """The list, line by line; a submission is a place where the item was found."""
    yield _line(COLUMNS)
    for one in media:
        identified = "True" if one.series_status in _IDENTIFIED else "False" if one.series_status in _OPEN else ""
        kind = "Video" if one.kind == "video" else "Image"
        yield _line(
            (one.md5, one.sha1, "", one.number, "", identified, "", one.series, len(one.places), "False", kind, "")
        )  # fmt: skip


def _line(cells: tuple[Any, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()
