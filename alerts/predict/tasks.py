"""What runs in the processes of the models: bytes to bytes, nothing else. Named by `isolated.Isolated`."""

import msgspec

from models.anc import forecast
from models.anc.values import Request

SEED = 0  # the same question has the same answer, whoever asks it when


def anc_forecast(question: bytes) -> bytes:
    """A `models.anc` Request as JSON to its Forecast as JSON."""
    return msgspec.json.encode(forecast(msgspec.json.decode(question, type=Request), seed=SEED))
