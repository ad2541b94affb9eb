"""Tests of the app without a database."""
