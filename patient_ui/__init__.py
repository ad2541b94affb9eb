"""The patient's and caregiver's app: its accounts, its API under /app, its pages in `static/`.

Knows `domain`, `storage`, `web` and what `alerts` answers to people; never ingest: what is sent goes through an inbox.
"""
