"""The fault laboratory: a nemesis breaks things, an oracle judges what was kept."""
