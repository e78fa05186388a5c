"""The gateway: what it lets through, and what it says of whom."""

from tests_e2e.guards.guard import Edit, Guard, Place

_SUITE = "tests_e2e/gateway"
_HERE = "gateway/templates/"


def _template(name: str) -> Place:
    return Place(f"{_HERE}{name}.template", _SUITE)


_ROUTES = _template("routes.server")
_PROXY = _template("proxy.location")
_CHECKS = _template("request_checks.location")
_LIMITS = _template("limits.server")
_LARGE = _template("large_bodies.server")
_CLIENT = _template("client.http")
_RATES = _template("rates.server")
_CLIENTS_RATED = _template("rates.http")
_THROTTLED = "test_rates.py::test_what_an_address_tries_above_the_burst_is_throttled_and_reaches_nobody"
_UNKNOWN = "test_paths.py::test_any_other_path_is_not_found_and_reaches_no_service"
_FORGED = "test_client.py::test_forwarded_headers_of_a_client_are_overwritten"
_SEEN = "test_client.py::test_the_service_learns_what_the_gateway_saw"
_OTHER_WAYS = "test_client.py::test_other_ways_to_say_the_same_reach_no_service"
_TOO_LARGE = "test_limits.py::test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent"


def _overwritten(header: str, value: str, *tests: str) -> Guard:
    return _PROXY.guard(
        f"header: {header}",
        "forging",
        f"proxy_set_header {header} {value};\n",
        "",
        *tests,
    )


def _limited(zone: str) -> Guard:
    return _RATES.guard(
        f"rate: {zone}",
        "guessing",
        f"    limit_req zone={zone} burst=${{{zone.upper()}_BURST}} nodelay;\n",
        "",
        _THROTTLED,
    )


GUARDS: tuple[Guard, ...] = (
    _ROUTES.guard(
        "path: whole words alone",
        "internal",
        "location ~ ^/api/v1/(?:promos|redemptions)(?:/|$) {",
        "location ~ ^/api/v1/(?:promos|redemptions) {",
        _UNKNOWN,
    ),
    _ROUTES.guard(
        "path: those of the API alone",
        "internal",
        "location ~ ^/api/v1/(?:promos|redemptions)(?:/|$) {",
        "location ~ ^/(?:internal|metrics|readyz|api/v1/promos|api/v1/redemptions) {",
        _UNKNOWN,
    ),
    _CHECKS.guard(
        "path: plain as it was written",
        "internal",
        "if ($path_is_plain = 0) {\n    return 404;\n}\n",
        "",
        _UNKNOWN,
    ),
    _CHECKS.guard(
        "URI: 4,000 bytes at most",
        "limits",
        "if ($uri_is_too_long) {\n    return 414;\n}\n",
        "",
        "test_limits.py::test_a_uri_holds_at_most_4000_bytes",
    ),
    _CHECKS.guard(
        "headers: under 8,000 bytes",
        "limits",
        "if ($headers_are_too_large) {\n    return 431;\n}\n",
        "",
        "test_limits.py::test_too_large_or_too_many_headers_are_refused",
    ),
    _CHECKS.guard(
        "method: a known one",
        "limits",
        "if ($method_is_known = 0) {\n    return 405;\n}\n",
        "",
        "test_limits.py::test_a_method_that_no_service_knows_is_refused",
    ),
    _CHECKS.guard(
        "Host: one, and a valid one",
        "forging",
        'if ($request_host = "") {\n    return 400;\n}\n',
        "",
        "test_client.py::test_a_host_that_is_none_is_refused",
        "test_client.py::test_a_missing_or_contradicted_host_is_refused",
    ),
    _LIMITS.guard(
        "headers: 80 at most",
        "limits",
        "max_headers 80;\n",
        "",
        "test_limits.py::test_too_large_or_too_many_headers_are_refused",
    ),
    _LIMITS.guard(
        "headers: none by a second spelling",
        "forging",
        "underscores_in_headers off;",
        "underscores_in_headers on;",
        _OTHER_WAYS,
    ),
    _LIMITS.guard(
        "body: 16 KiB at most",
        "limits",
        "client_max_body_size 16k;",
        "client_max_body_size 64m;",
        _TOO_LARGE,
        "test_limits.py::test_a_body_in_chunks_may_not_be_larger",
    ),
    _LARGE.guard(
        "body: 4 MiB of a bulk at most",
        "limits",
        "client_max_body_size 4m;\n    # Before",
        "client_max_body_size 64m;\n    # Before",
        _TOO_LARGE,
    ),
    _LARGE.guard(
        "body: a large one of a known sender alone",
        "limits",
        "    auth_request /may-send-a-large-body;\n",
        "",
        "test_large_bodies.py::test_a_sender_who_is_refused_is_told_by_the_service_before_the_body_is_read",
    ),
    _LARGE.guard(
        "body: no answer is no",
        "limits",
        "422 429 431 500 501 502 503 504 =403 @may_not;",
        "422 429 431 500 501 502 503 504 =200 @may;",
        "test_large_bodies.py::test_a_service_that_is_down_takes_no_large_body",
        also=(
            Edit(
                f"{_HERE}large_bodies.server.template",
                "location @may_not {",
                "location @may { return 204; }\nlocation @may_not {",
            ),
        ),
    ),
    _LARGE.guard(
        "body: a refused one is kept nowhere",
        "limits",
        "    proxy_request_buffering off;\n",
        "",
        "test_large_bodies.py::test_a_sender_who_is_refused_is_told_by_the_service_before_the_body_is_read",
    ),
    _LIMITS.guard(
        "heads: an end",
        "limits",
        "client_header_timeout 5s;",
        "client_header_timeout 60s;",
        "test_slow_clients.py::test_a_head_that_never_ends_is_given_up",
    ),
    _LIMITS.guard(
        "bodies: an end where nothing comes",
        "limits",
        "client_body_timeout 5s;",
        "client_body_timeout 60s;",
        "test_slow_clients.py::test_a_body_that_stays_away_is_given_up",
    ),
    _RATES.guard(
        "connections: so many of an address at once",
        "limits",
        "limit_conn connections ${CONNECTIONS_PER_ADDRESS};\n",
        "",
        "test_slow_clients.py::test_an_address_has_so_many_requests_under_way_and_no_more",
    ),
    _template("connections.events").guard(
        "connections: enough for everybody",
        "limits",
        "worker_connections ${WORKER_CONNECTIONS};",
        "worker_connections 1024;",
        "test_slow_clients.py::test_what_is_half_sent_by_many_disturbs_nobody",
    ),
    _CHECKS.guard(
        "Host: one of its own",
        "forging",
        "if ($host_is_public = 0) {\n    return 421;\n}\n",
        "",
        "test_hosts.py::test_another_host_is_misdirected_and_reaches_no_service",
    ),
    _overwritten("X-Forwarded-For", "$remote_addr", _FORGED, _SEEN),
    _overwritten("X-Real-IP", "$remote_addr", _FORGED, _SEEN),
    _overwritten("X-Forwarded-Proto", "$client_scheme", _FORGED, _SEEN),
    _overwritten("X-Forwarded-Host", "$client_host", _FORGED, _SEEN),
    _overwritten("Forwarded", '""', _FORGED),
    _overwritten("X-HTTP-Method-Override", '""', _OTHER_WAYS),
    _overwritten("X-Original-URL", '""', _OTHER_WAYS),
    _overwritten("Remote-User", '""', _OTHER_WAYS),
    _overwritten("Proxy", '""', _OTHER_WAYS),
    *(_limited(zone) for zone in ("token", "refresh", "registration", "password")),
    _CLIENTS_RATED.guard(
        "rate: of the address, whatever it says",
        "guessing",
        "map $remote_addr $client_network {\n    default $remote_addr;\n",
        "map $http_x_forwarded_for $client_network {\n"
        "    default $http_x_forwarded_for;\n",
        "test_rates.py::test_a_client_can_not_be_another_address_by_saying_so",
    ),
    _CLIENTS_RATED.guard(
        "rate: one network of IPv6 is one client",
        "guessing",
        '    "~^(?<first_64_bits>(?:[0-9a-f]{1,4}:){4})" $first_64_bits;\n',
        "",
        "test_rates.py::test_the_addresses_of_one_ipv6_network_are_one",
    ),
    _CLIENT.guard(
        "request id: of the form alone",
        "logs",
        '    "~^[A-Za-z0-9._-]{8,64}$" $http_x_request_id;\n',
        '    "~." $http_x_request_id;\n',
        "test_request_ids.py::test_any_other_request_id_is_replaced",
    ),
    _CLIENT.guard(
        "scheme: a trusted proxy alone tells it",
        "forging",
        '    "~*^1 https$" https;\n',
        '    "~*^. https$" https;\n',
        _FORGED,
    ),
    _CLIENT.guard(
        "host: a trusted proxy alone tells it",
        "forging",
        r'    "~*^1 (?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$" $http_x_',
        r'    "~*^. (?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$" $http_x_',
        _FORGED,
    ),
    _PROXY.guard(
        "retry: a POST is never sent twice",
        "key-takes-effect-once",
        "proxy_next_upstream error timeout;",
        "proxy_next_upstream error timeout non_idempotent;",
        "test_services.py::test_what_was_sent_to_a_service_that_broke_off_is_not_sent_again",
    ),
    _PROXY.guard(
        "answer: no service makes nginx serve another",
        "forging",
        "proxy_ignore_headers X-Accel-Redirect",
        "proxy_ignore_headers",
        "test_services.py::test_a_service_can_not_make_nginx_serve_something_else",
    ),
    _template("logging.http").guard(
        "log: without the query",
        "privacy",
        r'"~^(?<path_as_written>[!-~]*?)(?:\?|$)" $path_as_written;',
        r'"~^(?<path_as_written>[!-~]*)$" $path_as_written;',
        "test_answers.py::test_a_refused_request_is_logged_as_it_was_sent_but_for_the_query",
    ),
    _template("security_headers.server").guard(
        "answer: nothing may be loaded by it",
        "browsers",
        "add_header Content-Security-Policy $content_security_policy always;\n",
        "",
        "test_answers.py::test_security_headers_of_a_service_do_not_double_the_gateway_s",
    ),
    _template("error_pages.location").guard(
        "answer: its own errors are problems",
        "errors",
        "error_page 400 403 404 405 412 413 414 421 429 431 500 502 503 504 /problem;\n",
        "",
        "test_services.py::test_a_service_that_is_down_is_a_bad_gateway",
        "test_services.py::test_an_error_of_the_gateway_itself_is_a_problem_too",
    ),
)
