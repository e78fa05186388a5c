"""Which metrics and labels a PromQL expression names: no more than a test needs."""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""\s+ | \#[^\n]*
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<range>\[[^\]]*\])
    | (?P<number>\d[\w.]*)
    | (?P<name>[a-zA-Z_:][\w:.]*)
    | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>])
    """,
    re.VERBOSE,
)
_OF_LABELS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS = {"and", "or", "unless", "bool", "offset", "atan2", "inf", "nan"}

Token = tuple[str, str]


@dataclass(frozen=True)
class Matcher:
    """One condition of a selector, such as status="5xx"."""

    metric: str
    label: str
    sign: str
    value: str


@dataclass
class Named:
    """What an expression names."""

    metrics: set[str] = field(default_factory=set)
    matchers: list[Matcher] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)  # it groups or joins by them


def read(expression: str) -> Named:
    named = Named()
    tokens = list(_split(expression))
    place = 0
    while place < len(tokens):
        kind, text = tokens[place]
        after = tokens[place + 1][1] if place + 1 < len(tokens) else ""
        place += 1
        if kind != "name":
            continue
        if text in _OF_LABELS:
            place = _read_labels(tokens, place, named)
        elif text not in _WORDS and after != "(" and not _is_aggregation(text, after):
            named.metrics.add(text)
            if after == "{":
                place = _read_matchers(tokens, place + 1, text, named)
    return named


def _split(expression: str) -> list[Token]:
    tokens = []
    place = 0
    while place < len(expression):
        found = _TOKEN.match(expression, place)
        assert found, f"can't be read: {expression[place:]}"
        place = found.end()
        if found.lastgroup:
            tokens.append((found.lastgroup, found.group()))
    return tokens


def _is_aggregation(text: str, after: str) -> bool:
    return after in _OF_LABELS and text != "vector"


def _read_labels(tokens: list[Token], place: int, named: Named) -> int:
    assert tokens[place][1] == "("
    place += 1
    while tokens[place][1] != ")":
        if tokens[place][0] == "name":
            named.labels.add(tokens[place][1])
        place += 1
    return place + 1


def _read_matchers(tokens: list[Token], place: int, metric: str, named: Named) -> int:
    while tokens[place][1] != "}":
        if tokens[place][1] != ",":
            (_, label), (_, sign), (_, value) = tokens[place : place + 3]
            named.matchers.append(Matcher(metric, label, sign, value[1:-1]))
            place += 2
        place += 1
    return place + 1
