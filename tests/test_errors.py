"""Text that may be shown: no control characters, and no secrets of URLs."""

import pytest

from soak.data.sources import SecretText, shown_settings
from soak.errors import SoakError, printable, without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:secret@example.org/a.csv?token=hidden", "https://example.org/a.csv?token=…"),
        ("http://secret@example.org/a.csv", "http://example.org/a.csv"),
        ("https://me:se@cret@example.org/a.csv", "https://example.org/a.csv"),
        ("https://me:sec/ret@example.org/a.csv", "https://example.org/a.csv"),
        ("https://me:secret?secret@example.org/a.csv", "https://…?…"),
        ("https://me:secret#secret@example.org/a.csv", "https://…"),
        ("http://[::1]:8080/a.csv", "http://[::1]:8080/a.csv"),
        ("HTTPS://me:secret@example.org/#secret", "HTTPS://example.org/"),
        (
            "https://a.org/x?k=secret&l=secret: gone (see https://b.org?k=1).",
            "https://a.org/x?k=…&l=…: gone (see https://b.org?k=…).",
        ),
        ("https://example.org/?secret", "https://example.org/?…"),
        ("https://example.org:8080/pkg@1.0/a.csv", "https://example.org:8080/pkg@1.0/a.csv"),
        (
            "got 'https://me:secret@a.org/x' and https://b.org/y: gone",
            "got 'https://a.org/x' and https://b.org/y: gone",
        ),
        ("my.csv and ~/me:secret@here", "my.csv and ~/me:secret@here"),
    ],
)
def test_urls_are_shown_without_secrets(text, shown):
    assert without_secrets(text) == shown
    assert str(SoakError(text)) == shown
    assert without_secrets(shown) == shown


def test_what_is_recorded_of_a_url_shows_no_secret_and_tells_versions_apart():
    url = "https://me:secret@example.org/a.csv?version="
    one, two, other = SecretText(f"{url}1"), SecretText(f"{url}2"), SecretText(f"{url}1".replace("secret", "changed"))
    assert one == f"{url}1"
    assert "secret" not in repr([one])
    assert "version=1" not in repr([one])
    assert repr(one) != repr(two)
    assert repr(one) == repr(other)
    assert repr(SecretText("a.csv")) == "'a.csv'"


def test_settings_are_shown_without_secrets():
    config = {"tasks": {"A": {"table": "https://me:secret@a.org/x", "folds": 3}}, "l": ["https://b.org/?k=secret"]}
    shown = {"tasks": {"A": {"table": "https://a.org/x", "folds": 3}}, "l": ["https://b.org/?k=…"]}
    assert shown_settings(config) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("tab\tline\nend", "tab\tline\nend"),
        ("\r\x00\x7f\x9b", r"\x0d\x00\x7f\u009b"),
        ("right\u202eleft \u2066", r"right\u202eleft \u2066"),
        ("half \udcff", r"half \udcff"),
        ("Bäume 木 … 😀", "Bäume 木 … 😀"),
    ],
)
def test_a_terminal_shows_control_characters_and_does_not_obey_them(raw, shown):
    assert printable(raw) == shown
    assert str(SoakError(raw)) == shown
    printable(raw).encode()
