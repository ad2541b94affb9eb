"""What both faces of the hub on the web share: problems, passwords and tokens, the guard, bodies of requests.

Knows no page, no role and no patient. Called by `clinician_ui`, `patient_ui` and the command line.
"""
