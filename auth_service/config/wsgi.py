"""What gunicorn serves, on the public and on the internal port alike."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auth_service.config.settings")

application = get_wsgi_application()
