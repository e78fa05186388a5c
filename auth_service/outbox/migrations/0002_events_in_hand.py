"""A relay holds events by a moment in the row, not by a transaction that stays open."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds until when an event is held."""

    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="userevent",
            name="taken_until",
            field=models.DateTimeField(null=True),
        ),
    ]
