"""Text costs no more than its length, and turns nothing but itself."""

import contextlib
from unicodedata import normalize

import pytest

from chassis.tests.worst import MOST_SECONDS, cost, worst_texts
from chassis.texts import (
    MOST_MARKS_TO_READ,
    UnreadableText,
    read_text,
    turns_what_follows,
)

MEGABYTE = 1024 * 1024


def test_a_megabyte_of_whatever_costs_most_is_read_in_no_time():
    def read(text):
        with contextlib.suppress(UnreadableText):
            read_text(text, most=500)

    for text in worst_texts(MEGABYTE):
        assert cost(read, text) < MOST_SECONDS, ascii(text[:40])


@pytest.mark.parametrize("letter", ["\u0390", "\u1f82", "\uac01", "\U0001109a"])
def test_no_text_is_refused_that_is_short_enough_once_it_is_normalised(letter):
    """U+1F82 is written with four characters, no other one with more."""
    written = normalize("NFD", letter * 20)

    assert read_text(written, most=20) == letter * 20


def test_as_many_marks_as_unicode_streams_are_read_and_one_more_is_not():
    assert read_text("a" + "\u0316" * MOST_MARKS_TO_READ, most=100)
    with pytest.raises(UnreadableText, match="combining_marks"):
        read_text("a" + "\u0316" * (MOST_MARKS_TO_READ + 1), most=100)


def test_marks_that_can_not_all_become_letters_are_too_many_characters():
    with pytest.raises(UnreadableText, match="max_length"):
        read_text(("a" + "\u0316" * 30) * 4, most=100)
    assert read_text(("a" + "\u0316" * 30) * 4, most=108)


@pytest.mark.parametrize(
    "text",
    [
        *("a\u202eb", "\u202d", "a\u202eb\u202c", "\u2066\u202e\u2069"),
        *("\u202aa", "\u202b", "\u2066a", "\u2067", "\u2068x", "a\u2066b\u202c"),
        *("\u2066\u2066\u2069", "\u202a\u2069", "\u202a\u2066\u202c"),
    ],
    ids=ascii,
)
def test_what_turns_the_text_beside_it_is_seen(text):
    assert turns_what_follows(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "abc", "\u0645\u0631\u062d\u0628\u0627", "a\u200eb\u200f"),
        *("\u202aa\u202c", "\u2067a\u2069", "\u2068a\u202bb\u2069", "a\u2069\u202c"),
        "\u2066\u202ax\u202c\u2069",
    ],
    ids=ascii,
)
def test_what_is_closed_again_turns_nothing(text):
    assert not turns_what_follows(text)
