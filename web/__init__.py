"""What both faces of the hub on the web share: problems, passwords and codes, the guard, bodies of requests.

Knows no page. Called by `clinician_ui`, `patient_ui` and the command line.
"""
