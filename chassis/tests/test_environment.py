"""What settings are made of, where the environment says it in another form."""

import pytest

from chassis.environment import hosts_of


@pytest.mark.parametrize(
    ("origins", "hosts"),
    [
        ("", []),
        ("https://promo.example.com", ["promo.example.com"]),
        (
            "http://localhost:8080, http://127.0.0.1:8080\nhttp://[::1]:8080 http://[::1]",
            ["localhost", "127.0.0.1", "[::1]", "[::1]"],
        ),
    ],
)
def test_of_an_origin_the_host_is_left(origins, hosts):
    assert hosts_of(origins) == hosts
