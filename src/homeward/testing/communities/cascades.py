"""Files that are passed on: producers who post, sources who never do, and collectors who are first with what others made."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from homeward.communities.appearance import Showing
from homeward.communities.records import Handle, Window

_DAY = 86_400.0


class CascadeRanges(NamedTuple):
    """Ranges from which a world draws its own values, each as (low, high)."""

    coverage: tuple[float, float]
    """Share of a board's posts that its capture holds."""
    leaked: tuple[float, float]
    """Share of series whose source never posts them; a collector is first."""
    unknown: tuple[float, float]
    """Share of files without a camera hypothesis."""
    wrong: tuple[float, float]
    """Share of camera hypotheses that are wrong."""
    strips: tuple[float, float]
    """Share of producers who post re-made copies."""
    pretending: float = 0.0
    """Share of collectors who post copies that look original."""


TUNE = CascadeRanges((0.3, 0.95), (0.2, 0.3), (0.1, 0.2), (0.02, 0.12), (0.3, 0.45))
TUNE_SPARSE = TUNE._replace(coverage=(0.08, 0.3))
REPORT = CascadeRanges((0.2, 0.9), (0.33, 0.4), (0.22, 0.3), (0.13, 0.18), (0.48, 0.6))
SPARSE = REPORT._replace(coverage=(0.05, 0.4))
PRETENDING = REPORT._replace(pretending=1.0)


class CascadeWorld(NamedTuple):
    """What a capture holds, and who the source of each series is (None: one who never posted it)."""

    showings: list[Showing]
    series: dict[str, str]
    cameras: dict[str, str]
    windows: list[Window]
    sources: dict[str, Handle | None]


def cascade_world(
    seed: int, ranges: CascadeRanges = REPORT, *, handles: int = 1500, producers: int = 30, collectors: int = 60
) -> CascadeWorld:
    """Make a world of producers (numbers from zero), collectors (the next) and all others, on forty boards."""
    return _World(np.random.default_rng(seed), ranges, handles, producers, collectors).made()


class _World:
    def __init__(
        self, random: np.random.Generator, ranges: CascadeRanges, handles: int, producers: int, collectors: int
    ) -> None:
        self.random, self.ranges = random, ranges
        self.handles, self.producers, self.collectors = handles, producers, collectors
        self.home = random.integers(0, 40, (handles, 3))
        self.leaked, self.unknown = random.uniform(*ranges.leaked), random.uniform(*ranges.unknown)
        self.wrong, self.strips = random.uniform(*ranges.wrong), random.uniform(*ranges.strips)
        self.pretends = random.random(handles) < ranges.pretending
        self.remakes = random.random(handles) < self.strips
        self.boards = [self._window(board) for board in range(40)]
        self.showings: list[Showing] = []
        self.series: dict[str, str] = {}
        self.cameras: dict[str, str] = {}
        self.sources: dict[str, Handle | None] = {}

    def _window(self, board: int) -> Window:
        start = self.random.uniform(-200, 300) * _DAY
        share = float(self.random.uniform(*self.ranges.coverage))
        return Window("made", f"board{board}", start, 900 * _DAY, share)

    def made(self) -> CascadeWorld:
        for producer in range(self.producers):
            cameras = [f"camera{producer}-{n}" for n in range(self.random.integers(1, 3))]
            for number in range(self.random.integers(3, 12)):
                self._one_series(producer, f"series{producer:04}-{number}", str(self.random.choice(cameras)))
        return CascadeWorld(self.showings, self.series, self.cameras, self.boards, self.sources)

    def _one_series(self, producer: int, name: str, camera: str) -> None:
        files = [f"{name}-{n}" for n in range(self.random.integers(5, 30))]
        for file in files:
            self.series[file] = name
            if self.random.random() > self.unknown:
                wrong = self.random.random() < self.wrong
                self.cameras[file] = f"camera{self.random.integers(0, self.producers)}-0" if wrong else camera
        day = float(self.random.uniform(0, 800))
        if self.random.random() < self.leaked:
            first, generation = int(self.producers + self.random.integers(0, self.collectors)), 1
            generation = 0 if self.pretends[first] else generation + int(self.random.integers(0, 2))
        else:
            first, generation = producer, int(self.remakes[producer])
        shown = self._passed_on(first, files, day, generation)
        if shown:
            self.sources[name] = self._handle(producer) if first == producer else None

    def _passed_on(self, first: int, files: list[str], day: float, generation: int) -> int:
        """Post by the first, then by others from what those before them posted; how many posts were captured."""
        half = max(1, len(files) // 2)
        captured = self._post(first, files[:half], day, generation)
        captured += self._post(first, files[half:], day + float(self.random.exponential(4)), generation)
        known = [(files, day, generation)]
        for _ in range(int(self.random.pareto(1.1) * 3)):
            have, since, made = known[self.random.integers(0, len(known))]
            kept = [file for file in have if self.random.random() < self.random.uniform(0.4, 1)]
            eager = self.random.random() < 0.3
            who = self.producers + self.random.integers(0, self.collectors) if eager else self.random.integers(0, self.handles)
            then = since + float(self.random.exponential(12))
            again = 0 if self.pretends[who] and made == 0 else made + int(self.random.integers(0, 2))
            if kept and then < 900 and len(known) < 60:
                captured += self._post(int(who), kept, then, again)
                known.append((kept, then, again))
        return captured

    def _handle(self, who: int) -> Handle:
        return Handle("site", f"h{who}")

    def _post(self, who: int, files: list[str], day: float, generation: int) -> int:
        """Whether the post is in its board's capture."""
        window = self.boards[self.random.choice(self.home[who])]
        time = day * _DAY
        if not files or not window.start <= time <= window.end or self.random.random() > window.completeness:
            return 0
        noise = int(self.random.choice([-1, 0, 0, 0, 1]))
        known = max(0, generation + noise) if self.random.random() < 0.8 else None
        self.showings += [Showing(file, self._handle(who), window.board, time, known) for file in files]
        return 1
