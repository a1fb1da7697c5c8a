"""The pure core: connections, sync runs, posted transactions and the rules between them."""
