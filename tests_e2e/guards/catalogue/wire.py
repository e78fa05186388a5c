"""Tokens, fields, queries and ports, as both services read them."""

from tests_e2e.guards.guard import Edit, Guard, Place

_CHASSIS, _PROMO, _AUTH = "chassis/tests", "promo_service/tests", "auth_service/tests"
_TOKENS = Place("chassis/tokens.py", _PROMO)
_KEY_SET = Place("promo_service/holders/keys.py", _PROMO)
_FIELDS = Place("chassis/serializers.py", _CHASSIS)
_PAGES = Place("chassis/pagination.py", _PROMO)
_T = "test_tokens.py::TestTokens::"
_WRONG = _T + "test_a_wrong_claim_is_refused"
_MISSING = _T + "test_a_missing_claim_is_refused"
_MISFIT = "test_serializers.py::test_what_does_not_fit_is_refused"
_CURSOR = "test_lists.py::test_a_cursor_of_another_"

_ONE_TEXT = "    if not _COMPACT.fullmatch(raw):\n        raise InvalidToken\n"
_DECODE_ANYTHING = """    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        algorithm = jwt.get_unverified_header(token)["alg"]
        key = None if algorithm == "none" else self.get_verifying_key(token)
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=self.audience,
            issuer=self.issuer,
            leeway=self.leeway,
            options={"verify_signature": algorithm != "none"},
        )

    def get_verifying_key(self, token: Any) -> Any:
"""

GUARDS: tuple[Guard, ...] = (
    _TOKENS.guard(
        "token: RS256 alone",
        "tokens",
        "    def get_verifying_key(self, token: Any) -> Any:\n",
        _DECODE_ANYTHING,
        _T + "test_a_token_that_is_unsigned_is_refused",
        # Without a signature it has not even the form of a token.
        also=(Edit(_TOKENS.file, _ONE_TEXT, ""),),
    ),
    _TOKENS.guard(
        "token: one text for each",
        "tokens",
        _ONE_TEXT,
        "",
        "test_token_texts.py::test_another_text_of_a_good_token_is_refused",
    ),
    _TOKENS.guard(
        "token: iss",
        "tokens",
        "issuer=settings.TOKEN_ISSUER, leeway=LEEWAY",
        "leeway=LEEWAY",
        _WRONG,
    ),
    _TOKENS.guard(
        "token: aud",
        "tokens",
        '"RS256", audience=audience, issuer',
        '"RS256", audience=None, issuer',
        _WRONG,
    ),
    _TOKENS.guard(
        "token: iat is required",
        "tokens",
        '("iss", "aud", "sub", "iat")',
        '("iss", "aud", "sub")',
        _MISSING,
    ),
    _TOKENS.guard(
        "token: exp, jti and type are required",
        "tokens",
        "        super().verify()\n        if not all(",
        "        if not all(",
        _WRONG,
        _MISSING,
    ),
    _TOKENS.guard(
        "token: the role is one of two",
        "tokens",
        'role=Role(self.payload["role"]),',
        'role=next((r for r in Role if r == self.payload["role"]), Role.NORMAL),',
        _WRONG,
    ),
    _TOKENS.guard(
        "token: one that is remembered expires",
        "tokens",
        "if known is not None and known[0] > time.time():",
        "if known is not None:",
        _T + "test_a_remembered_token_expires_all_the_same",
    ),
    _TOKENS.guard(
        "token: other keys end what is remembered",
        "tokens",
        "        if generation != self._generation:\n"
        "            self._forget(generation)\n",
        "        self._generation = generation\n",
        _T + "test_a_withdrawn_key_ends_what_was_remembered",
    ),
    _KEY_SET.guard(
        "keys: asked for once in 10 seconds",
        "no storm",
        "if self._is_asking or now - self._asked_at < pause:",
        "if self._is_asking:",
        _T + "test_unknown_kids_make_the_process_ask_once_in_10_seconds",
    ),
    _KEY_SET.guard(
        "keys: an outage is outlived by a day alone",
        "tokens",
        "        if age > OUTLIVES_SECONDS:\n            self._forget()\n",
        "        if False:\n            self._forget()\n",
        _T + "test_with_auth_down_the_known_keys_serve_for_a_day",
    ),
    _KEY_SET.guard(
        "keys: nobody waits for another's fetch",
        "availability",
        "if self._is_asking or now - self._asked_at < pause:",
        "if now - self._asked_at < pause:",
        "test_key_set.py::test_without_any_key_who_comes_during_the_fetch_is_told_at_once",
    ),
    _KEY_SET.guard(
        "keys: none is no answer",
        "tokens",
        "    if not found:\n        raise KeySetUnusable\n",
        "",
        "test_key_set.py::test_nothing_is_taken_for_a_key_set",
    ),
    _KEY_SET.guard(
        "keys: an old set is not believed",
        "tokens",
        "        self._see_to_its_age()\n        return self._generation\n",
        "        return self._generation\n",
        "test_key_set.py::test_a_withdrawn_key_is_not_believed_though_its_tokens_alone_come",
    ),
    _TOKENS.guard(
        "token: none lasts longer than the contract says",
        "tokens",
        'if self.payload["exp"] - self.payload["iat"] > self.lifetime.total_seconds():',
        "if False:",
        _T + "test_one_that_lasts_longer_than_the_contract_allows_is_refused",
    ),
    Place("promo_service/config/gunicorn.py", _PROMO).guard(
        "keys: fetched before the first token comes",
        "tokens",
        "    keep_fresh()\n",
        "",
        "test_tokens.py::test_each_worker_fetches_ahead_and_finishes_what_is_left_to_do",
    ),
    Place("chassis/views.py", _AUTH).guard(
        "service: its token is asked for",
        "internal",
        "    authentication_classes = (ServiceAuthentication,)\n",
        "    authentication_classes = ()\n",
        "test_internal.py::test_users_and_services_for_others_look_nobody_up",
    ),
    Place("chassis/authentication.py", _AUTH).guard(
        "service: no user's token does",
        "internal",
        'return verify(ServiceToken, token)["sub"], token',
        "return remembered.verify(token), token",
        "test_internal.py::test_users_and_services_for_others_look_nobody_up",
        "test_internal.py::test_users_are_looked_up_by_id_and_by_name_in_any_case",
    ),
    Place("chassis/middleware.py", _AUTH).guard(
        "port: internal paths on the internal port alone",
        "internal",
        'if request.META["SERVER_PORT"] == settings.INTERNAL_PORT:',
        'if request.path.startswith(("/internal/", "/healthz", "/readyz")):',
        "test_internal.py::test_the_public_port_knows_nothing_of_it",
        "test_internal.py::test_the_internal_port_knows_no_public_path",
    ),
    Place("chassis/middleware.py", _PROMO).guard(
        "request id: a client's own has a form",
        "logs",
        "given if _REQUEST_ID.fullmatch(given) else uuid4().hex",
        "given or uuid4().hex",
        "test_access.py::test_a_request_id_is_the_clients_own_if_it_is_one",
    ),
    Place("chassis/problems.py", _PROMO).guard(
        "problems: nothing of the inside is told",
        "privacy",
        "is_passing(exception) else InternalError()\n",
        "is_passing(exception) else InternalError(str(exception))\n",
        "test_problems.py::test_a_bug_is_a_500_that_says_nothing_of_it",
    ),
    Place("chassis/problems.py", _PROMO).guard(
        "problems: a database in trouble is a 503",
        "retries",
        "return Unavailable() if is_passing(exception) else InternalError()",
        "return InternalError()",
        "test_problems.py::test_a_database_in_trouble_is_a_503_to_retry",
    ),
    _FIELDS.guard(
        "integer: no boolean",
        "strict",
        "if isinstance(data, bool) or not isinstance(data, int):",
        "if not isinstance(data, int):",
        _MISFIT,
    ),
    _FIELDS.guard(
        "integer: no text, no fraction",
        "strict",
        "        if isinstance(data, bool) or not isinstance(data, int):\n"
        '            self.fail("invalid")\n        return data\n',
        "        if isinstance(data, bool):\n"
        '            self.fail("invalid")\n'
        "        return super().to_internal_value(data)\n",
        _MISFIT,
    ),
    _FIELDS.guard(
        "boolean: true or false",
        "strict",
        "        if not isinstance(data, bool):\n"
        '            self.fail("invalid", input=data)\n        return data\n',
        "        return super().to_internal_value(data)\n",
        _MISFIT,
    ),
    _FIELDS.guard(
        "id: in its canonical form",
        "strict",
        "        if isinstance(data, str) and len(data) == 36:\n",
        "        if isinstance(data, str):\n",
        _MISFIT,
    ),
    _FIELDS.guard(
        "time: with an offset, as RFC 3339 has it",
        "strict",
        "    if not _RFC_3339.fullmatch(text.upper()):\n        return None\n",
        "",
        _MISFIT,
    ),
    _FIELDS.guard(
        "text: no control characters",
        "strict",
        "if has_control_characters(text, lines=self.lines):",
        "if False:",
        _MISFIT,
    ),
    _FIELDS.guard(
        "fields: an unknown one is named",
        "strict",
        "            faults |= self._name_unknown(data.keys() - self.known)\n",
        "            pass\n",
        "test_serializers.py::test_unknown_fields_and_faulty_ones_are_named_together",
    ),
    _FIELDS.guard(
        "query: a parameter once only",
        "strict",
        "                if len(values) > 1\n",
        "                if len(values) > 99\n",
        "test_serializers.py::test_a_query_parameter_may_be_given_once_only",
    ),
    _PAGES.guard(
        "cursor: of this list, order and filters",
        "lists",
        "        if any(read[name] != value for name, value in self.list.items()):\n"
        "            raise InvalidCursor\n",
        "",
        _CURSOR + "promos_ledger_is_refused",
        "test_filters.py::test_a_cursor_with_other_filters_is_refused",
    ),
)
