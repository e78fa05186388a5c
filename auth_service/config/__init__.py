"""Settings, URLs and what gunicorn serves."""
