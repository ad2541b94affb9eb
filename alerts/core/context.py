"""What stands beside a fever: treatments that hide it, the site of measurement, a doubtful patch. Pure.

It only adds words to the sentence of an alert. Nothing here delays, lowers or withholds one.
"""

from alerts.core import sentences
from alerts.core.state import PatientState
from alerts.rules.level import Proof
from domain.alerts import Said
from domain.instants import HOUR, Micros
from domain.values import Reading
from domain.vocabulary import TEMPERATURE

TOLD = ("antipyretic", "corticoid", "gcsf", "transfusion")
LOW_SITES = ("axilla", "tympanic", "oral")  # sensitivity 0.35, 0.71, 0.56 (Dzarr 2009, clinical table 02)
PATCH_JUMP = 1.0  # Cel between two samples of a patch that follow each other: status D, needs clinical sign-off


def notes(state: PatientState, proof: Proof, at: Micros) -> tuple[Said, ...]:
    """Notes to a reading that met a rule with `context`."""
    within = round(state.compiled.protocol.defaults.context_within_h * HOUR)
    found = [
        sentences.treatment(kind, name, max(0, at - given_at))
        for kind in TOLD
        if kind in state.treatments
        for name, given_at in [state.treatments[kind]]
        if 0 <= at - given_at <= within
    ]
    reading = proof.reading
    if reading.code == TEMPERATURE:
        if reading.body_site in LOW_SITES and proof.value == reading.value:
            found.append(sentences.underestimates(reading.body_site))
        if reading.method == "patch" and _doubtful(state, reading):
            found.append(sentences.doubtful_patch())
    return tuple(found)


def _doubtful(state: PatientState, reading: Reading) -> bool:
    stream = state.streams.get(reading.code)
    before = (
        [s for s in stream.samples if s.measured_at < reading.measured_at and s.method == "patch"] if stream else []
    )
    jumped = bool(before) and abs(reading.value - before[-1].value) >= PATCH_JUMP
    return reading.quality == "question" or jumped
