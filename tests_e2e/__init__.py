"""Through the gateway, over real processes."""
