"""Finding neighbours: exact answers behind one interface, whatever the engine."""

from homeward.indexes.base import CODE_BYTES, HammingIndex, Neighbours, Pairs, TooManyPairs
from homeward.indexes.exact import ExactScan
from homeward.indexes.hamming import HammingTable, hamming_index

__all__ = ["CODE_BYTES", "ExactScan", "HammingIndex", "HammingTable", "Neighbours", "Pairs", "TooManyPairs", "hamming_index"]
