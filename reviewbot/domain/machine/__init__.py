"""Decides the next step of a run.

From the ledger, the settings and the state of the task:
buy, resume, wait, replace or leave.
"""
