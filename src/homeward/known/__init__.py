"""Lists of known media: read, whoever wrote them, and matched."""

from homeward.known.csv_list import CsvList
from homeward.known.exact import ExactHashes
from homeward.known.match import MOST_NEAR, NearTable, best_of
from homeward.known.reading import ReadShelf
from homeward.known.records import (
    ALERT,
    EXACT_KINDS,
    KNOWN,
    NEGATIVE,
    WIDTHS,
    Details,
    Entry,
    KnownListRefused,
    Report,
)
from homeward.known.shelf import NOT_SAID

__all__ = [
    "ALERT",
    "EXACT_KINDS",
    "KNOWN",
    "MOST_NEAR",
    "NEGATIVE",
    "NOT_SAID",
    "WIDTHS",
    "CsvList",
    "Details",
    "Entry",
    "ExactHashes",
    "KnownListRefused",
    "NearTable",
    "ReadShelf",
    "Report",
    "best_of",
]
