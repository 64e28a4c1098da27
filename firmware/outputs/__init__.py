"""Outputs: each a task that the app starts if its setting says so. None knows another."""
