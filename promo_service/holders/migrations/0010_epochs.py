"""Holders whom a whole resync did not name are known as such."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds of which resync a holder is, and since when auth_service knows none."""

    dependencies = [("holders", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="holder",
            name="epoch",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="holder",
            name="missing_since",
            field=models.DateTimeField(null=True),
        ),
    ]
