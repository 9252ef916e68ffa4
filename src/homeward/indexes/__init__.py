"""Finding neighbours: exact answers behind one interface, whatever the engine."""

from homeward.indexes.base import (
    CODE_BYTES,
    HammingIndex,
    Neighbours,
    Pairs,
    PictureIndex,
    Ranked,
    TooManyPairs,
    inside,
)
from homeward.indexes.exact import ExactScan
from homeward.indexes.hamming import HammingTable, hamming_index

__all__ = [
    "CODE_BYTES",
    "ExactScan",
    "HammingIndex",
    "HammingTable",
    "Neighbours",
    "Pairs",
    "PictureIndex",
    "Ranked",
    "TooManyPairs",
    "hamming_index",
    "inside",
]
