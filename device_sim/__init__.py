"""Devices that are not there: a reference client, virtual patients, faults and replay of real recordings.

Imports only `domain`. Nothing of the hub imports it except the wiring of the demo.
"""
