"""Files that lie beside a capture, as chat exports keep them: hashed where they lie, never parsed, never outside its folder."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from homeward.communities.captured import Attachment


class Beside:
    """The folder that a capture lies in; None where it lies in none, as it was handed over."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._outside = 0
        self._missing = 0

    def filled(self, attachment: Attachment) -> tuple[str, str, str, str, str, str, int | None, str, bool]:
        """An attachment as a row, with its SHA-256 where its file lies beside the capture."""
        if attachment.captured and attachment.path and not (attachment.sha256 or attachment.sha1 or attachment.md5):
            attachment = self._hashed(attachment)
        return msgspec.structs.astuple(attachment)

    def notes(self) -> Iterator[str]:
        """What a person should know."""
        if self._outside:
            yield f"{self._outside} attachments are said to lie outside of its folder: they were not opened"
        if self._missing:
            yield f"{self._missing} attachments are not where it says: they count as not captured"

    def _hashed(self, attachment: Attachment) -> Attachment:
        steps = attachment.path.replace("\\", "/").split("/")
        if attachment.path.startswith(("/", "\\")) or ".." in steps or "\0" in attachment.path:
            self._outside += 1
            return msgspec.structs.replace(attachment, captured=False)
        found = self._open([step for step in steps if step not in {"", "."}])
        if found is None:
            self._missing += 1
            return msgspec.structs.replace(attachment, captured=False)
        with open(found, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor
            size = os.fstat(found).st_size
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return msgspec.structs.replace(attachment, sha256=digest, size=size)

    def _open(self, steps: list[str]) -> int | None:
        """Descriptor of a file below the folder; no link is followed on the way."""
        if self._folder is None:
            return None
        at = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for step in steps[:-1]:
                below = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
                os.close(at)
                at = below
            name = steps[-1] if steps else "."
            found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
        except OSError:
            return None
        finally:
            os.close(at)
        if stat.S_ISREG(os.fstat(found).st_mode):
            return found
        os.close(found)
        return None
