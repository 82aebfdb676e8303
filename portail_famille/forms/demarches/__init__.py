"""Forms of démarches, one file a kind; `registre` knows them all."""
