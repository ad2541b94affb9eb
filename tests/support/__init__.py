"""What several tests share: database guard, services, a real TimescaleDB."""
