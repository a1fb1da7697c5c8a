"""PEX, Business Central, Entra ID, the database and the broker behind the ports."""
