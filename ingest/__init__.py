"""What comes in: judged, stored with its decisions in one transaction, then acknowledged."""
