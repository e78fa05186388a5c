"""JSON is read as strictly as the contract says."""

import io
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest

from chassis.problems import MalformedJson, PayloadTooLarge
from chassis.strict_json import (
    DEEPEST,
    JsonRenderer,
    StrictJsonParser,
    parse_json,
)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": 1} x',
        b'{"a": 1, "a": 1}',
        b'{"b": {"a": 1, "a": 2}}',
        b'{"a": NaN}',
        b"[Infinity, -Infinity]",
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b'"\xed\xa0\x80"',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"1" * 5000,
        nested(DEEPEST + 1),
        nested(100_000),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_this_apis_json_is_malformed(body):
    with pytest.raises(MalformedJson):
        parse_json(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, 2.5, true, null, "\\u00e9"]}', {"a": [1, 2.5, True, None, "é"]}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b" {} ", {}),
        (nested(DEEPEST)[:DEEPEST] + b"1" + b"]" * DEEPEST, None),
    ],
    ids=lambda part: repr(part)[:20],
)
def test_what_is_json_is_read(body, value):
    read = parse_json(body)
    if value is not None:
        assert read == value


class View:
    largest_body = 20_000
    request = SimpleNamespace(META={})


def parse(body: bytes):
    return StrictJsonParser().parse(io.BytesIO(body), parser_context={"view": View})


def test_an_empty_body_is_an_empty_object():
    assert parse(b"") == {}


def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_not():
    padding = b" " * (View.largest_body - 2)
    assert parse(b"{}" + padding) == {}

    with pytest.raises(PayloadTooLarge):
        parse(b"{} " + padding)


def test_times_are_written_in_utc_and_ids_as_text():
    moment = datetime(2026, 11, 23, 7, 24, tzinfo=UTC)
    identity = UUID("01939f5e-0000-7000-8000-000000000000")

    written = JsonRenderer().render({"at": moment, "id": identity})

    assert written == (
        b'{"at":"2026-11-23T07:24:00Z","id":"01939f5e-0000-7000-8000-000000000000"}'
    )


def test_nothing_is_written_as_nothing():
    assert JsonRenderer().render(None) == b""
