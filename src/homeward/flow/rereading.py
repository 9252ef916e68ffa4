"""All evidence read once more and compared with what was registered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from homeward.evidence import sources
from homeward.flow.reading import read_sources
from homeward.store import reads

if TYPE_CHECKING:
    from homeward.evidence import Found, Source
    from homeward.flow.progress import Progress
    from homeward.sandbox import Lost
    from homeward.store import Case


def changed_evidence(case: Case, progress: Progress, jobs: int) -> tuple[int, list[str]]:
    """Read and hash everything again. Returns how many occurrences were compared, and one sentence for each that differs."""
    compared = 0
    faults: list[str] = []
    for exhibit in reads.exhibits(case):
        location = Path(exhibit.location)
        progress.begin(f"Reading {exhibit.label} again", None)
        if not location.exists():
            faults.append(f"the exhibit {exhibit.label} is no longer where it was registered")
            continue
        comparison = _Comparison(exhibit.label, reads.listing(case, exhibit.pk), progress)
        read_sources(sources(location), comparison, jobs)
        faults += comparison.finish()
        compared += comparison.count
    return compared, faults


class _Comparison:
    """Takes what is read now and strikes it off the list of what was registered."""

    def __init__(self, label: str, registered: dict[str, tuple[int, str | None, bool]], progress: Progress) -> None:
        self._label, self._registered, self._progress = label, registered, progress
        self._faults: list[str] = []
        self.count = 0

    def found(self, source: Source, found: Found) -> None:  # noqa: ARG002 - a taker's signature
        """One occurrence as it reads now."""
        path = str(found.path)
        if path not in self._registered:
            self._faults.append(f"{self._label} > {path} was not there when the exhibit was registered")
            return
        self.count += 1
        now = found.digests.sha256 if found.digests else None
        if self._registered.pop(path)[1] != now:
            self._faults.append(f"{self._label} > {path} is not what was registered: its content has changed")

    def lost(self, source: Source, lost: Lost) -> None:
        """The worker was lost over a source, as it may have been at first."""

    def finished(self, source: Source) -> None:
        """A source was read to its end."""
        self._progress.advance(1, source.size)

    def finish(self) -> list[str]:
        """Everything that differs, what is missing last."""
        gone = [path for path, (_, sha256, _) in self._registered.items() if sha256 is not None]
        return [*self._faults, *(f"{self._label} > {path} is missing" for path in sorted(gone))]
