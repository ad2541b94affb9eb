"""What runs in the early warning's process: bytes to bytes. Named by `isolated.Isolated`; loads the shipped file once.

A file that is refused answers no question: whoever asks is told which field, and what was expected.
"""

import msgspec

from alerts.predict.question import Moved, Question
from domain.converting import decoder
from domain.values import Reading
from models.early_warning.drift import DRIFT
from models.early_warning.drift import drift as drift_of
from models.early_warning.files import load
from models.early_warning.model import Model
from models.early_warning.scoring import score
from models.early_warning.values import Refused, from_readings

_question = decoder(Question)
_rows = decoder(list[list[float | None]])
_model = load()


def early_warning(question: bytes) -> bytes:
    """A `Question` as JSON to a `models.early_warning` Score as JSON. Raises ValueError when the file is refused."""
    asked = _question(question)
    readings = [Reading("", code, value, at, at) for code, value, at in asked.readings]
    return msgspec.json.encode(score(_loaded(), from_readings(readings), asked.at, previous_alarms=asked.alarms))


def drift(question: bytes) -> bytes:
    """Watched inputs of scores (`Score.watched`, a row each) to a list of `Moved`. Raises as `early_warning`."""
    found = drift_of(_loaded(), _rows(question))
    return msgspec.json.encode([Moved(each.what, each.answer, each.value, DRIFT) for each in found])


def _loaded() -> Model:
    if isinstance(_model, Refused):
        raise ValueError(f"the trained file: {_model.field}: expected {_model.expected}, got {_model.found}")
    return _model
