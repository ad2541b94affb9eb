"""What runs in the early warning's process: bytes to bytes. Named by `isolated.Isolated`; loads the shipped file once.

A file that is refused answers no question: whoever asks is told which field, and what was expected.
"""

import msgspec

from alerts.predict.question import Question
from domain.converting import decoder
from domain.values import Reading
from models.early_warning.files import load
from models.early_warning.scoring import score
from models.early_warning.values import Refused, from_readings

_question = decoder(Question)
_model = load()


def early_warning(question: bytes) -> bytes:
    """A `Question` as JSON to a `models.early_warning` Score as JSON. Raises ValueError when the file is refused."""
    if isinstance(_model, Refused):
        raise ValueError(f"the trained file: {_model.field}: expected {_model.expected}, got {_model.found}")
    asked = _question(question)
    readings = [Reading("", code, value, at, at) for code, value, at in asked.readings]
    return msgspec.json.encode(score(_model, from_readings(readings), asked.at, previous_alarms=asked.alarms))
