"""Keys, the tokens that they sign, and the sessions these belong to."""
