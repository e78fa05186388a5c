"""Settings, URLs and how the service is served."""
