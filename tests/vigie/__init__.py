"""Settings, clock, published schemas."""
