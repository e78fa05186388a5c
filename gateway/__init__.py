"""The nginx gateway: its templates, and what renders them for the local run."""
