"""Trying protocols out: rule cases, comparisons, replay on many processes."""
