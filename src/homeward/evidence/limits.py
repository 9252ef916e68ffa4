"""What one thing on disk may unfold into. A container that goes beyond is a row with its reason; everything before stands."""

from __future__ import annotations

from homeward.core import HomewardError

DEPTH = 16
"""Containers inside containers: real deliveries stay below six."""
ENTRIES = 5_000_000
"""Files in one source: twice the largest phone dump known to the authors of public tools."""
EXPANDED_BASE = 1 << 30
EXPANDED_RATIO = 200
"""Expanded bytes may reach 1 GiB + 200 times the bytes on disk: text packs to 1:20, blank images to 1:100, bombs to 1:1000."""
HELD_IN_MEMORY = 1 << 20
"""A nested file that needs random access is kept in memory up to this size, and in the scratch file beyond."""
CARVED = 2_000
"""Embedded pictures taken from one blob."""
EMBEDDED_LARGEST = 64 << 20
"""Longest embedded picture."""


class LimitReached(HomewardError, ValueError):
    """A container unfolds into more than it may."""


class Budget:
    """Counts what one source unfolds into."""

    def __init__(self, on_disk: int) -> None:
        self._bytes = EXPANDED_BASE + EXPANDED_RATIO * on_disk
        self._entries = ENTRIES

    def entry(self) -> None:
        """One more file.

        Raises:
            LimitReached: too many.
        """
        self._entries -= 1
        if self._entries < 0:
            raise LimitReached(f"it holds more than {ENTRIES:,} files")

    def expand(self, count: int) -> None:
        """``count`` more unpacked bytes.

        Raises:
            LimitReached: too many.
        """
        self._bytes -= count
        self.check()

    def check(self) -> None:
        """Nothing more is opened once the room is used up.

        Raises:
            LimitReached: it is.
        """
        if self._bytes < 0:
            raise LimitReached("it unpacks to far more than its size: taken for a decompression bomb")
