"""What a hostile file is, and what may come of it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal["still", "video", "container", "other"]
Expect = Literal["fine", "damaged", "failed", "any"]
"""``fine``: must be taken as whole. ``damaged``: must not be: shown in part and said to be damaged, or failed with a reason; a
container keeps what can be read and says what cannot (also by a stated hash that differs from the measured one).
``failed``: nothing can come out, so it must fail with a reason. ``any``: only survival, a bounded cost, and a row are
asked for."""


class HostileFile(msgspec.Struct, frozen=True):
    """A file that means harm, or a healthy control. ``name`` is a file name without folders, unique in its corpus."""

    name: str
    data: bytes
    expect: Expect
    kind: Kind = "still"


class Planted(msgspec.Struct, frozen=True):
    """A hostile file on disk."""

    path: Path
    expect: Expect
    kind: Kind
