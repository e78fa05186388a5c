"""What must always hold, looked up in the whole database in bounded memory.

Each check is one statement, so that it sees one moment of a system that goes on
running; the database does the work and returns what is wrong alone.
"""

from promo_service.promos.verification.rules import Violation
from promo_service.promos.verification.verifying import Step, verify

__all__ = ["Step", "Violation", "verify"]
