"""The scores `vigie score` knows: columns in, columns out, and the call in between. Wiring only; caller: score_file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from alerts.scores import astct
from vigie import score_rows
from vigie.score_cells import Cells
from vigie.score_rows import Answer


@dataclass(frozen=True)
class Columns:
    """One shape of file: the columns it must have, those it gets, and the call for a row."""

    needs: tuple[str, ...]
    gives: tuple[str, ...]
    answer: Callable[[Cells], Answer]


_GRADE = ("grade",)
NAMES: Mapping[str, tuple[Columns, ...]] = {
    "news2": (
        Columns(
            (
                "resp_rate_per_min",
                "spo2_pct",
                "spo2_scale",
                "air_or_oxygen",
                "systolic_mmHg",
                "pulse_per_min",
                "acvpu",
                "temp_C",
            ),
            (*score_rows.NEWS2_PARTS, "total", "any_single_3", "clinical_risk"),
            score_rows.news2,
        ),
    ),
    "qsofa": (Columns(("resp_rate", "gcs", "systolic_mmHg"), ("score", "positive_ge2"), score_rows.qsofa),),
    "sirs": (
        Columns(
            ("temp_C", "heart_rate", "resp_rate", "paco2_mmHg", "wbc_G_L", "bands_pct"),
            ("criteria", "sirs_ge2"),
            score_rows.sirs,
        ),
    ),
    "shock_index": (Columns(("heart_rate", "systolic_mmHg"), ("si", "band"), score_rows.shock_index),),
    "mascc": (
        Columns(
            (
                "burden_of_illness",
                "hypotension_sbp_lt_90",
                "active_copd",
                "tumour_and_fungal_history",
                "dehydration_needing_iv",
                "status_at_fever_onset",
                "age_years",
            ),
            ("score", "risk_ge21_low"),
            score_rows.mascc,
        ),
    ),
    "cisne": (
        Columns(
            (
                "ecog",
                "glucose_mg_dL",
                "diabetes_or_corticosteroids",
                "copd",
                "cardiovascular_disease",
                "mucositis_grade",
                "monocytes_per_uL",
            ),
            ("score", "risk"),
            score_rows.cisne,
        ),
    ),
    "girerd": (Columns(tuple(f"q{n}" for n in range(1, 7)), ("yes", "class"), score_rows.girerd),),
    "astct_crs": (
        Columns(
            ("temp_C", "hypotension", "number_of_pressors_excl_vasopressin", "oxygen", "context"),
            _GRADE,
            score_rows.crs,
        ),
    ),
    "astct_icans": (Columns(("ice_score", *astct.ICANS_DOMAINS), _GRADE, score_rows.icans),),
    "ctcae": (
        Columns(("ctcae_version", "term", "input"), _GRADE, score_rows.ctcae_pairs),
        Columns(
            ("ctcae_version", "term", "value", "unit", "lln", "uln", "baseline", "baseline_state"),
            _GRADE,
            score_rows.ctcae_laboratory,
        ),
    ),
    "proctcae": (
        Columns(("attributes", "frequency", "severity", "interference"), ("composite",), score_rows.proctcae),
    ),
    "home_administration": (Columns(("drug", "inputs"), ("outcome", "reasons"), score_rows.home),),
    "unit_conversions": (Columns(("quantity", "value", "ucum_from", "ucum_to"), ("value",), score_rows.unit),),
    "mdc_to_loinc": (Columns(("mdc_code",), ("loinc",), score_rows.mdc),),
    "ukons_aggregation": (Columns(("n_green", "n_amber", "n_red"), ("overall",), score_rows.ukons),),
    "pro_alert_star_rule": (Columns(("previous_0_4", "current_0_4"), ("alert",), score_rows.symptom),),
    "febrile_neutropenia_anc": (
        Columns(
            ("anc_G_L", "expected_to_fall_below_0_5_in_48h", "window", "fever"),
            ("IDSA", "NCCN", "ESMO_2016", "CTCAE_5_grade3"),
            score_rows.anc,
        ),
    ),
}
