"""`make bench-scale`: whether the system is as fast when it is large."""
