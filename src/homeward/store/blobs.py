"""Bytes that a case must keep itself, named by their SHA-256. Evidence is not copied here: it stays where it lies."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from homeward.store.errors import CaseDamaged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Blobs:
    """A folder of files ``ab/cdef…``; writing twice is writing once, and no half-written file ever has a name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep ``content``; return its SHA-256 in hexadecimal. On disk for good when this returns."""
        name = hashlib.sha256(content).hexdigest()
        target = self.path(name)
        if target.exists():
            return name
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".new-", delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(target)
        _sync_folder(target.parent)
        return name

    def get(self, name: str) -> bytes:
        """The content called ``name``.

        Raises:
            KeyError: never kept.
            CaseDamaged: what lies there is something else.
        """
        try:
            content = self.path(name).read_bytes()
        except FileNotFoundError:
            raise KeyError(name) from None
        if hashlib.sha256(content).hexdigest() != name:
            raise CaseDamaged(f"blob {name[:16]}… has been changed on disk")
        return content

    def names(self) -> Iterator[str]:
        """Every kept name, in order."""
        for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/[0-9a-f]*")):
            yield path.parent.name + path.name

    def remove(self, name: str) -> None:
        """Delete the content called ``name``, if it is kept."""
        self.path(name).unlink(missing_ok=True)

    def keep_only(self, names: Collection[str]) -> None:
        """Delete everything else, half-written files included."""
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            if path.parent.name + path.name not in names:
                path.unlink()

    def path(self, name: str) -> Path:
        """Where the content called ``name`` lies, if it is kept."""
        return self._folder / name[:2] / name[2:]


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
