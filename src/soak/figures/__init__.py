"""Figures: the catalogue, the page that they are drawn on, and a module per kind of figure."""
