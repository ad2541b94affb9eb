"""Tests of what both faces share."""
