"""Who may hold a promo, and how this service comes to know."""
