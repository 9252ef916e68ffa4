"""Drawing an empty room: surfaces in perspective, what hangs on them, what stands on the floor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]
"""Fractions of the picture's width and height, so that a seed shows the same room at every size."""


class Dice:
    """Seeded draws from numpy's legacy generator: the only one whose stream is promised never to change."""

    def __init__(self, seed: int) -> None:
        self.state = np.random.RandomState(seed)

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * float(self.state.random_sample())

    def whole(self, low: int, high: int) -> int:
        """Uniform integer in [low, high]."""
        return int(self.state.randint(low, high + 1))

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return float(self.state.random_sample()) < probability

    def colour(self, dark: int = 25, bright: int = 235) -> Colour:
        """A colour around a random brightness, so that neighbours differ in grey too."""
        grey = self.whole(dark, bright)
        red, green, blue = (min(255, max(0, grey + self.whole(-45, 45))) for _ in range(3))
        return red, green, blue


def shaded(colour: Colour, percent: int) -> Colour:
    """The colour made darker (below 100) or brighter."""
    red, green, blue = (min(255, part * percent // 100) for part in colour)
    return red, green, blue


class Surface(msgspec.Struct, frozen=True):
    """A flat face with points (u, v) in [0, 1]²; v grows towards the viewer and is foreshortened by ``depth`` (near : far)."""

    far: tuple[Point, Point]
    near: tuple[Point, Point]
    depth: float = 1.0

    def at(self, u: float, v: float) -> Point:
        """Where (u, v) lies in the picture."""
        s = v / (v + self.depth * (1 - v))
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = *self.far, *self.near
        left, right = (ax + (cx - ax) * s, ay + (cy - ay) * s), (bx + (dx - bx) * s, by + (dy - by) * s)
        return left[0] + (right[0] - left[0]) * u, left[1] + (right[1] - left[1]) * u


class Canvas:
    """A picture in the making, addressed in fractions."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width, height))
        self._draw = ImageDraw.Draw(self.image)
        self._scale = (width, height)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill."""
        width, height = self._scale
        self._draw.polygon([(round(x * width), round(y * height)) for x, y in points], fill=colour)

    def ellipse(self, centre: Point, across: float, down: float, colour: Colour) -> None:
        """Fill; ``across`` and ``down`` are the half axes."""
        (x, y), (width, height) = centre, self._scale
        left, top, right, bottom = x - across, y - down, x + across, y + down
        self._draw.ellipse(
            (round(left * width), round(top * height), round(right * width), round(bottom * height)), fill=colour
        )

    def patch(self, surface: Surface, box: tuple[float, float, float, float], colour: Colour) -> None:
        """Fill the part ``u0, v0, u1, v1`` of a surface."""
        u0, v0, u1, v1 = box
        self.polygon([surface.at(u0, v0), surface.at(u1, v0), surface.at(u1, v1), surface.at(u0, v1)], colour)


def papered(canvas: Canvas, surface: Surface, dice: Dice) -> None:
    """Cover a wall or the floor with one of five patterns."""
    colours = (dice.colour(), dice.colour())
    across, along = dice.whole(3, 9), dice.whole(3, 9)
    pattern = dice.whole(0, 4)
    canvas.patch(surface, (0, 0, 1, 1), colours[0])
    if pattern == 0:
        for i in range(0, 2 * across, 2):
            canvas.patch(surface, (i / (2 * across), 0, (i + 1) / (2 * across), 1), colours[1])
        return
    for i in range(across):
        for j in range(along):
            left, top, right, bottom = i / across, j / along, (i + 1) / across, (j + 1) / along
            if pattern == 1 and (i + j) % 2:
                canvas.patch(surface, (left, top, right, bottom), colours[1])
            elif pattern == 2:
                shift = 0.5 / across if j % 2 else 0.0
                canvas.patch(surface, (min(1, left + shift), top, min(1, right + shift - 0.01), bottom - 0.02), colours[1])
            elif pattern == 3:
                middle, centre = (left + right) / 2, (top + bottom) / 2
                corners = ((middle, top), (right, centre), (middle, bottom), (left, centre))
                canvas.polygon([surface.at(u, v) for u, v in corners], colours[1])
            elif pattern == 4 and j % 2 == 0:
                canvas.patch(surface, (left, top, right, bottom), shaded(colours[1], 60 + 80 * ((i * 7 + j) % 5) // 5))


def window(canvas: Canvas, wall: Surface, box: tuple[float, float, float, float], dice: Dice) -> None:
    """A frame, sky, two hills, bars and curtains."""
    u0, v0, u1, v1 = box
    frame, sky, hill = dice.colour(150, 250), dice.colour(120, 255), dice.colour(20, 120)
    canvas.patch(wall, box, frame)
    inner = (u0 + 0.01, v0 + 0.015, u1 - 0.01, v1 - 0.015)
    canvas.patch(wall, inner, sky)
    left, right, floor = inner[0], inner[2], inner[3]
    ridge = [(left, floor), *((left + (right - left) * i / 6, floor - (v1 - v0) * dice.between(0.1, 0.6)) for i in range(7))]
    canvas.polygon([wall.at(u, v) for u, v in [*ridge, (right, floor)]], hill)
    middle, centre = (u0 + u1) / 2, (v0 + v1) / 2
    canvas.patch(wall, (middle - 0.008, v0, middle + 0.008, v1), frame)
    canvas.patch(wall, (u0, centre - 0.008, u1, centre + 0.008), frame)
    cloth = dice.colour()
    for start, share in ((u0 - 0.03, 1), (u1 - (u1 - u0) * 0.2, -1)):
        for fold in range(4):
            step = (u1 - u0) * 0.06
            canvas.patch(
                wall,
                (start + fold * step, v0 - 0.03, start + (fold + 1) * step, v1 + 0.1),
                shaded(cloth, 100 - 18 * (fold % 2) * share),
            )


def poster(canvas: Canvas, wall: Surface, box: tuple[float, float, float, float], dice: Dice) -> None:
    """Framed blocks of colour with a disc."""
    u0, v0, u1, v1 = box
    canvas.patch(wall, (u0 - 0.01, v0 - 0.012, u1 + 0.01, v1 + 0.012), dice.colour(10, 90))
    columns, rows = dice.whole(1, 3), dice.whole(1, 4)
    for i in range(columns):
        for j in range(rows):
            cell = (u0 + (u1 - u0) * i / columns, v0 + (v1 - v0) * j / rows)
            canvas.patch(wall, (*cell, cell[0] + (u1 - u0) / columns, cell[1] + (v1 - v0) / rows), dice.colour(10, 250))
    x, y = wall.at((u0 + u1) / 2, v0 + (v1 - v0) * dice.between(0.25, 0.75))
    edge = abs(wall.at(u1, v0)[0] - wall.at(u0, v0)[0]) / 5
    canvas.ellipse((x, y), edge, edge * 1.2, dice.colour(10, 250))


def shelf(canvas: Canvas, wall: Surface, box: tuple[float, float, float, float], dice: Dice) -> None:
    """Boards with books of many colours."""
    u0, v0, u1, v1 = box
    wood, boards = dice.colour(40, 160), dice.whole(2, 4)
    canvas.patch(wall, box, shaded(wood, 55))
    for board in range(boards):
        top, bottom = v0 + (v1 - v0) * board / boards, v0 + (v1 - v0) * (board + 1) / boards
        at = u0 + 0.01
        while at < u1 - 0.03:
            thick = dice.between(0.012, 0.035)
            if dice.chance(0.85):
                canvas.patch(
                    wall, (at, bottom - (bottom - top) * dice.between(0.5, 0.9), min(at + thick, u1), bottom), dice.colour()
                )
            at += thick
        canvas.patch(wall, (u0, bottom - 0.015, u1, bottom), wood)


def door(canvas: Canvas, wall: Surface, box: tuple[float, float, float, float], dice: Dice) -> None:
    """Down to the floor, with panels and a knob."""
    u0, v0, u1, _ = box
    wood = dice.colour(60, 220)
    canvas.patch(wall, (u0 - 0.012, v0 - 0.015, u1 + 0.012, 1), shaded(wood, 70))
    canvas.patch(wall, (u0, v0, u1, 1), wood)
    for panel in range(2):
        top = v0 + (1 - v0) * (0.1 + 0.45 * panel)
        canvas.patch(wall, (u0 + 0.02, top, u1 - 0.02, top + (1 - v0) * 0.35), shaded(wood, 85))
    canvas.ellipse(wall.at(u1 - 0.02, (v0 + 1) / 2), 0.006, 0.008, dice.colour(180, 255))


HUNG: tuple[Callable[[Canvas, Surface, tuple[float, float, float, float], Dice], None], ...] = (window, poster, shelf, door)


def block(
    canvas: Canvas, floor: Surface, box: tuple[float, float, float, float], lift: tuple[float, float], colour: Colour
) -> Surface:
    """A box on the floor part ``u0, v0, u1, v1`` between two heights (fractions of the picture at v = 1); returns its top."""
    u0, v0, u1, v1 = box

    def raised(u: float, v: float, height: float) -> Point:
        x, y = floor.at(u, v)
        width = floor.at(1, v)[0] - floor.at(0, v)[0]
        return x, y - height * width / (floor.at(1, 1)[0] - floor.at(0, 1)[0])

    low, high = lift
    side = u1 if (u0 + u1) / 2 < 0.5 else u0
    canvas.polygon(
        [raised(side, v0, high), raised(side, v1, high), raised(side, v1, low), raised(side, v0, low)], shaded(colour, 70)
    )
    canvas.polygon([raised(u0, v1, high), raised(u1, v1, high), raised(u1, v1, low), raised(u0, v1, low)], shaded(colour, 85))
    top = Surface((raised(u0, v0, high), raised(u1, v0, high)), (raised(u0, v1, high), raised(u1, v1, high)))
    canvas.patch(top, (0, 0, 1, 1), shaded(colour, 110))
    return top


def bed(canvas: Canvas, floor: Surface, dice: Dice) -> None:
    """A frame, a mattress with a striped or checked blanket, one pillow."""
    u0 = dice.between(0.0, 0.5)
    v0 = dice.between(0.1, 0.4)
    box = (u0, v0, u0 + dice.between(0.3, 0.5), v0 + dice.between(0.35, 0.5))
    block(canvas, floor, box, (0, 0.12), dice.colour(30, 140))
    top = block(canvas, floor, box, (0.12, dice.between(0.2, 0.3)), dice.colour(120, 240))
    papered(canvas, Surface((top.at(0, 0.35), top.at(1, 0.35)), top.near), dice)
    canvas.patch(top, (0.15, 0.05, 0.85, 0.28), dice.colour(190, 255))


def table(canvas: Canvas, floor: Surface, dice: Dice) -> None:
    """Four legs, a top, and a few things on it."""
    u0, v0, height, wood = dice.between(0.05, 0.65), dice.between(0.3, 0.7), dice.between(0.18, 0.4), dice.colour(40, 200)
    u1, v1 = u0 + dice.between(0.2, 0.4), v0 + dice.between(0.1, 0.25)
    for u in (u0, u1 - 0.02):
        for v in (v0, v1 - 0.02):
            block(canvas, floor, (u, v, u + 0.02, v + 0.02), (0, height), shaded(wood, 70))
    top = block(canvas, floor, (u0, v0, u1, v1), (height, height + 0.03), wood)
    for _ in range(dice.whole(1, 4)):
        x, y = top.at(dice.between(0.1, 0.9), dice.between(0.2, 0.8))
        tall, wide = dice.between(0.04, 0.14), dice.between(0.01, 0.04)
        canvas.polygon([(x - wide, y - tall), (x + wide, y - tall), (x + wide * 0.7, y), (x - wide * 0.7, y)], dice.colour())


def chest(canvas: Canvas, floor: Surface, dice: Dice) -> None:
    """A cupboard with drawers."""
    u0, v0, height = dice.between(0.0, 0.75), dice.between(0.02, 0.5), dice.between(0.2, 0.75)
    box = (u0, v0, u0 + dice.between(0.15, 0.35), v0 + dice.between(0.1, 0.2))
    wood = dice.colour(30, 230)
    drawers = dice.whole(2, 5)
    for drawer in range(drawers):
        block(canvas, floor, box, (height * drawer / drawers, height * (drawer + 0.85) / drawers), wood)


def rug(canvas: Canvas, floor: Surface, dice: Dice) -> None:
    """Rings of two colours, lying flat."""
    x, y = floor.at(dice.between(0.2, 0.8), dice.between(0.5, 0.85))
    across, down, colours = dice.between(0.1, 0.3), dice.between(0.03, 0.09), (dice.colour(), dice.colour())
    rings = dice.whole(2, 5)
    for ring in range(rings):
        part = 1 - ring / rings
        canvas.ellipse((x, y), across * part, down * part, colours[ring % 2])


def lamp(canvas: Canvas, floor: Surface, dice: Dice) -> None:
    """A pole with a bright shade."""
    x, y = floor.at(dice.between(0.03, 0.97), dice.between(0.1, 0.6))
    tall, wide = dice.between(0.3, 0.6), dice.between(0.03, 0.09)
    pole, shade = dice.colour(10, 90), dice.colour(200, 255)
    canvas.ellipse((x, y), wide * 0.7, wide * 0.3, pole)
    canvas.polygon([(x - 0.005, y), (x + 0.005, y), (x + 0.005, y - tall), (x - 0.005, y - tall)], pole)
    points = [(x - wide * 0.5, y - tall - 0.12), (x + wide * 0.5, y - tall - 0.12), (x + wide, y - tall), (x - wide, y - tall)]
    canvas.polygon(points, shade)


def plant(canvas: Canvas, floor: Surface, dice: Dice) -> None:
    """A pot with leaves."""
    x, y = floor.at(dice.between(0.05, 0.95), dice.between(0.2, 0.8))
    size, leaf = dice.between(0.03, 0.08), dice.colour(30, 130)
    for _ in range(9):
        place = (x + dice.between(-1.6, 1.6) * size, y - size * dice.between(2.2, 5.5))
        canvas.ellipse(place, size * dice.between(0.3, 0.8), size * dice.between(0.5, 1.1), shaded(leaf, dice.whole(60, 150)))
    canvas.polygon(
        [(x - size, y - size * 2.2), (x + size, y - size * 2.2), (x + size * 0.7, y), (x - size * 0.7, y)], dice.colour()
    )


STANDING: tuple[Callable[[Canvas, Surface, Dice], None], ...] = (chest, bed, rug, table, lamp, plant)
