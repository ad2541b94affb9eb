"""`make screenshots`: a picture of every page of the console and the app, to be looked at. Nothing is asserted."""
