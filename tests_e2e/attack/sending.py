"""A JSON request of somebody who is logged in, written byte by byte."""

from tests_e2e.attack.expectations import orderly
from tests_e2e.gateway.running import Answer, Gateway
from tests_e2e.people import Client

JSON = "application/json"


def send(
    gateway: Gateway, client: Client, route: tuple[str, str], body: bytes, **more: str
) -> Answer:
    method, path = route
    headers = {"Content-Type": JSON, "Authorization": f"Bearer {client.access}"}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return orderly(gateway.send(method, path, headers, body))
