"""The engine's parts: state, streams, what is told, time passing. Pure."""
