"""Who may do what in promo_service: roles, owners, and who is an administrator."""

from tests_e2e.guards.guard import Guard, Place

_SUITE = "promo_service/tests"
_PROMO_VIEWS = Place("promo_service/promos/views/promos.py", _SUITE)
_LEDGER_VIEWS = Place("promo_service/promos/views/ledger.py", _SUITE)
_REDEMPTION_VIEWS = Place("promo_service/promos/views/redemptions.py", _SUITE)
_REPORT_VIEWS = Place("promo_service/promos/views/reports.py", _SUITE)
_PROMOS = Place("promo_service/promos/selectors/promos.py", _SUITE)
_HISTORY = Place("promo_service/promos/selectors/history.py", _SUITE)
_REDEMPTIONS = Place("promo_service/promos/selectors/redemptions.py", _SUITE)
_ADMINISTRATORS = Place("promo_service/holders/selectors.py", _SUITE)
_OUT_OF_DATE = "test_demoted.py::test_an_administrators_token_that_is_out_of_date"

_ROW = "SELECT role <> 'administrator' OR NOT is_active OR deleted"

_EVERYBODY = 'frozenset({"normal", "administrator"})'


def _row(of: str) -> str:
    """Return one row of the table of methods, paths and roles."""
    return f"test_access.py::test_each_role_gets_what_the_contract_gives_it[{of}]"


GUARDS: tuple[Guard, ...] = (
    Place("chassis/views.py", _SUITE).guard(
        "role: checked for every method",
        "own-promos-only",
        'return cast("Caller", request.user).role in roles',
        "return True",
        _row("post promos by owner"),
        _row("delete promos/{promo} by owner"),
    ),
    Place("chassis/views.py", _SUITE).guard(
        "answers: never kept by a cache",
        "privacy",
        '        final.headers.setdefault("Cache-Control", "no-store")\n',
        "",
        _row("get promos/me by owner"),
    ),
    Place("chassis/middleware.py", _SUITE).guard(
        "answers: in one piece",
        "speed",
        'response.headers["Content-Length"] = str(len(response.content))',
        "pass",
        _row("get promos/me by owner"),
    ),
    _PROMO_VIEWS.guard(
        "role: all promos are the administrators'",
        "own-promos-only",
        'allow = {"GET": ADMINISTRATORS, "POST": ADMINISTRATORS}',
        'allow = {"GET": EVERYBODY, "POST": ADMINISTRATORS}',
        _row("get promos by owner"),
    ),
    _PROMO_VIEWS.guard(
        "role: administrators alone grant",
        "own-promos-only",
        'allow = {"GET": ADMINISTRATORS, "POST": ADMINISTRATORS}',
        'allow = {"GET": ADMINISTRATORS, "POST": EVERYBODY}',
        _row("post promos by owner"),
    ),
    _PROMO_VIEWS.guard(
        "role: administrators alone grant in bulk",
        "own-promos-only",
        '    allow = {"POST": ADMINISTRATORS}\n    # 500 promos',
        '    allow = {"POST": EVERYBODY}\n    # 500 promos',
        _row("post promos/bulk by owner"),
        "test_bulk_granting.py::test_a_normal_user_may_not",
    ),
    _PROMO_VIEWS.guard(
        "role: administrators alone modify",
        "own-promos-only",
        '"PATCH": ADMINISTRATORS, "DELETE": ADMINISTRATORS}',
        '"PATCH": EVERYBODY, "DELETE": ADMINISTRATORS}',
        _row("patch promos/{promo} by owner"),
    ),
    _PROMO_VIEWS.guard(
        "role: administrators alone delete",
        "own-promos-only",
        '"PATCH": ADMINISTRATORS, "DELETE": ADMINISTRATORS}',
        '"PATCH": ADMINISTRATORS, "DELETE": EVERYBODY}',
        _row("delete promos/{promo} by owner"),
    ),
    _LEDGER_VIEWS.guard(
        "role: revisions are the administrators'",
        "own-promos-only",
        'allow = {"GET": ADMINISTRATORS}',
        'allow = {"GET": EVERYBODY}',
        _row("get promos/{promo}/revisions by owner"),
    ),
    _REDEMPTION_VIEWS.guard(
        "role: all redemptions are the administrators'",
        "own-promos-only",
        'allow = {"GET": ADMINISTRATORS}',
        'allow = {"GET": EVERYBODY}',
        _row("get redemptions by owner"),
    ),
    _REDEMPTION_VIEWS.guard(
        "role: administrators alone give back",
        "own-promos-only",
        'allow = {"POST": ADMINISTRATORS}',
        'allow = {"POST": EVERYBODY}',
        _row("post redemptions/{redemption}/reverse by owner"),
    ),
    *(
        _REPORT_VIEWS.guard(
            f"role: the {name} is the administrators'",
            "own-promos-only",
            f'    """{said}"""\n\n    allow = {{"GET": ADMINISTRATORS}}',
            f'    """{said}"""\n\n    allow = {{"GET": {_EVERYBODY}}}',
            _row(f"get promos/{name} by owner"),
        )
        for name, said in (
            ("summary", "What became of all points, as of a time."),
            ("timeline", "What moved day by day."),
        )
    ),
    _PROMOS.guard(
        "owner: a promo is shown to its own",
        "own-promos-only",
        "return None if caller.role is Role.ADMINISTRATOR else caller.id",
        "return None",
        _row("get promos/{promo} by stranger"),
        _row("get promos/{promo}/points by stranger"),
    ),
    _PROMOS.guard(
        "owner: a list holds one's own promos alone",
        "own-promos-only",
        "return promos if holder_id is None else promos.filter(holder_id=holder_id)",
        "return promos",
        _row("get promos/{promo} by stranger"),
        "test_lists.py::test_own_promos_are_listed_newest_first_in_one_query",
    ),
    _PROMO_VIEWS.guard(
        "owner: an administrator has no promos",
        "only-normal-users-hold",
        "return _page(self, holder_id=self.caller.id)",
        "return _page(self, holder_id=selectors.visible_to(self.caller))",
        "test_access.py::test_an_administrator_has_no_promos_of_their_own",
    ),
    _HISTORY.guard(
        "owner: a ledger is shown to its own",
        "own-promos-only",
        "existing_promos(caller.id).filter(id=promo_id)",
        "existing_promos(None).filter(id=promo_id)",
        _row("get promos/{promo}/ledger by stranger"),
    ),
    _REDEMPTIONS.guard(
        "owner: a redemption is shown to its own",
        "own-promos-only",
        "    redemptions = Redemption.objects.filter(id=redemption_id)\n"
        "    if holder_id is not None:\n",
        "    redemptions = Redemption.objects.filter(id=redemption_id)\n"
        "    if False:\n",
        _row("get redemptions/{redemption} by stranger"),
        "test_lists.py::test_a_redemption_is_shown_to_its_owner_after_the_promo_is_gone",
    ),
    _REDEMPTION_VIEWS.guard(
        "owner: a list holds one's own redemptions alone",
        "own-promos-only",
        "return _page(self, self.caller.id, None)",
        "return _page(self, None, None)",
        "test_demoted.py::test_own_redemptions_alone_are_listed",
    ),
    Place("promo_service/holders/authentication.py", _SUITE).guard(
        "administrator: the holder's row is asked",
        "tokens",
        "            raise InvalidToken\n",
        "            pass\n",
        _OUT_OF_DATE,
        "test_granting.py::test_a_demoted_administrators_token_is_refused",
    ),
    _ADMINISTRATORS.guard(
        "administrator: who is none any more",
        "tokens",
        _ROW,
        "SELECT NOT is_active OR deleted",
        _OUT_OF_DATE,
    ),
    _ADMINISTRATORS.guard(
        "administrator: who is suspended",
        "tokens",
        _ROW,
        "SELECT role <> 'administrator' OR deleted",
        _OUT_OF_DATE,
    ),
    _ADMINISTRATORS.guard(
        "administrator: who is deleted",
        "tokens",
        _ROW,
        "SELECT role <> 'administrator' OR NOT is_active",
        _OUT_OF_DATE,
    ),
)
