"""The live console: HTTP API, websocket feed, static front end.

Decides nothing clinical; of the clinical tables it writes only the action inbox.
"""
