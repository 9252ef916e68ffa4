"""The files of known lists and of captures: one folder each, written aside, synced, and moved to its place in one step."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_BUILDING = ".new-"
_LOCK = "lock"
_YOUNG = 60.0
"""Seconds."""


class NewShelf:
    """A folder in the making. :meth:`keep` gives it its place; :meth:`discard` forgets it (also after a kill, by the next)."""

    def __init__(self, root: Path, names: Collection[str]) -> None:
        self._root = root
        self.folder = root / f"{_BUILDING}{uuid.uuid4().hex[:16]}"
        self.folder.mkdir(parents=True, mode=0o700)
        # Held while this process lives: whoever tidies up can tell work in progress from what a kill left behind.
        self._lock = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.fds: dict[str, int] = {}
        for name in names:
            self.begin(name)

    def begin(self, name: str) -> int:
        """One more empty file; its descriptor."""
        self.fds[name] = os.open(self.folder / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        return self.fds[name]

    def drop(self, name: str) -> None:
        """Leave a file out."""
        os.close(self.fds.pop(name))
        (self.folder / name).unlink()

    def rename(self, name: str, to: str) -> None:
        """Put a file in the place of another."""
        self.drop(to)
        (self.folder / name).rename(self.folder / to)
        self.fds[to] = self.fds.pop(name)

    def seal(self, told: dict[str, str]) -> dict[str, str]:
        """Leave empty files out, sync the others; the SHA-256 of each (``told``: those that are known already)."""
        for name in [name for name, fd in self.fds.items() if not os.fstat(fd).st_size]:
            self.drop(name)
        for fd in self.fds.values():
            os.fsync(fd)
        _sync(self.folder)
        return {name: told.get(name) or _digest(self.folder / name) for name in sorted(self.fds)}

    def keep(self) -> str:
        """Move the folder to its place; its name there. Only while the case's write lock is held."""
        name = self.folder.name.removeprefix(_BUILDING)
        self.folder.rename(self._root / name)
        self.folder = self._root / name
        (self.folder / _LOCK).unlink()
        _sync(self._root)
        return name

    def close(self, *, kept: bool) -> None:
        """Give the files back; unless ``kept`` they are deleted."""
        for fd in self.fds.values():
            os.close(fd)
        self.fds.clear()
        if not kept:
            shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


class KnownFiles:
    """All folders of one kind in a case."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def new(self, names: Collection[str]) -> NewShelf:
        """Begin a folder with empty files of these names."""
        return NewShelf(self._root, names)

    def path(self, folder: str) -> Path:
        """Where a list's files lie."""
        return self._root / folder

    def digests(self, folder: str) -> dict[str, str]:
        """SHA-256 of every file of a list; empty where the folder is gone."""
        with contextlib.suppress(FileNotFoundError):
            return {path.name: _digest(path) for path in sorted(self.path(folder).iterdir())}
        return {}

    def delete(self, folder: str) -> None:
        """Delete a list's files."""
        if folder:
            shutil.rmtree(self.path(folder), ignore_errors=True)

    def tidy(self, named: Collection[str]) -> None:
        """Delete what no list names and nobody is working on; only while the case's write lock is held."""
        for path in self._root.iterdir() if self._root.is_dir() else ():
            if path.name.startswith(_BUILDING):
                if _abandoned(path):
                    shutil.rmtree(path, ignore_errors=True)
            elif path.name not in named:
                shutil.rmtree(path, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    try:
        if time.time() - folder.stat().st_mtime < _YOUNG:
            return False  # its maker may not hold the lock yet
        fd = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
