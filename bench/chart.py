"""The chart of a measurement: an SVG, a group of bars a load."""

from collections.abc import Iterator
from html import escape

from bench.loads import Load, Side
from bench.results import Results

# The target's line runs through the bars, so what is said stands right of them all.
_WIDTH, _LEFT, _BAR, _SAID = 860, 90, 500, 606
_ROW, _GAP = 22, 16
_COLOURS = {
    Side.PRODUCT: "#2563eb",
    Side.FLOOR: "#94a3b8",
    Side.DATABASE: "#cbd5e1",
    Side.HASHER: "#94a3b8",
}
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#0f172a}"
    ".title{font-weight:600;font-size:15px}.load{font-weight:600}.side{fill:#475569}"
)


def draw(results: Results) -> str:
    """Return the SVG: of each load every side, with the target marked."""
    height = 60 + sum(_height(load) for load in results.loads())
    size = f'width="{_WIDTH}" height="{height}"'
    title = "Done in a second, medians; the line is the target"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style>",
        f'<rect {size} fill="#ffffff"/>',
        f'<text class="title" x="20" y="32">{title}</text>',
        *_draw_loads(results),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _height(load: Load) -> int:
    return _ROW * (len(load.sides) + 1) + _GAP


def _draw_loads(results: Results) -> Iterator[str]:
    top = 60
    for load in results.loads():
        yield f'<text class="load" x="20" y="{top}">{escape(load.operation)}</text>'
        largest = max(results.rate(load, side) for side in load.sides)
        largest = max(largest, _target(results, load) or 0)
        for place, side in enumerate(load.sides, start=1):
            yield from _draw_bar(results, load, side, top + place * _ROW, largest)
        target = _target(results, load)
        if target is not None:
            x = _LEFT + _BAR * target / largest
            yield (
                f'<path d="M{x:.1f} {top + 6}v{_ROW}" stroke="#dc2626" '
                'stroke-width="2" fill="none"/>'
            )
        top += _height(load)


def _draw_bar(
    results: Results, load: Load, side: Side, y: int, largest: float
) -> Iterator[str]:
    rate = results.rate(load, side)
    width = max(1.0, _BAR * rate / largest)
    yield f'<text class="side" x="20" y="{y}">{side}</text>'
    yield (
        f'<rect x="{_LEFT}" y="{y - 12}" width="{width:.1f}" height="15" rx="2" '
        f'fill="{_COLOURS[side]}"/>'
    )
    share = ""
    if side is Side.PRODUCT and load.yardstick is not None:
        ratio = results.compare(load, load.yardstick).of_medians
        share = f" ({ratio:.2f} of the {load.yardstick})"
    said = f"{rate:,.0f} {load.unit}{share}"
    yield f'<text x="{_SAID}" y="{y}">{said}</text>'


def _target(results: Results, load: Load) -> float | None:
    if load.share is not None and load.yardstick is not None:
        return load.share * results.rate(load, load.yardstick)
    return load.rate
