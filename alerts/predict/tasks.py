"""What runs in the processes of the models: bytes to bytes, nothing else. Named by `isolated.Isolated`."""

import msgspec

from domain.converting import decoder
from models.anc import forecast
from models.anc.values import Request

_request = decoder(Request)
SEED = 0  # the same question has the same answer, whoever asks it when


def anc_forecast(question: bytes) -> bytes:
    """A `models.anc` Request as JSON to its Forecast as JSON."""
    return msgspec.json.encode(forecast(_request(question), seed=SEED))
