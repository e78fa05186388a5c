"""Holders of before a resync, and those who are missing, are found at once.

What a build that was broken off has left is removed first, so that it can be repeated.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds an index of each."""

    atomic = False
    dependencies = [("holders", "0010_epochs")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS holder_named_at",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="holder",
            index=models.Index(
                fields=["epoch"],
                condition=models.Q(deleted=False, missing_since__isnull=True),
                name="holder_named_at",
            ),
        ),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS holder_missing",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="holder",
            index=models.Index(
                fields=["missing_since"],
                condition=models.Q(missing_since__isnull=False),
                name="holder_missing",
            ),
        ),
    ]
