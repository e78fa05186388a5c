import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UserEvent',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, primary_key=True, serialize=False)),
                ('version', models.BigIntegerField()),
                ('is_resync', models.BooleanField(db_default=False, default=False)),
                ('creation_time', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('attempts', models.IntegerField(db_default=0, default=0)),
                ('own_failures', models.IntegerField(db_default=0, default=0)),
                ('last_attempt_at', models.DateTimeField(null=True)),
                ('next_attempt_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('delivered_at', models.DateTimeField(null=True)),
                ('set_aside_at', models.DateTimeField(null=True)),
                ('last_code', models.CharField(db_default='', default='', max_length=40)),
                ('last_text', models.CharField(db_default='', default='', max_length=200)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'user_event',
                'indexes': [models.Index(condition=models.Q(('delivered_at__isnull', True), ('set_aside_at__isnull', True)), fields=['is_resync', 'next_attempt_at', 'id'], name='user_event_waiting'), models.Index(condition=models.Q(('delivered_at__isnull', False)), fields=['delivered_at'], name='user_event_delivered'), models.Index(condition=models.Q(('set_aside_at__isnull', False)), fields=['set_aside_at'], name='user_event_set_aside')],
            },
        ),
    ]
