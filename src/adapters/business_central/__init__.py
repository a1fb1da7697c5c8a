"""Business Central behind the ports: its OData API v2.0 over HTTP."""
