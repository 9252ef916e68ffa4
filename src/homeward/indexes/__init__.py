"""Finding neighbours: exact answers behind one interface, whatever the engine."""

from homeward.indexes.base import (
    CODE_BYTES,
    HammingIndex,
    IndexDamaged,
    Neighbours,
    Pairs,
    PictureIndex,
    Ranked,
    TooManyPairs,
    inside,
)
from homeward.indexes.exact import ExactScan
from homeward.indexes.hamming import HammingTable, hamming_index
from homeward.indexes.stored import StoredIndex

__all__ = [
    "CODE_BYTES",
    "ExactScan",
    "HammingIndex",
    "HammingTable",
    "IndexDamaged",
    "Neighbours",
    "Pairs",
    "PictureIndex",
    "Ranked",
    "StoredIndex",
    "TooManyPairs",
    "hamming_index",
    "inside",
]
