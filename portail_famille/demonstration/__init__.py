"""Two invented towns that look like life: their rules, their people, their bookings, and what serves them together.

Nothing here is reachable from a town's portal; the builders refuse a commune that does not say it is an example.
"""
