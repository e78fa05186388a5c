"""What both services need on the wire: problem details, tokens, roles, strict JSON.

It verifies tokens and never signs them; it has no models, migrations, URLs or
business words; it never imports a service.
"""
