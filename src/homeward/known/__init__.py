"""Lists of known media: read, whoever wrote them, and matched."""

from homeward.known.csv_list import CsvList
from homeward.known.match import NOT_SAID, exact_matches, near_matches
from homeward.known.records import EXACT_KINDS, WIDTHS, Entry, KnownListRefused, Match

__all__ = [
    "EXACT_KINDS",
    "NOT_SAID",
    "WIDTHS",
    "CsvList",
    "Entry",
    "KnownListRefused",
    "Match",
    "exact_matches",
    "near_matches",
]
