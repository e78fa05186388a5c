"""Entries and revisions of a time are found; built while others go on writing.

What a build that was broken off has left is removed first, so that it can be repeated.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    """Adds an index to each."""

    atomic = False
    dependencies = [("promos", "0005_closed_days")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS entry_time", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="ledgerentry",
            index=BrinIndex(
                autosummarize=True,
                fields=["creation_time"],
                name="entry_time",
                pages_per_range=32,
            ),
        ),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS revision_time", migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name="promorevision",
            index=BrinIndex(
                autosummarize=True,
                fields=["creation_time"],
                name="revision_time",
                pages_per_range=32,
            ),
        ),
    ]
