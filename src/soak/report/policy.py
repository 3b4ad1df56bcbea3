"""The report's content security policy: only its own scripts and style sheets run, known by their hashes."""

import base64
import hashlib
import re

PLACE = "content-security-policy"  # in the template, where the policy goes
_INLINE = re.compile(r"<(script|style)\b([^>]*)>(.*?)</\1>", re.S)
_NOT_RUN = re.compile(r"\btype=\"application/json\"")


def with_policy(page: str) -> str:
    """A page with the policy at its `PLACE`: nothing is fetched, and nothing runs but the scripts and styles of the page."""
    found: dict[str, list[str]] = {"script": [], "style": []}
    for kind, attributes, text in _INLINE.findall(page):
        if not _NOT_RUN.search(attributes):
            found[kind].append(_hash(text))
    scripts, styles = (" ".join(dict.fromkeys(found[kind])) or "'none'" for kind in ("script", "style"))
    policy = f"default-src 'none'; img-src data:; style-src {styles}; script-src {scripts}; base-uri 'none'; form-action 'none'"
    return page.replace(PLACE, policy, 1)


def _hash(text: str) -> str:
    """As browsers have it, which read every line break as a line feed."""
    text = re.sub("\r\n?", "\n", text)
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
