"""What a request is called where its path would say too much."""

from django.http import HttpRequest


def route_of(request: HttpRequest) -> str | None:
    """This function will return the pattern of the request's path, and no id of it."""
    match = request.resolver_match
    return match.route if match else None
