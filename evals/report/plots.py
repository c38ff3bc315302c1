"""Plots as inline SVG: no script, no font, no file beside the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#b23a22", "#2d6a4f", "#31588a", "#8a5a00", "#7a3b69", "#4a4a4a", "#16808a", "#a0522d", "#5d6d1e")
WIDTH, HEIGHT, LEFT, BOTTOM = 560, 260, 44, 30


def success_by_turn(curves: Mapping[str, Sequence[float]]) -> str:
    """Lines: share of users who have what they wanted, by turn.

    Args:
        curves: agent to success after turn 1, 2, ...
    """
    turns = max((len(values) for values in curves.values()), default=1)

    def x(turn: int) -> float:
        return LEFT + (WIDTH - LEFT - 150) * turn / max(1, turns - 1)

    def y(share: float) -> float:
        return 12 + (HEIGHT - BOTTOM - 12) * (1 - share)

    parts = [_frame("success by turn")]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{x(turns - 1):.0f}" y1="{y(share):.1f}" y2="{y(share):.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 6}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.2f}</text>')
    for turn in range(turns):
        parts.append(f'<text x="{x(turn):.1f}" y="{HEIGHT - 10}" text-anchor="middle">{turn + 1}</text>')
    places = _apart([(y(values[-1]), name) for name, values in curves.items() if values])
    for colour, (name, values) in zip(_cycle(len(curves)), curves.items(), strict=True):
        points = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in enumerate(values))
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>')
        if values:
            parts.append(
                f'<text x="{x(turns - 1) + 8:.0f}" y="{places[name] + 4:.1f}" fill="{colour}">{escape(name)}</text>'
            )
    return "".join([*parts, "</svg>"])


def bars(rows: Sequence[tuple[str, float, float, float]], label: str) -> str:
    """Horizontal bars with intervals: (name, value, low, high)."""
    height = 26 * len(rows) + 16
    top = max([high for _, _, _, high in rows if high == high] + [1e-9])
    span = WIDTH - 260
    parts = [_frame(label, height)]
    for place, (name, value, low, high) in enumerate(rows):
        y = 8 + 26 * place
        if value != value:
            continue
        parts.append(f'<text x="150" y="{y + 14}" text-anchor="end">{escape(name)}</text>')
        size = f'width="{span * value / top:.1f}" height="14"'
        parts.append(f'<rect x="158" y="{y + 3}" {size} fill="{COLOURS[0]}" opacity=".8"/>')
        parts.append(
            f'<line x1="{158 + span * low / top:.1f}" x2="{158 + span * high / top:.1f}" y1="{y + 10}" y2="{y + 10}" '
            'stroke="#211d1a" stroke-width="1.5"/>'
        )
        parts.append(f'<text x="{166 + span * high / top:.1f}" y="{y + 14}">{value:.3g}</text>')
    return "".join([*parts, "</svg>"])


def _frame(label: str, height: int = HEIGHT) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label)}">'


def _cycle(n: int) -> list[str]:
    return [COLOURS[i % len(COLOURS)] for i in range(n)]


def _apart(wanted: Sequence[tuple[float, str]]) -> dict[str, float]:
    """Heights for labels, from the lowest up, each moved just far enough to clear the one below."""
    found: dict[str, float] = {}
    below = HEIGHT - BOTTOM + 14.0
    for height, name in sorted(wanted, reverse=True):
        below = min(height, below - 14)
        found[name] = below
    return found
