"""Tests of the history.

What is in test_rules_*.py needs nothing but asserts, and runs under both Pythons; what is in the
other files needs pytest, or what only one of the Pythons has.
"""
