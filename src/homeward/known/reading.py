"""One shelf as it is used afterwards: hashes looked up, rows that matched read again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.known import vic
from homeward.known.exact import ExactHashes
from homeward.known.json_text import MOST, numbered
from homeward.known.records import Details, KnownListRefused
from homeward.known.shelf import FRAME, NEAR, NUMBER_BITS, WINDOW

_details = msgspec.json.Decoder(Details).decode
_LARGEST = 2 * MOST
"""Bytes of a window; one may end behind a record of :data:`~homeward.known.json_text.MOST`."""
_MISSING = "a row that a known list once had is no longer there"


class ReadShelf:
    """The files in ``folder``, mapped; ``hashes`` says how many of each kind there are."""

    def __init__(self, folder: Path, kind: str, hashes: dict[str, int]) -> None:
        """``kind`` is the list's format.

        Raises:
            KnownListRefused: files are missing or damaged.
        """
        self._folder, self._kind, self._hashes = folder, kind, hashes
        self._window = -1
        self._rows: list[tuple[int, bytes]] = []

    def exact(self, kind: str) -> ExactHashes | None:
        """Its hashes of one exact kind, None where it has none."""
        count = self._hashes.get(kind, 0)
        try:
            return ExactHashes(self._folder / kind, kind, count) if count else None
        except (OSError, ValueError) as error:
            raise KnownListRefused(f"the {kind} hashes of a known list cannot be read") from error

    def near(self) -> NDArray[Any]:
        """Its PDQ hashes, (n,) of :data:`~homeward.known.shelf.NEAR`."""
        rows = _mapped(self._folder / "pdq", NEAR) if self._hashes.get("pdq") else np.zeros(0, NEAR)
        if len(rows) != self._hashes.get("pdq", 0):
            raise KnownListRefused("the PDQ hashes of a known list are damaged")
        return rows

    def moments(self) -> NDArray[Any]:
        """Which of its PDQ hashes are frames of known clips, (k,) of :data:`~homeward.known.shelf.FRAME`."""
        path = self._folder / "frames"
        rows = _mapped(path, FRAME) if path.exists() and path.stat().st_size else np.zeros(0, FRAME)
        if (rows["row"] >= self._hashes.get("pdq", 0)).any():
            raise KnownListRefused("the frames of a known list are damaged")
        return rows

    def details(self, ref: int) -> Details:
        """What the row ``ref`` says. Quickest in the order of references.

        Raises:
            KnownListRefused: there is no such row any more.
        """
        if self._kind == "nsrl":
            return Details(line=ref)
        window, number = ref >> NUMBER_BITS, ref & ((1 << NUMBER_BITS) - 1)
        if window != self._window:
            self._rows = self._read(self._place(window))
            self._window = window
        if number >= len(self._rows):
            raise KnownListRefused(_MISSING)
        line, raw = self._rows[number]
        return msgspec.structs.replace(vic.details(raw), line=line) if self._kind == "vic" else _details(raw)

    def _place(self, window: int) -> Any:
        windows = _mapped(self._folder / "windows", WINDOW)
        if window >= len(windows) or windows[window]["length"] > _LARGEST:
            raise KnownListRefused(_MISSING)
        return windows[window]

    def _read(self, place: Any) -> list[tuple[int, bytes]]:
        fd = os.open(self._folder / "text", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return numbered(os.pread(fd, int(place["length"]), int(place["offset"])), int(place["line"]))
        except ValueError as error:
            raise KnownListRefused(_MISSING) from error
        finally:
            os.close(fd)


def _mapped(path: Path, dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        return np.asarray(np.memmap(path, dtype, mode="r"))
    except (OSError, ValueError) as error:
        raise KnownListRefused(f"the {path.name} of a known list cannot be read") from error
