"""The only SQL: numbered migrations, one statement a function, domain values in and out.

Nothing here commits, decides or starts a transaction: the caller owns it.
"""
