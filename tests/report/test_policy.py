"""The report's content security policy."""

import base64
import hashlib

from soak.report.policy import PLACE, with_policy


def hashed(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_scripts_and_styles_of_the_page_are_known_by_their_hashes():
    page = (
        f'<meta content="{PLACE}"><style>a {{}}</style><script type="application/json">{{"b": 1}}</script>'
        "<script>c();\r\nd();</script>"
    )
    text = with_policy(page)
    assert f"style-src {hashed('a {}')};" in text
    assert f"script-src {hashed('c();' + chr(10) + 'd();')};" in text
    assert "unsafe" not in text
    assert text.startswith("<meta content=\"default-src 'none';")


def test_a_page_without_scripts_runs_none():
    assert "script-src 'none'; base-uri" in with_policy(f'<meta content="{PLACE}">')
