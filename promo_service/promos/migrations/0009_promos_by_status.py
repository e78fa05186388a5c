"""Lists by status find a few promos among very many; built while others go on writing.

What a build that was broken off has left is removed first, so that it can be repeated.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds an index for each status."""

    atomic = False
    dependencies = [("promos", "0008_used_up")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS promo_on_soonest_end",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="promo",
            index=models.Index(
                fields=["ends", "id"],
                condition=models.Q(deleted_at__isnull=True, is_active=True),
                name="promo_on_soonest_end",
            ),
        ),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS promo_usable_soonest_end",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="promo",
            index=models.Index(
                fields=["ends", "id", "start_time"],
                condition=models.Q(
                    deleted_at__isnull=True, is_active=True, is_used_up=False
                ),
                name="promo_usable_soonest_end",
            ),
        ),
    ]
