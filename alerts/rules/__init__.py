"""Rule kinds. Each is a pure fold over the samples of a stream, in measured order."""
