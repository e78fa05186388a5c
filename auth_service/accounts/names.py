"""What a user's name may be made of, by Unicode's properties (after RFC 8264, 5892).

A name is read by other people, who must see what is there: nothing that is invisible,
that turns other letters around, or that piles up on them. What scripts need stays:
joiners where they shape a letter, marks as vowels and points, variants of a letter.
"""

from unicodedata import category, combining, normalize

import idna

MOST_MARKS = 4

# What may stand at the ends of copied text, and shows nothing there.
DIRECTION_MARKS = "\u200e\u200f"
_JOINERS = frozenset("\u200c\u200d")
# Letters, marks and symbols that show nothing, or a blank.
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U00013441\U00013442\U0001d159"
)
# Of what Unicode keeps for invisible characters, what is no format character by now.
_KEPT_INVISIBLE = (range(0xFFF0, 0xFFF9), range(0xE0000, 0xE1000))
_VARIANTS = (
    *(range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)),
    *(range(0x180B, 0x180E), range(0x180F, 0x1810)),
)


def name_faults(name: str) -> dict[str, str]:
    """Return what is wrong with a name in NFC: a sentence for each code."""
    if name.isascii() and any(map(str.isalnum, name)):
        return {}
    faults: dict[str, str] = {}
    if not all(_is_seen(name, place) for place in range(len(name))):
        text = "Characters that can't be seen, or that turn others, are not allowed."
        faults["invisible"] = text
    if _stacks_marks(name):
        faults["combining_marks"] = f"{MOST_MARKS} marks in a row are allowed at most."
    if not any(category(letter)[0] in "LN" for letter in name):
        faults["no_letter"] = "There must be a letter or a digit."
    return faults


def _is_seen(name: str, place: int) -> bool:
    letter = name[place]
    if letter.isascii():
        return True
    if letter in _JOINERS:
        return _joins(name, place)
    if _is_among(_VARIANTS, letter):
        return place > 0 and category(name[place - 1])[0] in "LNSP"
    return (
        category(letter) not in {"Cf", "Zl", "Zp"}
        and letter not in _BLANK
        and not _is_among(_KEPT_INVISIBLE, letter)
    )


def _joins(name: str, place: int) -> bool:
    """Say whether a joiner stands where RFC 5892 has it (A.1, A.2)."""
    try:
        return idna.valid_contextj(name, place)
    except ValueError:  # the letter before it has no name
        return False


def _stacks_marks(name: str) -> bool:
    """Say whether more marks than Unicode's scripts need stand on one letter.

    They are counted as they are before they become one with the letter. A vowel that
    takes a place of its own (category Mc) neither counts nor ends a row, nor does a
    joiner.
    """
    row = 0
    for letter in normalize("NFD", name):
        kind = category(letter)
        if kind in {"Mn", "Me"} or combining(letter):
            row += 1
            if row > MOST_MARKS:
                return True
        elif kind not in {"Mc", "Cf"}:
            row = 0
    return False


def _is_among(ranges: tuple[range, ...], letter: str) -> bool:
    return any(ord(letter) in each for each in ranges)
