"""Facial motion as 61 named coefficients."""
