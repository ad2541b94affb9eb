"""What the hub does with its models."""
