"""Tests. Pure ones mirror the packages; `flow` needs a database or a broker."""
