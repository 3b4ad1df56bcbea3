"""Names beside points: each where there is room, so that none covers another."""

import math
from collections.abc import Sequence

Box = tuple[float, float, float, float]  # left, bottom, right, top

# From right on, to both sides in turn: where room is looked for first
_DIRECTIONS = tuple(
    (math.cos(math.radians(angle)), math.sin(math.radians(angle)))
    for angle in (0, 180, 90, -90, 30, -30, 150, -150, 60, -60, 120, -120)
)
_ON_A_LINE = 12.0  # inches of distance that a square inch on lines is worth
_REACH = (0.06, 0.1, 0.16, 0.24, 0.34, 0.46, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0)  # inches from the point to the name's box


def places(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    marks: Sequence[Box],
    lines: Sequence[Box],
    area: tuple[float, float],
) -> tuple[list[Box], float]:
    """A box for the name of each point.

    Parameters
    ----------
    points : sequence of (x, y)
        In inches from the panel's lower left corner, as are all boxes.
    sizes : sequence of (width, height)
        Of the names.
    marks, lines : sequence of Box
        What a name must not cover, and what it had better not: a name is rather on a line than far from its point.
    area : (width, height)
        Of the panel, in which all names have to be.

    Returns
    -------
    boxes : list of Box
        In the order of the points: free of other names and marks where there is room, near, and off the lines.
    overlap : float
        Square inches that names share with one another; 0 if all are free of each other.
    """
    order = sorted(range(len(points)), key=lambda number: -_crowd(points[number], points))
    found: dict[int, Box] = {}
    shared = 0.0
    for number in order:
        names = list(found.values())
        candidates = _candidates(points[number], sizes[number], area)
        costs = [
            (
                round(_overlap(box, names) + _overlap(box, marks), 4),
                _distance(points[number], box) + _ON_A_LINE * _overlap(box, lines),
            )
            for box in candidates
        ]
        found[number] = candidates[costs.index(min(costs))]
        shared += _overlap(found[number], names)
    return [found[number] for number in range(len(points))], shared


def _distance(point: tuple[float, float], box: Box) -> float:
    """From a point to the nearest edge of a box."""
    x, y = point
    return math.hypot(max(box[0] - x, 0, x - box[2]), max(box[1] - y, 0, y - box[3]))


def _crowd(point: tuple[float, float], points: Sequence[tuple[float, float]]) -> float:
    """How close the other points are: those in a crowd choose first."""
    return sum(1 / (0.05 + math.dist(point, other)) for other in points)


def _candidates(point: tuple[float, float], size: tuple[float, float], area: tuple[float, float]) -> list[Box]:
    """Boxes around a point, from near to far, inside the area."""
    x, y = point
    width, height = size
    boxes = []
    for reach in _REACH:
        for dx, dy in _DIRECTIONS:
            center = (x + dx * (reach + width / 2), y + dy * (reach + height / 2))
            boxes.append((center[0] - width / 2, center[1] - height / 2, center[0] + width / 2, center[1] + height / 2))
    return [box for box in boxes if min(box[:2]) >= 0 and box[2] <= area[0] and box[3] <= area[1]] or boxes


def _overlap(box: Box, others: Sequence[Box]) -> float:
    """Area that a box shares with others."""
    return sum(
        max(0.0, min(box[2], other[2]) - max(box[0], other[0]))
        * max(0.0, min(box[3], other[3]) - max(box[1], other[1]))
        for other in others
    )
