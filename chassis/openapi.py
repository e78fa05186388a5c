"""What the OpenAPI documents of both services say alike; import it to register it."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Access tokens in the `Authorization` header."""

    target_class = "chassis.authentication.UserAuthentication"
    match_subclasses = True
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """This function will describe the scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
