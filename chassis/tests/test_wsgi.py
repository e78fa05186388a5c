"""What Django can't read of a Content-Type does not reach it."""

import pytest

from chassis.wsgi import with_readable_media_type


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        ("application/json", "application/json"),
        ("application/json; charset=utf-8", "application/json; charset=utf-8"),
        ("a/b; name*=utf-8''%e2%82%ac", "a/b; name*=utf-8''%e2%82%ac"),
        ("application/json; charset*=nonsense''%41", "application/octet-stream"),
        ("application/json; a''*=x", "application/json; a''*=x"),
        ("application/json; a*='x", "application/json; a*='x"),
    ],
)
def test_a_content_type_is_passed_on_unless_it_can_not_be_read(given, passed_on):
    seen = {}

    def application(environ, start_response):
        seen.update(environ)
        return [b"answer"]

    answer = with_readable_media_type(application)({"CONTENT_TYPE": given}, print)

    assert seen["CONTENT_TYPE"] == passed_on
    assert answer == [b"answer"]


def test_a_request_without_one_is_passed_on():
    def application(environ, start_response):
        return [str(environ).encode()]

    assert with_readable_media_type(application)({}, print) == [b"{}"]
