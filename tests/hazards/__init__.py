"""Hazards seen in respected code: one file a sentence."""
