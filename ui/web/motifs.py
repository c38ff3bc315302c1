"""The motifs of drawn covers: each a figure of plain shapes in a field of 200 by 300 units.

A motif takes a generator, so that two items of one kind differ, and a palette, and returns SVG.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence

WIDTH, HEIGHT = 200, 300
Palette = Sequence[str]
"""Deep background, background, first and second figure colour, light."""
Motif = Callable[[random.Random, Palette], str]


def _dots(rng: random.Random, n: int, fill: str, *, top: float = 0, bottom: float = 200) -> str:
    return "".join(
        f'<circle cx="{rng.uniform(4, 196):.0f}" cy="{rng.uniform(top, bottom):.0f}" r="{rng.choice((0.7, 1, 1.6))}" '
        f'fill="{fill}" opacity="{rng.uniform(0.35, 0.95):.2f}"/>'
        for _ in range(n)
    )


def _circle(x: float, y: float, r: float, paint: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" {paint}/>'


def _path(points: Sequence[tuple[float, float]], paint: str) -> str:
    return '<path d="M' + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + f'Z" {paint}/>'


def _orbits(rng: random.Random, p: Palette) -> str:
    x, y, tilt = rng.uniform(70, 130), rng.uniform(95, 145), rng.uniform(-35, 35)
    r = rng.uniform(30, 44)
    rings = "".join(
        f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{r * k:.0f}" ry="{r * k * 0.36:.0f}" fill="none" stroke="{p[3]}" '
        f'stroke-width="{1.6 if i else 3}" opacity="{0.9 - i * 0.2:.1f}" '
        f'transform="rotate({tilt:.0f} {x:.0f} {y:.0f})"/>'
        for i, k in enumerate((1.7, 2.3, 3.1))
    )
    moon = _circle(x + r * 1.75, y - r * 1.3, r * 0.2, f'fill="{p[4]}"')
    shade = _circle(x + r * 0.32, y + r * 0.2, r * 0.86, f'fill="{p[0]}" opacity=".28"')
    return _dots(rng, 46, p[4], bottom=290) + rings + _circle(x, y, r, f'fill="{p[2]}"') + shade + moon


def _peaks(rng: random.Random, p: Palette) -> str:
    sun = _circle(rng.uniform(55, 145), rng.uniform(70, 105), rng.uniform(26, 40), f'fill="{p[2]}"')
    layers = []
    for k, (level, fill, opacity) in enumerate(((150, p[3], 0.5), (185, p[1], 0.95), (222, p[0], 1))):
        xs = [-30 + i * 52 + rng.uniform(-12, 12) for i in range(6)]
        points = [(-40.0, 300.0)]
        for i, x in enumerate(xs):
            points.append((x, level - (rng.uniform(38, 72) if (i + k) % 2 else 0)))
        layers.append(_path([*points, (240.0, 300.0)], f'fill="{fill}" opacity="{opacity}"'))
    return sun + "".join(layers)


def _blinds(rng: random.Random, p: Palette) -> str:
    tilt = rng.uniform(-16, 16)
    slats = "".join(
        f'<rect x="-40" y="{y}" width="280" height="9" fill="{p[3]}" opacity="{0.85 - abs(y - 120) / 260:.2f}"/>'
        for y in range(20, 232, 19)
    )
    x, y = rng.uniform(70, 130), rng.uniform(110, 140)
    figure = _circle(x, y, 24, f'fill="{p[0]}"') + (
        f'<path d="M{x - 50:.0f} 300C{x - 48:.0f} {y + 62:.0f} {x - 28:.0f} {y + 36:.0f} {x:.0f} {y + 34:.0f}'
        f'S{x + 48:.0f} {y + 62:.0f} {x + 50:.0f} 300Z" fill="{p[0]}"/>'
        f'<path d="M{x - 44:.0f} {y - 12:.0f}h88l-18 -9c-4 -22 -48 -22 -52 0Z" fill="{p[0]}"/>'
    )
    return f'<g transform="rotate({tilt:.0f} 100 130)">{slats}</g>' + figure


def _spiral(rng: random.Random, p: Palette) -> str:
    x, y, turn = rng.uniform(85, 115), rng.uniform(110, 140), rng.choice((-1, 1))
    arms = []
    for arm in range(6):
        points = []
        for step in range(60):
            angle = turn * step * 0.115 + arm * math.pi / 3
            radius = 3 + step**1.27
            points.append(f"{x + radius * math.cos(angle):.1f} {y + radius * math.sin(angle):.1f}")
        stroke = p[2] if arm % 2 else p[3]
        arms.append(f'<path d="M{"L".join(points)}" fill="none" stroke="{stroke}" stroke-width="{5 - arm % 3}"/>')
    return "".join(arms) + _circle(x, y, 7, f'fill="{p[4]}"')


def _fangs(rng: random.Random, p: Palette) -> str:
    moon = _circle(rng.uniform(80, 120), 128, rng.uniform(36, 46), f'fill="{p[3]}"')
    count = rng.choice((5, 6, 7))
    width = 200 / count
    top = "".join(
        _path([(i * width, -2), ((i + 1) * width, -2), ((i + 0.5) * width, 60 + rng.uniform(0, 52))], f'fill="{p[0]}"')
        for i in range(count)
    )
    bottom = "".join(
        _path(
            [((i - 0.5) * width, 300), ((i + 0.5) * width, 300), (i * width, 196 - rng.uniform(0, 46))],
            f'fill="{p[2]}" opacity=".9"',
        )
        for i in range(count + 1)
    )
    return moon + top + bottom


def _embrace(rng: random.Random, p: Palette) -> str:
    y, r, gap = rng.uniform(105, 130), rng.uniform(48, 58), rng.uniform(20, 30)
    lines = "".join(
        f'<path d="M0 {190 + i * 13} Q 50 {178 + i * 13} 100 {190 + i * 13} T 200 {190 + i * 13}" fill="none" '
        f'stroke="{p[4]}" opacity="{0.55 - i * 0.06:.2f}" stroke-width="1.5"/>'
        for i in range(6)
    )
    return (
        _circle(100 - gap, y, r, f'fill="{p[2]}" opacity=".92"')
        + _circle(100 + gap, y + rng.uniform(-8, 8), r, f'fill="{p[3]}" opacity=".72"')
        + lines
    )


def _tiles(rng: random.Random, p: Palette) -> str:
    shapes = []
    for row in range(5):
        for column in range(4):
            x, y, fill = column * 50, row * 50, rng.choice(p[2:])
            ground = rng.choice((p[0], p[1], p[1], p[2]))
            turn = rng.choice((0, 90, 180, 270))
            kind = rng.randrange(4)
            if kind == 0:
                figure = f'<path d="M0 0H50A50 50 0 0 1 0 50Z" fill="{fill}"/>'
            elif kind == 1:
                figure = _circle(25, 25, 17, f'fill="{fill}"')
            elif kind == 2:
                figure = f'<path d="M0 25A25 25 0 0 1 50 25Z" fill="{fill}"/>'
            else:
                figure = f'<path d="M0 0L50 50H0Z" fill="{fill}"/>'
            shapes.append(
                f'<g transform="translate({x} {y})"><rect width="50.5" height="50.5" fill="{ground}"/>'
                f'<g transform="rotate({turn} 25 25)">{figure}</g></g>'
            )
    return "".join(shapes)


def _tide(rng: random.Random, p: Palette) -> str:
    disc = _circle(rng.uniform(60, 140), rng.uniform(85, 110), rng.uniform(32, 46), f'fill="{p[3]}"')
    waves = []
    for i in range(6):
        y, swing, shift = 128 + i * 28, rng.uniform(8, 18), rng.uniform(-40, 0)
        fill = (p[2], p[1], p[0])[i % 3]
        waves.append(
            f'<path d="M{shift:.0f} {y}q 35 {-swing:.0f} 70 0t70 0t70 0t70 0V300H{shift:.0f}Z" fill="{fill}" '
            f'opacity="{0.62 + i * 0.06:.2f}"/>'
        )
    return disc + "".join(waves)


def _slashes(rng: random.Random, p: Palette) -> str:
    bars, x = [], -90.0
    while x < 220:
        width = rng.uniform(5, 34)
        fill = rng.choice((p[2], p[2], p[3], p[0], p[4]))
        bars.append(
            f'<rect x="{x:.0f}" y="{rng.uniform(-60, 40):.0f}" width="{width:.0f}" '
            f'height="{rng.uniform(150, 330):.0f}" fill="{fill}" opacity="{rng.uniform(0.55, 0.95):.2f}"/>'
        )
        x += width + rng.uniform(4, 18)
    return f'<g transform="skewX(-24) translate(60 0)">{"".join(bars)}</g>'


def _towers(rng: random.Random, p: Palette) -> str:
    moon = _circle(rng.uniform(60, 140), 88, rng.uniform(30, 40), f'fill="{p[3]}"')
    towers, x = [], -6.0
    while x < 200:
        width, height = rng.uniform(20, 36), rng.uniform(70, 165)
        top = 300 - height
        towers.append(
            f'<rect x="{x:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}" fill="{p[0]}"/>'
            + _path([(x - 4, top), (x + width + 4, top), (x + width / 2, top - width * 1.5)], f'fill="{p[2]}"')
            + f'<rect x="{x + width / 2 - 2.5:.0f}" y="{top + 16:.0f}" width="5" height="11" rx="2.5" fill="{p[3]}"/>'
        )
        x += width + rng.uniform(0, 14)
    return _dots(rng, 34, p[4], bottom=170) + moon + "".join(towers)


def _balloons(rng: random.Random, p: Palette) -> str:
    shapes = []
    for i in range(8):
        x, y, r = (
            22 + (i % 4) * 52 + rng.uniform(-14, 14),
            52 + (i // 4) * 84 + rng.uniform(-26, 26),
            rng.uniform(17, 32),
        )
        fill = p[2:][i % 3]
        shapes.append(
            f'<path d="M{x:.0f} {y + r:.0f}Q{x + rng.uniform(-12, 12):.0f} {y + r + 40:.0f} {x:.0f} {y + r + 90:.0f}" '
            f'stroke="{p[4]}" fill="none" opacity=".6"/>'
            + _circle(x, y, r, f'fill="{fill}"')
            + _circle(x - r * 0.32, y - r * 0.34, r * 0.2, f'fill="{p[4]}" opacity=".75"')
        )
    return "".join(shapes)


def _mesa(rng: random.Random, p: Palette) -> str:
    x, y, r = rng.uniform(75, 125), 132, rng.uniform(52, 62)
    cuts = "".join(
        f'<rect x="0" y="{y + 4 + i * 11:.0f}" width="200" height="{2 + i}" fill="{p[1]}"/>' for i in range(5)
    )
    rocks = []
    for left, top, width in ((-20, 178, 74), (rng.uniform(78, 96), 196, 50), (152, 166, 70)):
        rocks.append(
            _path([(left, 300), (left + 9, top), (left + width - 9, top), (left + width, 300)], f'fill="{p[3]}"')
        )
    return (
        _circle(x, y, r, f'fill="{p[2]}"')
        + cuts
        + "".join(rocks)
        + f'<rect y="236" width="200" height="64" fill="{p[0]}"/>'
    )


def _beams(rng: random.Random, p: Palette) -> str:
    beams = "".join(
        _path([(x, 300), (x + tilt - spread, -10), (x + tilt + spread, -10)], f'fill="{p[3]}" opacity="{opacity}"')
        for x, tilt, spread, opacity in (
            (30, rng.uniform(40, 90), 20, 0.5),
            (170, rng.uniform(-110, -50), 26, 0.34),
            (100, rng.uniform(-30, 30), 14, 0.5),
        )
    )
    ground = [(0.0, 300.0), *((i * 20.0, 226 + rng.uniform(-14, 14)) for i in range(11)), (200.0, 300.0)]
    sun = _circle(rng.uniform(70, 130), 205, 34, f'fill="{p[2]}"')
    return beams + sun + _path(ground, f'fill="{p[0]}"')


def _grooves(rng: random.Random, p: Palette) -> str:
    x, y = rng.uniform(70, 130), rng.uniform(112, 132)
    rings = "".join(
        _circle(x, y, r, f'fill="none" stroke="{p[3] if r % 3 else p[2]}" stroke-width="2" opacity=".75"')
        for r in range(34, 96, 7)
    )
    label = _circle(x, y, 27, f'fill="{p[2]}"') + _circle(x, y, 4.5, f'fill="{p[4]}"')
    return _circle(x, y, 98, f'fill="{p[0]}"') + rings + label


def _arches(rng: random.Random, p: Palette) -> str:
    x = rng.uniform(88, 112)
    fills = [p[2], p[0], p[3], p[1], p[4]]
    arches = []
    for i, r in enumerate((84, 66, 49, 33, 17)):
        arches.append(
            f'<path d="M{x - r:.0f} 300V{126}a{r} {r} 0 0 1 {2 * r} 0V300Z" fill="{fills[i]}" opacity=".95"/>'
        )
    return "".join(arches)


def _iris(rng: random.Random, p: Palette) -> str:
    turn, x, y = rng.uniform(0, 60), 100.0, 122.0
    blades = []
    for i in range(7):
        a = math.radians(turn + i * 360 / 7)
        b, c = a + math.radians(70), a + math.radians(118)
        points = [(x + r * math.cos(t), y + r * math.sin(t)) for r, t in ((28, a), (92, b), (92, c), (30, a + 0.9))]
        blades.append(_path(points, f'fill="{p[2] if i % 2 else p[3]}" opacity=".88"'))
    return _circle(x, y, 94, f'fill="{p[0]}"') + "".join(blades) + _circle(x, y, 22, f'fill="{p[4]}" opacity=".9"')


def _lanes(rng: random.Random, p: Palette) -> str:
    x = rng.uniform(-30, 30)
    lanes = "".join(
        _circle(
            x, 300, r, f'fill="none" stroke="{p[3] if i % 2 else p[4]}" stroke-width="{3 if i % 2 else 8}" opacity=".8"'
        )
        for i, r in enumerate(range(70, 270, 24))
    )
    return lanes + _circle(rng.uniform(120, 160), rng.uniform(50, 80), 19, f'fill="{p[2]}"')


def _keyhole(rng: random.Random, p: Palette) -> str:
    x, y = 100 + rng.uniform(-12, 12), 104 + rng.uniform(-8, 12)
    rings = "".join(
        _circle(x, y, r, f'fill="none" stroke="{p[2]}" opacity="{0.75 - r / 190:.2f}"') for r in range(50, 140, 11)
    )
    foot = [(x - 12, y + 16), (x - 30, y + 92), (x + 30, y + 92), (x + 12, y + 16)]
    light = _path(foot, f'fill="{p[3]}"')
    return rings + light + _circle(x, y, 29, f'fill="{p[3]}"') + _circle(x + 6, y - 3, 9, f'fill="{p[0]}"')


def _horizon(rng: random.Random, p: Palette) -> str:
    x, level = rng.uniform(70, 130), rng.uniform(150, 178)
    sun = _circle(x, level - rng.uniform(8, 30), rng.uniform(34, 50), f'fill="{p[2]}"')
    rays = "".join(
        f'<path d="M{x:.0f} {level:.0f}L{x + k * 46:.0f} 300" stroke="{p[3]}" opacity=".7"/>' for k in range(-7, 8)
    )
    rows = "".join(f'<path d="M0 {level + 3.2 * k**1.62:.1f}H200" stroke="{p[3]}" opacity=".7"/>' for k in range(1, 14))
    ground = f'<rect y="{level:.0f}" width="200" height="150" fill="{p[0]}"/>'
    return _dots(rng, 30, p[4], bottom=level) + sun + ground + rays + rows


def _panes(rng: random.Random, p: Palette) -> str:
    xs = [0.0, rng.uniform(46, 84), rng.uniform(116, 156), 200.0]
    ys = [0.0, rng.uniform(50, 90), rng.uniform(120, 160), rng.uniform(190, 220), 300.0]
    fills = [p[0], p[1], p[2], p[3], p[1], p[0], p[4]]
    panes = "".join(
        f'<rect x="{left + 2:.0f}" y="{top + 2:.0f}" width="{right - left - 4:.0f}" height="{bottom - top - 4:.0f}" '
        f'fill="{rng.choice(fills)}"/>'
        for left, right in itertools.pairwise(xs)
        for top, bottom in itertools.pairwise(ys)
    )
    lamp = _circle(
        (xs[1] + xs[2]) / 2, (ys[1] + ys[2]) / 2, min(xs[2] - xs[1], ys[2] - ys[1]) / 2 - 6, f'fill="{p[3]}"'
    )
    return panes + lamp


MOTIFS: dict[str, Motif] = {
    "orbits": _orbits, "peaks": _peaks, "blinds": _blinds, "spiral": _spiral, "fangs": _fangs, "embrace": _embrace,
    "tiles": _tiles, "tide": _tide, "slashes": _slashes, "towers": _towers, "balloons": _balloons, "mesa": _mesa,
    "beams": _beams, "grooves": _grooves, "arches": _arches, "iris": _iris, "lanes": _lanes, "keyhole": _keyhole,
    "horizon": _horizon, "panes": _panes,
}  # fmt: skip
