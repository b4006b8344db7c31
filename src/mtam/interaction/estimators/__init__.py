"""Estimators of an interaction, one file each, and the choice of K."""
