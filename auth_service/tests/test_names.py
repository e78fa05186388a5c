# ruff: noqa: RUF001  # names in many scripts
"""Names that people have are taken; names that deceive them are not."""

from unicodedata import normalize

import pytest
from django.core.management import CommandError, call_command

from auth_service.accounts.names import name_faults
from auth_service.tests.conftest import REGISTRATION, faults, refusal
from chassis.tests.worst import MOST_SECONDS, cost, worst_texts

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/register"

REAL = (
    # Latin, with what stands in names beside letters.
    *("Mona Hassan", "O'Brien", "Jean-Luc Picard", "Zoë Müller", "Łukasz Żółć"),
    *("Íñigo Muñoz", "Mary J.", "X Æ A-12", "ʻAlohilani Keʻalohi", "Anne–Marie"),
    # Vietnamese: two marks on a letter, composed or not.
    *("Nguyễn Thị Hằng", "Trần Đức Lương", "Phạm Ngọc Ánh"),
    # Arabic, with vowels and without; Persian, with non-joiners.
    *("محمد عبد الرحمن", "فاطمة الزهراء", "مُحَمَّد", "حُسَيْنٌ", "أحمد شوقي"),
    *("علی\u200cرضا", "حسین\u200cزاده", "گل\u200cناز", "پریسا"),
    # Hebrew, with points.
    *("דָּוִד בֶּן־גּוּרִיּוֹן", "שָׂרָה", "יִצְחָק רַבִּין", "משה כהן"),
    # Of India and Sri Lanka, with joiners after a virama.
    *("प्रियंका शर्मा", "श्रीनिवास", "लक्ष्मी", "शक्\u200dति", "रवीन्द्र"),
    *("രാജേഷ് നായർ", "ശ്രീജിത്ത്", "അവന്\u200d", "സുനില്\u200d കുമാര്\u200d"),
    *("තිලකරත්න", "ශ්\u200dරී", "தமிழ்செல்வன்", "వెంకటేశ్వర్లు", "রবীন্দ্রনাথ"),
    *("ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", "ಕೃಷ್ಣಮೂರ್ತಿ"),
    # Thai, Lao, Khmer, Burmese, Tibetan.
    *("สมชาย วงศ์สวัสดิ์", "น้ำผึ้ง", "ณัฐพงษ์", "ສົມຈິດ", "សុខ ម៉ៅ", "ကျော်ဇော"),
    *("အောင်ဆန်းစုကြည်", "བསྟན་འཛིན་རྒྱ་མཚོ"),
    # Hangul, whole and in its parts; Han with a variant of a letter; kana.
    *("김철수", normalize("NFD", "박지성"), "山田太郎", "葛\U000e0100城", "ヴィクトル"),
    *("王小明", "Дмитрий Ёлкин", "Γιώργος", "Հովհաննես", "გიორგი", "መኮንን"),
)

CONFUSING = {
    "an override": "Mona\u202enimda",
    "an override to the right": "\u202dMona",
    "an embedding": "\u202bMona\u202c",
    "an isolate": "Mona \u2067x\u2069",
    "an isolate of the first letter": "\u2068Mona\u2069",
    "a mark of direction": "Mo\u200ena",
    "an Arabic mark of direction": "Mona\u061cx",
    "a zero-width space": "Mo\u200bna",
    "a word joiner": "Mo\u2060na",
    "a byte order mark": "Mo\ufeffna",
    "a soft hyphen": "Mo\u00adna",
    "a joiner between Latin letters": "Mo\u200dna",
    "a non-joiner between Latin letters": "Mo\u200cna",
    "a non-joiner that ends a name": "علی\u200c",
    "a joiner at the beginning": "\u200dMona",
    "tags": "Mona\U000e0041\U000e007f",
    "a filler of Hangul": "Mona\u3164",
    "nothing but fillers": "\u115f\u1160",
    "a half filler": "Mona\uffa0",
    "a blank of Braille": "\u2800\u2800",
    "a grapheme joiner": "Mo\u034fna",
    "an invisible vowel": "ម\u17b5",
    "an invisible operator": "Mo\u2062na",
    "a Mongolian separator": "Mo\u180ena",
    "a line separator": "Mo\u2028na",
    "a variant of nothing": "\ufe0fMona",
    "a variant of a variant": "M\ufe0f\ufe0fona",
    "a stack of marks": "M" + "\u0301" * 5 + "ona",
    "a stack of other marks": "M\u0489\u20dd\u0336\u0363\u0352ona",
    "a stack around a joiner": "क\u0951\u0952\u094d\u200d\u0951\u0952",
    "marks alone": "\u0301\u0302",
    "signs alone": "...",
    "emoji alone": "\U0001f389",
    "a musical blank": "Mona\U0001d159",
    "an invisible letter of Egypt": "\U00013441",
    "a scale of music": "Mona\U0001d173",
}


def test_there_are_names_enough():
    assert len(REAL) >= 50
    assert len(CONFUSING) >= 16


@pytest.mark.parametrize("name", REAL)
def test_a_name_that_people_have_is_kept(name, alice):
    for form in ("NFC", "NFD"):
        written = normalize(form, name)
        answer = alice.client.patch("/api/v1/users/me", {"name": f"\u200f{written} "})
        assert answer.status_code == 200, answer.json()
        assert answer.json()["name"] == normalize("NFC", name)


@pytest.mark.parametrize("which", CONFUSING)
def test_a_name_that_deceives_is_refused_wherever_one_is_given(
    which, anybody, alice, administrator, nothing_changes, monkeypatch
):
    name = CONFUSING[which]
    nothing_changes()
    user = {**REGISTRATION, "username": "bob"}
    codes = {"invisible", "direction", "combining_marks", "no_letter"}
    for client, method, path, body in (
        (anybody, "post", URL, user),
        (administrator.client, "post", "/api/v1/users", {**user, "role": "normal"}),
        (alice.client, "patch", "/api/v1/users/me", {}),
        (administrator.client, "patch", f"/api/v1/users/{alice.user.id}", {}),
    ):
        found = faults(getattr(client, method)(path, {**body, "name": name}))
        assert {field for field, _ in found} == {"name"}
        assert {code for _, code in found} <= codes
    monkeypatch.setenv("ADMIN_USERNAME", "root")
    monkeypatch.setenv("ADMIN_PASSWORD", "a wholly new phrase")
    monkeypatch.setenv("ADMIN_NAME", name)
    with pytest.raises(CommandError, match="name:"):
        call_command("create_admin")


@pytest.mark.parametrize("field", ["address"])
@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("12 \u202e34", False),
        ("\u2067 12", False),
        ("\u202a12", False),
        ("\u206712\u2069", True),
        ("شارع \u200e12\u200f", True),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", True),
    ],
)
def test_an_address_turns_nothing_beside_it(field, text, fits, alice):
    answer = alice.client.patch("/api/v1/users/me", {field: text})
    if fits:
        assert answer.json()[field] == text
    else:
        assert faults(answer) == {(field, "direction")}


def test_a_name_at_log_in_is_trimmed_as_at_registration(anybody, alice):
    for name in (" alice", "ALICE\t", "\u3000Alice \n", "a\u212bice"):
        body = {"username": name, "password": REGISTRATION["password"]}
        status = 401 if "\u212b" in name else 200
        assert anybody.post("/api/v1/auth/token", body).status_code == status
    for name in ("", "  "):
        body = {"username": name, "password": REGISTRATION["password"]}
        answer = anybody.post("/api/v1/auth/token", body)
        assert faults(answer) == {("username", "blank")}


def test_spaces_around_a_name_give_no_further_guesses(anybody, alice):
    for number in range(10):
        body = {"username": " " * number + "alice", "password": "wrong wrong wrong"}
        assert anybody.post("/api/v1/auth/token", body).status_code in {401, 429}
    body = {"username": "alice", "password": REGISTRATION["password"]}
    answer = anybody.post("/api/v1/auth/token", body)
    assert refusal(answer) == (429, "throttled")


def test_a_name_is_judged_in_a_moment():
    for text in worst_texts(600):
        assert cost(name_faults, text) < MOST_SECONDS, ascii(text[:20])
