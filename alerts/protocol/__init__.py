"""Protocols: their text, reading, compilation for a plan, life and books."""
