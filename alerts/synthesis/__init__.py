"""The daily synthesis of a patient, made by pure functions from what is stored; `alerts.synthesis_desk` reads it."""
