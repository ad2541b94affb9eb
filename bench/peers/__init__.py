"""What people build instead of a hub, fed the same messages by the same broker into the same database."""
