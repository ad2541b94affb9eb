"""What the hub does with its predictive models (`models/`): asks them apart, stores what they say, tells the engine.

`request`, `outputs`, `switch` are pure. `isolated` runs a model in a process that can be cut off. `forecasting` and
`scoring` are services with threads of their own: ingest never waits for them. A model only adds (promise 7).
"""
