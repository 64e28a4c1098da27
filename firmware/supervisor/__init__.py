"""Keeps the program running: its tasks, the watchdog, memory, errors, and safe mode."""
