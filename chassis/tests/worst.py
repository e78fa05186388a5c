"""Texts that cost a reader the most, and what reading them costs."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from rest_framework import serializers

from chassis.body_sizes import SMALLEST_LIMIT, largest_body
from chassis.serializers import StrictSerializer
from chassis.views import ApiView

MOST_SECONDS = 0.05
_MEGABYTE = 1024 * 1024
_TEMPLATES = Path(__file__).parents[2] / "gateway" / "templates"
_WHAT_COSTS = (
    *("\u0316\u0301", "\u0344", "a" + "\u0316\u0301" * 15, "\u0958"),
    *(" \u200e", "\0", "a b ", "a-", "1 ", "x", '"'),
    *("\u2066\u202a", "\u2066\u2069", "\u094d\u200d", "\u0628\u064b\u200c"),
    *("\ufdfa", "\u1100\u1161\u11a8", "\U0001f468\u200d"),
)


@cache
def worst_texts(size: int) -> Sequence[str]:
    """Every text that costs, as long as `size` bytes of JSON let it be, and shorter."""
    marks = size // 4
    texts = ["a" + "\u0301" * marks + "\u0316" * marks]
    for part in _WHAT_COSTS:
        each = len(json.dumps(part, ensure_ascii=False).encode()) - 2
        texts.append(part * (size // each))
        # As long as one may be that is normalised.
        texts += [texts[-1][: 4 * 500], texts[-1][: 4 * 150]]
    return sorted({*texts})


def texts_of(kind: type[StrictSerializer]) -> list[str]:
    """The fields of a body that hold text."""
    fields = kind().fields.items()
    return [name for name, one in fields if isinstance(one, serializers.CharField)]


def cost(work: Callable[..., Any], *given: Any) -> float:
    """CPU seconds of this thread: the least of three tries, if the first is much."""
    least = float("inf")
    for _ in range(3):
        began = time.thread_time()
        work(*given)
        least = min(least, time.thread_time() - began)
        if least < MOST_SECONDS / 2:
            break
    return least


def read(kind: type[StrictSerializer], body: dict[str, Any]) -> None:
    serializer = kind(data=body)
    serializer.is_valid()


def in_order(kinds: Iterable[type[StrictSerializer]]) -> list[type[StrictSerializer]]:
    """Those kinds of bodies by name, so that each process names its tests alike."""
    return sorted(set(kinds), key=lambda kind: kind.__name__)


def find_dear_texts(kind: type[StrictSerializer], given: dict[str, Any]) -> list[Any]:
    """What a text of a field costs, where that is too much.

    As long as a body may be: 50 ms. Of a megabyte, which no body may be: what grows
    with its length alone, and no faster.
    """
    texts = [(text, MOST_SECONDS) for text in worst_texts(SMALLEST_LIMIT)]
    texts += [(text, 10 * MOST_SECONDS) for text in worst_texts(_MEGABYTE)[::5]]
    costs = [
        (field, ascii(text[:40]), len(text), cost(read, kind, {**given, field: text}))
        for field in texts_of(kind)
        for text, _ in texts
    ]
    most = [seconds for _ in texts_of(kind) for _, seconds in texts]
    return [one for one, least in zip(costs, most, strict=True) if one[-1] >= least]


def bodies_of(urlpatterns: Any) -> dict[str, type[StrictSerializer]]:
    """What each endpoint reads, by `POST path`."""
    found: dict[str, type[StrictSerializer]] = {}
    for pattern, view in _views(urlpatterns, ""):
        for method in ("post", "patch"):
            kind = getattr(getattr(view, method, None), "reads", None)
            if kind is not None:
                found[f"{method.upper()} {pattern}"] = kind
    return found


def limits_of(urlpatterns: Any) -> dict[str, int]:
    """How large a body each endpoint takes, by `POST path`."""
    limits: dict[str, int] = {}
    for pattern, view in _views(urlpatterns, ""):
        for method in ("post", "patch"):
            if handler := getattr(view, method, None):
                own = view.own_largest_body
                limit = own or largest_body(getattr(handler, "reads", None))
                limits[f"{method.upper()} {pattern}"] = limit
    return limits


def limit_of_gateway(template: str) -> int:
    """The first limit that a template of the gateway's configuration sets."""
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    found = re.search(r"client_max_body_size (\d+)([km]);", text)
    assert found is not None
    return int(found[1]) * (1024 if found[2] == "k" else 1024 * 1024)


def _views(urlpatterns: Any, before: str) -> Iterator[tuple[str, type[ApiView]]]:
    for each in urlpatterns:
        path = before + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from _views(each.url_patterns, path)
            continue
        view = getattr(each.callback, "view_class", None)
        if isinstance(view, type) and issubclass(view, ApiView):
            yield path, view
