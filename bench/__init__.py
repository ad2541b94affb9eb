"""Measured comparisons, printed as ratios. Never imported by the hub."""
