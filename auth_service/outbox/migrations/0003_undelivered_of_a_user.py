"""All that is still to be told of a user is found at once.

What a build that was broken off has left is removed first, so that it can be repeated.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds an index by user."""

    atomic = False
    dependencies = [("outbox", "0002_events_in_hand")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY IF EXISTS user_event_undelivered_of",
            migrations.RunSQL.noop,
        ),
        AddIndexConcurrently(
            model_name="userevent",
            index=models.Index(
                fields=["user"],
                condition=models.Q(delivered_at__isnull=True),
                name="user_event_undelivered_of",
            ),
        ),
    ]
