"""Steps over everything that look at what is new only, and end with what they would have found in all of it at once."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from homeward.core.canonical import Plain, canonical_json
from homeward.descriptors import descriptor
from homeward.flow.process import segment_folder
from homeward.flow.steps import Step
from homeward.store import kept, results
from homeward.store.digests import SETS
from homeward.store.kept import Kept, Overtaken, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeward.flow.progress import Progress
    from homeward.store import Case
    from homeward.store.batch import Batch


def still_at(case: Case, mark: str, before: str) -> None:
    """See, inside a batch, that nobody has gone on from where a step in parts was found.

    Raises:
        Overtaken: another run has; nothing may be written.
    """
    if results.step_key(case, mark) != before:
        raise Overtaken(f"another run has gone on with {mark} meanwhile")


PART = 64
"""New pictures that are committed together: a kill loses at most this much comparing."""


class Parts:
    """How far a step has come that looks at new pictures one after the other, a part at a time.

    Args:
        case: the case.
        step: of which the place is kept.
        key: of its results: with another one it begins anew.
        items: all pictures, in the order in which they came; what was looked at stays in front.
        what: names the pictures, of a step that looks at several kinds of them.
    """

    def __init__(self, case: Case, step: Step, key: str, items: list[int], what: str = "compared") -> None:
        self._case, self._step, self.key = case, step, key
        self._mark = f"{step.name}.{what}"
        self._at = results.step_key(case, self._mark)
        before, _, count = self._at.rpartition(":")
        self._done = int(count) if before == key else 0
        self._some: list[int] = []
        self.done = items[: self._done]
        """Pictures that were looked at before."""
        self.todo = items[self._done :]
        """Pictures that were not looked at yet."""

    def each(self, progress: Progress) -> Iterator[list[int]]:
        """Part after part of the pictures to look at; what they give is written by :meth:`writing` before the next one."""
        if self.todo:
            progress.begin(self._step.caption, len(self.todo))
        for start in range(0, len(self.todo), PART):
            self._some = self.todo[start : start + PART]
            yield self._some

    def pass_over(self) -> None:
        """Take all that is to do as done."""
        self._some = self.todo
        if self.todo:
            with self.writing():
                self.todo = []

    @contextmanager
    def writing(self) -> Iterator[Batch]:
        """One ledger entry for what a part gave, and for how far the step has come then.

        Raises:
            Overtaken: another run has gone on meanwhile; nothing is written.
        """
        about: dict[str, Plain] = {"step": self._step.name, "version": self._step.version, "params": self._step.params_digest}
        with self._case.batch("step.part", about) as batch:
            still_at(self._case, self._mark, self._at)
            yield batch
            at = f"{self.key}:{self._done + len(self._some)}"
            results.write_step_key(self._case, batch, self._mark, at)
        self._at, self._done = at, self._done + len(self._some)


class Growth:
    """Where a step stands, and where the case does."""

    def __init__(self, case: Case, step: Step, reads: Plain = None, after: str = "") -> None:
        """``reads``: what the step reads beside items and descriptors, and begins anew for; ``after``: the step whose results
        it reads.
        """
        self._case, self._step = case, step
        folders = [segment_folder(name, descriptor(name).width) for name in step.reads]
        base = canonical_json([step.version, step.params_digest, folders, reads, list(SETS[step.name].columns)])
        items, runs = kept.newest(case, folders)
        earlier = kept.seen(case, after) if after else None
        self.now = Seen(hashlib.sha256(base).hexdigest(), items, runs, earlier.entry if earlier else -1)
        self.before = kept.seen(case, step.name)
        self.written = self.now
        """What was seen, once it is written."""

    @property
    def due(self) -> bool:
        """Whether anything has changed."""
        if self.before is None:
            return True
        return msgspec.structs.replace(self.now, frames=self.before.frames, entry=self.before.entry) != self.before

    @property
    def since(self) -> Seen:
        """What was seen before; nothing where the step begins anew."""
        if self.before is None or self.before.base != self.now.base:
            return Seen(self.now.base)
        return self.before

    @contextmanager
    def writing(self, told: dict[str, Plain], frames: int = 0) -> Iterator[Kept]:
        """One ledger entry for what is written to the rows that are yielded, and for how far the step has come then.

        Raises:
            Overtaken: another run has completed the step meanwhile; nothing is written.
        """
        name, case = self._step.name, self._case
        details: dict[str, Plain] = {"step": name, "version": self._step.version, "params": self._step.params_digest, **told}
        with case.batch("step.set", details) as batch:
            if kept.seen(case, name) != self.before:
                raise Overtaken(f"another run has completed the step {name} meanwhile")
            rows = Kept(case, name, self.before if self.since is self.before else None)
            yield rows
            now = msgspec.structs.replace(self.now, frames=frames, entry=batch.seq)
            results.write_step_key(case, batch, name, msgspec.json.encode(now).decode())
            batch.details["rows"] = rows.text
            self.written = now
