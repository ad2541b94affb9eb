"""Reaching somebody: rosters, steps, channels, deliveries."""
