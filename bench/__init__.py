"""How fast the system is, measured: `make bench`."""
