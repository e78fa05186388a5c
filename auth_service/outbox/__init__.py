"""What changed about users, kept until the other service has been told."""
