"""Oral treatment at home: plan, expected doses, intakes matched to them, what the rules and the app are told. Pure."""
