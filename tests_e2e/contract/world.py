"""What valid requests speak of: users, promos and tokens that exist, afresh as needed.

Nothing here can touch the administrator `admin` but to log in: whoever is changed,
loses a password or is deleted was made for it.
"""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests_e2e.people import Client, grant, register

_LARGEST_AMOUNT = 1_000_000_000
_TOKEN_SECONDS = 200  # of the 300 that it lives


class World:
    """An administrator, and others that are replaced when they are used up."""

    def __init__(self, base_url: str, admin_password: str) -> None:
        self._base_url = base_url
        self._administrator = Client(base_url, "admin", admin_password)
        self._logged_in_at: dict[str, float] = {}
        self.holder = register(base_url)
        self.holder_id = self.holder.id
        self.redemption_id = self.redeem(1)
        self.replace_user()
        self.replace_target()
        if self.administrator("GET", "/api/v1/users?search=mona").json()["results"]:
            return
        register(base_url, username="mona", password="a long pass phrase")

    @property
    def administrator(self) -> Client:
        return self._with_token(self._administrator)

    @property
    def holder_with_token(self) -> Client:
        """Return the holder, with points to use."""
        self.grant_promo()
        return self._with_token(self.holder)

    def grant_promo(self) -> str:
        path = grant(self.administrator, self.holder, _LARGEST_AMOUNT)
        return path.rpartition("/")[2]

    def find_cursor(self, path: str, query: Mapping[str, Any]) -> str | None:
        """Return where the list goes on behind its first row, None if it does not."""
        narrowed = {**query, "page_size": 1}
        narrowed.pop("cursor", None)
        answer = self.administrator("GET", f"{path}?{urlencode(narrowed, doseq=True)}")
        if answer.status_code != 200 or not (link := answer.json()["next"]):
            return None
        cursor: str = parse_qs(urlsplit(link).query)["cursor"][0]
        return cursor

    def replace_user(self) -> None:
        """Have another one who asks for themselves, and may lose what they have."""
        self.user = register(self._base_url)

    def replace_target(self) -> None:
        """Have another one whom the administrator does something to."""
        self.target_id = register(self._base_url).id

    def redeem(self, points: int = _LARGEST_AMOUNT) -> str:
        """Have the holder's points used, and return the redemption's id."""
        path = f"/api/v1/promos/{self.grant_promo()}/use"
        answer = self.administrator("POST", path, {"points": points})
        assert answer.status_code == 201, answer.text
        redemption_id: str = answer.json()["id"]
        return redemption_id

    def _with_token(self, client: Client) -> Client:
        logged_in_at = self._logged_in_at.get(client.username, float("-inf"))
        if time.monotonic() - logged_in_at > _TOKEN_SECONDS:
            client.access = ""
            client.log_in()
            self._logged_in_at[client.username] = time.monotonic()
        return client
