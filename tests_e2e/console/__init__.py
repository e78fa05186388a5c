"""`make test-console`: the console in a real Chromium, against the real system."""
