"""PEX behind its port: the External API v4 over HTTP."""
