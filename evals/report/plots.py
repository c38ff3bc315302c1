"""Plots as inline SVG: no script, no font, no file beside the page. Colours are the page's (`page.html`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, BOTTOM = 560, 270, 44, 40
LABELS = 150
"""Room for the names beside lines and bars."""
HUES = 9
"""Line colours the page knows: `.hue-0` to `.hue-8`; the champion has `.champion`."""


def success_by_turn(curves: Mapping[str, Sequence[float]], champion: str = "") -> str:
    """Lines: share of users who have what they wanted, by turn.

    Args:
        curves: agent to success after turn 1, 2, ...
        champion: the agent whose line stands out.
    """
    turns = max((len(values) for values in curves.values()), default=1)
    right = WIDTH - LABELS

    def x(turn: int) -> float:
        return LEFT + (right - LEFT) * turn / max(1, turns - 1)

    parts = [_frame("Share of users who have found what they want, by turn"), _shares(LEFT, right)]
    parts += [
        f'<text x="{x(turn):.1f}" y="{HEIGHT - 22}" text-anchor="middle">{turn + 1}</text>' for turn in range(turns)
    ]
    parts.append(f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 4}" text-anchor="middle" class="axis">turn</text>')
    places = _apart([(_y(values[-1]), name) for name, values in curves.items() if values])
    ordered = sorted(curves.items(), key=lambda curve: curve[0] == champion)  # the champion is drawn last, on top
    for place, (name, values) in enumerate(ordered):
        if not values:
            continue
        hue = "champion" if name == champion else f"hue-{place % HUES}"
        points = " ".join(f"{x(t):.1f},{_y(v):.1f}" for t, v in enumerate(values))
        dots = "".join(f'<circle cx="{x(t):.1f}" cy="{_y(v):.1f}" r="2.6"/>' for t, v in enumerate(values))
        label = f'<text x="{right + 10}" y="{places[name] + 4:.1f}">{escape(name)}</text>'
        parts.append(f'<g class="line {hue}"><polyline points="{points}"/>{dots}{label}</g>')
    return "".join([*parts, "</svg>"])


def bars(rows: Sequence[tuple[str, float, float, float]], label: str, champion: str = "") -> str:
    """Horizontal bars with intervals: (name, value, low, high)."""
    height = 28 * len(rows) + 10
    top = max([high for _, _, _, high in rows if high == high] + [1e-9])
    start, span = LABELS + 8, WIDTH - LABELS - 70
    parts = [_frame(label, height)]
    for place, (name, value, low, high) in enumerate(rows):
        y = 6 + 28 * place
        kind = "bar champion" if name == champion else "bar"
        shown = f'<text x="{LABELS}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
        if value == value:
            a, b = start + span * low / top, start + span * high / top
            shown += (
                f'<rect x="{start}" y="{y + 3}" rx="3" width="{max(1.0, span * value / top):.1f}" height="16"/>'
                f'<path class="whisker" d="M{a:.1f} {y + 11}H{b:.1f}M{a:.1f} {y + 7}v8M{b:.1f} {y + 7}v8"/>'
                f'<text x="{b + 8:.1f}" y="{y + 15}" class="figure">{value:.3g}</text>'
            )
        parts.append(f'<g class="{kind}">{shown}</g>')
    return "".join([*parts, "</svg>"])


def calibration(points: Sequence[tuple[str, float, float, float, int]], label: str) -> str:
    """Columns of dots with intervals: how often the slate held the target, by how sure the agent was of it.

    Args:
        points: (range of scores, share, low, high, slates), lowest scores first.
        label: What is shown, for who cannot see it.
    """
    right = WIDTH - 20
    step = (right - LEFT) / max(1, len(points))
    parts = [_frame(label), _shares(LEFT, right)]
    for place, (scores, share, low, high, slates) in enumerate(points):
        x = LEFT + step * (place + 0.5)
        parts.append(
            f'<g class="line champion"><path class="whisker" d="M{x:.1f} {_y(low):.1f}V{_y(high):.1f}"/>'
            f'<circle cx="{x:.1f}" cy="{_y(share):.1f}" r="5"/></g>'
            f'<text x="{x:.1f}" y="{HEIGHT - 22}" text-anchor="middle">{escape(scores)}</text>'
            f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle" class="axis">{slates} slates</text>'
        )
    return "".join([*parts, "</svg>"])


def _y(share: float) -> float:
    return 10 + (HEIGHT - BOTTOM - 10) * (1 - share)


def _shares(left: float, right: float) -> str:
    """The grid of shares from 0 to 1, with its labels."""
    return "".join(
        f'<line class="grid" x1="{left}" x2="{right}" y1="{_y(share):.1f}" y2="{_y(share):.1f}"/>'
        f'<text x="{left - 8}" y="{_y(share) + 4:.1f}" text-anchor="end">{share:.2f}</text>'
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )


def _frame(label: str, height: int = HEIGHT) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'


def _apart(wanted: Sequence[tuple[float, str]]) -> dict[str, float]:
    """Heights for labels, from the lowest up, each moved just far enough to clear the one below."""
    found: dict[str, float] = {}
    below = HEIGHT - BOTTOM + 16.0
    for height, name in sorted(wanted, reverse=True):
        below = min(height, below - 14)
        found[name] = below
    return found
