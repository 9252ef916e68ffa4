"""Cases for what leaves them."""

from __future__ import annotations

from pathlib import Path

import homeward
from homeward.flow.ingest import Delivery, ingest
from homeward.flow.progress import Quiet
from homeward.store import Case


def make_case(folder: Path, seized: Path, agency: str) -> Case:
    Case.create(folder, agency).close()
    case = homeward.open(folder)
    ingest(case, [Delivery("X 1", seized, "W", "")], Quiet())
    return case
