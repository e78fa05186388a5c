"""A page of promos keeps room for new versions of its rows.

A use changes no indexed column, so that PostgreSQL need not tell any index of it (a HOT
update) as long as the new version of the row has room on the page of the old one. Pages
that are full by granting have none: then all ten indexes are written to for each use.

Pages that are there already stay as they are; vacuuming makes room on them in time.
"""

from django.db import migrations


class Migration(migrations.Migration):
    """Sets the fill factor: no row is touched, and nobody waits."""

    dependencies = [("promos", "0006_entries_by_time")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE promo SET (fillfactor = 85)",
            "ALTER TABLE promo RESET (fillfactor)",
        ),
    ]
