"""Places and things seen in clips: every new clip compared with stills and other clips, every new still with clips."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from homeward.core.canonical import Plain
from homeward.flow.clues.elsewhere import CANDIDATES, MISSES, RANKED
from homeward.flow.clues.sights import End, Marks, finished, look, row_of, rows_key, standing_keys
from homeward.flow.described import STILL
from homeward.flow.growing import Parts
from homeward.flow.steps import Step
from homeward.store import digests, reads, results, stacks, traces
from homeward.store import sights as store

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from homeward.flow.features.gallery import Featured, Gallery, Moments
    from homeward.flow.progress import Progress
    from homeward.indexes.local import LocalIndex
    from homeward.store import Case
    from homeward.store.sights import SightRow

Pair = tuple[int, int]


def clip_sights(case: Case, step: Step, progress: Progress) -> None:
    """Compare what was not compared yet: new stills with the clips that were there, then new clips with everything.

    Copies of clips and of stills are left out, and so are pairs of which one shows a stretch of the other: that is a copy.
    """
    from homeward.flow.features.gallery import Gallery, Moments  # brings kernels that no list needs

    key = rows_key(step)
    looker = _Looker(case, Gallery(case), Moments(case), key)
    if not looker.frames:
        return
    clips = Parts(case, step, key, list(looker.frames), "clips")
    stills = Parts(case, step, key, looker.stills.items, "stills")
    if clips.done:
        _each(case, stills, looker, set(clips.done), progress)
    else:
        stills.pass_over()  # every clip is about to be compared with them
    _each(case, clips, looker, set(looker.frames), progress)
    if results.step_key(case, finished(step)) != key:
        about: dict[str, Plain] = {"step": step.name, "version": step.version, "params": step.params_digest, "rows": ""}
        with case.batch("step.set", about) as batch:
            results.write_step_key(case, batch, finished(step), key)


def _each(case: Case, parts: Parts, looker: _Looker, clips: Set[int], progress: Progress) -> None:
    for some in parts.each(progress):
        rows = []
        for item in some:
            rows += looker.look(item, clips)
            progress.advance(1)
        with parts.writing() as batch:
            store.write_sights(case, rows, parts.key, batch.seq)
            batch.details["sights"] = digests.SIGHTS.digest(case, batch.seq)


class _Near(NamedTuple):
    """A picture of one item and one of another that the index brings together; the least is the nearest."""

    apart: float
    """What they share by the index, negative. Frames of one clip have about as many features, so that what each shares tells
    which to look at; no ratio rests on it.
    """
    time_ms: int
    other_ms: int


class _Looker:
    """Looks at stills and clips in turn; no pair is looked at twice."""

    def __init__(self, case: Case, stills: Gallery, moments: Moments, key: str) -> None:
        self.stills, self._moments = stills, moments
        self._names = reads.item_names(case)
        self._copies = {row.item for row in stacks.members(case) if row.item != row.exemplar}
        copies = ((a, b) for a, b, _ in traces.clip_pairs(case))
        self._looked = {self._ordered(*pair): True for pair in (*copies, *store.seen_pairs(case, key))}
        self._keys = {*standing_keys(case), key}
        self._case = case
        self.frames: dict[int, list[int]] = defaultdict(list)
        """Of each clip the times of its frames; clips in the order in which they came."""
        for number in moments.items:
            item, time_ms = moments.named(number)
            self.frames[item].append(time_ms)

    @cached_property
    def _marks(self) -> Marks:
        return Marks(store.marks(self._case, self._keys))

    @cached_property
    def _indexes(self) -> dict[Featured, LocalIndex]:
        return {gallery: gallery.index() for gallery in (self.stills, self._moments)}

    def look(self, item: int, clips: Set[int]) -> list[SightRow]:
        """What ``item`` and the pictures most like it show together: a still and ``clips``, or a clip, ``clips`` and stills.

        Where marks lie over it, those that are most like it beside them too.
        """
        if item in self._copies:
            return []
        galleries: list[Featured] = [self._moments, self.stills] if item in self.frames else [self._moments]
        found = [row for gallery in galleries for row in self._seen(item, self._near(item, gallery, clips))]
        if item in self._marks:
            for gallery in galleries:
                found += self._seen(item, self._near(item, gallery, clips, marked=False))
        return found

    def _near(self, item: int, gallery: Featured, clips: Set[int], *, marked: bool = True) -> dict[int, list[_Near]]:
        """Others that share most with pictures of ``item``, the nearest first, with the pictures to look at.

        Without ``marked`` what lies under marks does not count.
        """
        from homeward.flow.features.gallery import LEAST_TO_COMPARE, OF_A_CLIP

        found: dict[int, list[_Near]] = defaultdict(list)
        index, most = self._indexes[gallery], CANDIDATES if gallery is self.stills else CANDIDATES * OF_A_CLIP
        for time_ms in self.frames.get(item, [STILL]):
            features = self._end(item, time_ms).features
            codes = features.codes if marked else features.codes[self._marks.beside(item, features)]
            if len(codes) < LEAST_TO_COMPARE:
                continue
            ranked = index.search(codes, RANKED)
            shared = dict(zip(ranked.id.tolist(), ranked.score.tolist(), strict=True))
            others = (number for number in shared if self._asked(item, self._named(gallery, number), clips))
            for number in islice(gallery.thinned(others), most):
                other, other_ms = self._named(gallery, number)
                found[other].append(_Near(-shared[number], time_ms, other_ms))
        nearest = sorted(found, key=lambda other: (min(found[other]).apart, self._names[other]))
        return {other: sorted(found[other])[:OF_A_CLIP] for other in nearest[:CANDIDATES]}

    def _named(self, gallery: Featured, number: int) -> Pair:
        return self._moments.named(number) if gallery is self._moments else (number, STILL)

    def _asked(self, item: int, end: Pair, clips: Set[int]) -> bool:
        """Whether ``item`` is compared with what lies at an end: with neither itself nor copies."""
        other, time_ms = end
        return other != item and other not in self._copies and (time_ms == STILL or other in clips)

    def _seen(self, item: int, near: dict[int, list[_Near]]) -> Iterator[SightRow]:
        misses = 0
        for other, pictures in near.items():
            pair = self._ordered(item, other)
            if pair not in self._looked:
                row = self._compare(item, other, pictures)
                self._looked[pair] = row is not None
                if row is not None:
                    self._marks.note(row)
                    yield row
            misses = 0 if self._looked[pair] else misses + 1
            if misses == MISSES:
                return

    def _compare(self, item: int, other: int, pictures: list[_Near]) -> SightRow | None:
        ends = [(self._end(item, one.time_ms), self._end(other, one.other_ms)) for one in pictures]
        turned = self._ordered(item, other) != (item, other)
        return row_of([look(b, a) if turned else look(a, b) for a, b in ends])

    def _end(self, item: int, time_ms: int) -> End:
        if time_ms == STILL:
            return End(item, self.stills.features(item))
        return End(item, self._moments.features(self._moments.number(item, time_ms)), time_ms)

    def _ordered(self, a: int, b: int) -> Pair:
        """In an order that has nothing to do with the order of arrival."""
        return (a, b) if self._names[a] < self._names[b] else (b, a)
