-- When a message of this installation was last committed: whether the app has news to show.
ALTER TABLE app_device ADD COLUMN sent_at timestamptz;
