"""Real broker, real database, real processes."""
