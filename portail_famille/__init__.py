"""Portail Famille: the family portal of a French commune (AGPL-3.0-or-later)."""

__version__ = "0.1.0"
