"""Whether a font of the config is there. Matplotlib, which takes most of a second to import, is asked only if needed."""

from functools import cache

from soak.names import listed, nearest_name

_ALWAYS = ("DejaVu Sans", "serif", "sans-serif", "monospace")  # come with matplotlib


@cache
def no_font(font: str) -> str | None:
    """Why matplotlib cannot draw with a font; None if it can."""
    if font in _ALWAYS:
        return None
    from matplotlib import font_manager

    families = sorted(set(font_manager.get_font_names()))
    if font in families:
        return None
    near = nearest_name(font, families)
    return f"no font '{font}' here; " + (f"did you mean {near!r}?" if near else f"there are {listed(families)}")
