"""Deciding: rules, protocols, lifecycle, `engine.step(state, inputs) -> (state, events)`. The core is pure."""
