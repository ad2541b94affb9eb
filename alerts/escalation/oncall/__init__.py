"""Who is on call: rosters resolved, calendars read and written, the watch over both. Pure: time is an argument."""
