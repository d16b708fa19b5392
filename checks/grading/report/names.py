"""Names of learners as names of files: safe on every system, and never two for one file."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_DIGESTED = re.compile(r".*-[0-9a-f]{16}")
_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")


def page_name(learner: str) -> str:
    """The name of a learner's page, such as `learner-1.html`.

    A name in small letters, digits, `-` and `_` stays as it is. Any other is written in these, and
    followed by a digest of the name, so that two learners never share a file, also where a file
    system takes `A` for `a`.
    """
    if (
        _PLAIN.fullmatch(learner)
        and not _DIGESTED.fullmatch(learner)
        and not _RESERVED.fullmatch(learner)
    ):
        return f"{learner}.html"
    spelled = unicodedata.normalize("NFKD", learner).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", spelled)[:40].strip("-") or "learner"
    digest = hashlib.sha256(learner.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{slug}-{digest}.html"
