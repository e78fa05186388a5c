"""What gunicorn serves, on the public and on the internal port alike."""

import os

from django.core.wsgi import get_wsgi_application

from chassis.wsgi import with_readable_media_type

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "promo_service.config.settings")

application = with_readable_media_type(get_wsgi_application())
