"""Marked holders are found among all of them; built while others go on writing.

What a build that was broken off has left is removed first, so that it can be repeated.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds an index of hardly any row."""

    atomic = False
    dependencies = [("holders", "0012_marks")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS holder_marked", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="holder",
            index=models.Index(
                condition=models.Q(
                    ("void_since__isnull", False),
                    ("erase_since__isnull", False),
                    _connector="OR",
                ),
                fields=["user_id"],
                name="holder_marked",
            ),
        ),
    ]
