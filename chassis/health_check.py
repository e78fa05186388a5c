"""Asks the service in this container whether it can serve, as `HEALTHCHECK` does.

`python -m chassis.health_check`: the images hold no other client. It imports nothing
that takes time, since it runs every few seconds.
"""

import http.client
import os
import sys

SECONDS = 4


def main() -> int:
    """This function will return 0 if the internal port is ready, otherwise 1."""
    port = int(os.environ["INTERNAL_BIND"].rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/readyz")
        return 0 if connection.getresponse().status == http.client.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
