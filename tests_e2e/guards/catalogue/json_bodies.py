"""Bodies: what is JSON to both services, and what is not."""

from tests_e2e.guards.guard import Guard, Place

_CHASSIS, _PROMO = "chassis/tests", "promo_service/tests"
_JSON = Place("chassis/strict_json.py", _CHASSIS)
_MALFORMED = "test_strict_json.py::test_what_is_not_this_apis_json_is_malformed"

GUARDS: tuple[Guard, ...] = (
    _JSON.guard(
        "JSON: no key twice",
        "strict",
        "    if len(found) != len(pairs):\n",
        "    if False:\n",
        _MALFORMED,
    ),
    _JSON.guard(
        "JSON: no NaN",
        "strict",
        ", parse_constant=_refuse_constant\n",
        "",
        _MALFORMED,
    ),
    _JSON.guard(
        "JSON: a body with many brackets is looked at",
        "strict",
        ' or body.count(b"{") + body.count(b"[") > DEEPEST:\n',
        ":\n",
        _MALFORMED,
    ),
    _JSON.guard(
        "JSON: a body with escapes is looked at",
        "strict",
        'if b"\\\\u" in body or ',
        "if ",
        _MALFORMED,
    ),
    _JSON.guard(
        "JSON: nested 20 deep at most",
        "strict",
        "        if depth == DEEPEST:\n",
        "        if False:\n",
        _MALFORMED,
    ),
    _JSON.guard(
        "JSON: no unpaired surrogate",
        "strict",
        "        if not value.isascii() and _SURROGATE.search(value):\n",
        "        if False:\n",
        _MALFORMED,
    ),
    _JSON.guard(
        "JSON: no surrogate in a key",
        "strict",
        '            _check("\\n".join(value), depth=depth)  # its names, all at once\n',
        "            pass\n",
        _MALFORMED,
    ),
    _JSON.guard(
        "JSON: as much as the endpoint takes",
        "strict",
        "        if len(body) > largest:\n            raise PayloadTooLarge\n",
        "",
        "test_strict_json.py::test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_not",
    ),
    Place(_JSON.file, _PROMO).guard(
        "JSON: UTF-8 alone",
        "strict",
        '        if parameters.get("charset", "utf-8").lower() != "utf-8":\n',
        "        if False:\n",
        "test_access.py::test_a_body_that_cannot_be_read_is_refused",
    ),
)
