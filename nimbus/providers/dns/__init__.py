"""Look-ups for the checks of sending domains."""
