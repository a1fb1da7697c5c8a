"""Ways to tell people: a log line, a signed web request, an e-mail."""
