"""Finding neighbours: exact answers behind one interface, whatever the engine."""

from homeward.indexes.base import CODE_BYTES, HammingIndex, Neighbours, Pairs
from homeward.indexes.hamming import ExactScan

__all__ = ["CODE_BYTES", "ExactScan", "HammingIndex", "Neighbours", "Pairs"]
