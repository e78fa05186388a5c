"""What text is made of, by Unicode's properties: reading, marks, direction.

Everything here costs time in proportion to the text; its length is bounded before it
is normalised, because CPython puts marks in order in quadratic time.
"""

import re
from unicodedata import combining, normalize

# NFC makes no text shorter than a fourth of what it was (UAX #15, table of expansion).
MOST_TO_ONE = 4
# Stream-Safe Text Format of UAX #15.
MOST_MARKS_TO_READ = 30

# All of Unicode's category Cc, which never grows.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_TOO_MANY_MARKS = re.compile(rb"[^\0]{%d}" % (MOST_MARKS_TO_READ + 1))
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OVERRIDES = frozenset("\u202d\u202e")
_EMBEDDINGS = frozenset("\u202a\u202b")
_ISOLATES = frozenset("\u2066\u2067\u2068")
_END_OF_EMBEDDING, _END_OF_ISOLATE = "\u202c", "\u2069"


class UnreadableText(ValueError):
    """Text that isn't normalised at all, because it would take too long."""


def read_text(text: str, *, most: int) -> str:
    """Return the text in NFC, of which `most` characters may be left.

    Raises UnreadableText with the code of the fault: `max_length`, `combining_marks`.
    """
    if text.isascii():
        return text
    if len(text) > MOST_TO_ONE * most:
        raise UnreadableText("max_length")
    # 0 is what marks are put on: at most three of them become one character with it.
    classes = bytes(map(combining, text))
    bases = classes.count(0)
    if len(text) - bases > (MOST_TO_ONE - 1) * bases + most:
        raise UnreadableText("max_length")
    if _TOO_MANY_MARKS.search(classes):
        raise UnreadableText("combining_marks")
    return normalize("NFC", text)


def has_control_characters(text: str, *, lines: bool = False) -> bool:
    """Say whether the text holds control characters; line feeds may be left out."""
    return (_CONTROL_BUT_LINES if lines else _CONTROL).search(text) is not None


def turns_what_follows(text: str) -> bool:
    """Say whether the text changes the direction of what stands beside it (UAX #9).

    An override shows letters in an order that they don't have; an embedding or isolate
    that isn't closed reaches beyond the text's end.
    """
    if text.isascii() or not _DIRECTION.search(text):
        return False
    opened: list[str] = []
    for letter in _DIRECTION.findall(text):
        if letter in _OVERRIDES:
            return True
        if letter in _EMBEDDINGS or letter in _ISOLATES:
            opened.append(letter)
        elif letter == _END_OF_EMBEDDING and opened and opened[-1] in _EMBEDDINGS:
            opened.pop()
        elif letter == _END_OF_ISOLATE and not _ISOLATES.isdisjoint(opened):
            # It ends what was opened within the isolate, too.
            while opened.pop() not in _ISOLATES:
                pass
    return bool(opened)
