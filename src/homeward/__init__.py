"""Homeward: from seized media to the child who has not been found yet.

``homeward.open(folder)`` is the door for library users; the rooms below are listed in the order of a file's life
(see ``docs/architecture.md``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeward.store import Case

__version__ = "0.1.0"


def open(folder: str | Path) -> Case:  # noqa: A001 - the library's door reads as homeward.open(...)
    """Open an existing case folder.

    Raises:
        homeward.store.CaseNotFound: ``folder`` holds no case.
    """
    from homeward.store import Case

    return Case.open(Path(folder))
