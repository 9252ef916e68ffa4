"""What ``homeward status`` says: counts, failures, the locks of this machine, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homeward.descriptors import text_models
from homeward.flow.steps import DESCRIBE
from homeward.sandbox import Pool
from homeward.store import reads, series

if TYPE_CHECKING:
    from homeward.store import Case


def status(case: Case) -> dict[str, Any]:
    """Counts by state and step, failures with reasons, and the sentences ``locks``, ``words`` (empty where
    words are read) and ``next``.
    """
    found = {**reads.status(case), "read_only": case.read_only}
    with Pool([], workers=1) as pool:
        found["locks"] = pool.locks.sentence()
    found["words"] = "" if text_models.available() else text_models.MISSING
    found["next"] = next_step(case, found)
    return found


def next_step(case: Case, found: dict[str, Any]) -> str:
    """The command that a person would give next; ``found`` is what :func:`homeward.store.reads.status` says.

    It leads to nothing that the case does not hold.
    """
    folder, counts = case.folder, found["occurrences"]
    ingest = f"homeward ingest {folder} SOURCE --exhibit LABEL --authority REF"
    if not found["exhibits"]:
        return ingest
    if counts["pending"] and found["waiting"]:
        return f"put what is out of reach back, or ingest it from where it lies now; then homeward process {folder}"
    if counts["pending"]:
        return f"homeward process {folder}"
    if not any(step["step"] == DESCRIBE.name for step in found["steps"]) and not counts["done"]:
        return f"homeward export {folder} --format csv OUT.csv (nothing here can be looked at)"
    if not found["known_lists"]:
        return f"homeward known add {folder} LIST.csv, then homeward process {folder}"
    answers = ["matches"] * bool(found["matched_items"]) + ["series"] * series.any_stand(case)
    if answers:
        return ", then ".join(f"homeward {answer} {folder}" for answer in answers)
    return f"{ingest} (nothing here is a series yet: whatever comes is compared with it)"
