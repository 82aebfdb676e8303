"""The bench of `make bench`: what pages cost, measured on the demonstration's own town."""
