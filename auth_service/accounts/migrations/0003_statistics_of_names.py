"""PostgreSQL learns how common a beginning of a name is.

A search is answered along the newest users or from the indexes of beginnings, whichever
reads less. Of lower(name) it knew nothing (the statistics of an index with a condition
are not used) and took every search for common: a rare name had all users read.
"""

from django.db import migrations

_LEARN = """
CREATE STATISTICS account_lower_name ON lower(name) FROM account;
ANALYZE account;
"""


class Migration(migrations.Migration):
    """Adds the statistics, for which nobody waits."""

    dependencies = [("accounts", "0002_erased_users")]

    operations = [migrations.RunSQL(_LEARN, "DROP STATISTICS account_lower_name")]
