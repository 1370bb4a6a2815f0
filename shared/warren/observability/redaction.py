"""Takes secrets out of error messages and tracebacks before they leave the process."""

import re

_HIDDEN = "***"
_SENSITIVE = (
    r"(?:password|passwd|\bpwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credentials?|signature|authorization)"
)
#: Repetitions are bounded, so that no text makes a pattern quadratic.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
            r".*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        _HIDDEN,
    ),
    # scheme://user:password@host, redis://:password@host and https://token@host: all of it, also
    # where the password has an @
    (
        re.compile(r"\b([a-z][a-z0-9+.-]{0,30}://)[^\s/?#'\"]{1,512}@", re.IGNORECASE),
        rf"\1{_HIDDEN}@",
    ),
    # the same with a slash in the password, which is not allowed and happens
    (
        re.compile(
            r"\b([a-z][a-z0-9+.-]{0,30}://)[^\s/?#@'\"]{0,256}?:(?!\d{1,5}[/?#])[^\s@'\"]{0,256}@",
            re.IGNORECASE,
        ),
        rf"\1{_HIDDEN}@",
    ),
    # ?key=…, &sig=…: words that are harmless elsewhere
    (
        re.compile(
            r"([?&](?:key|sig|sign|auth|code|pass|sid|session(?:_?id)?)=)[^\s&#'\"]{1,4096}",
            re.IGNORECASE,
        ),
        rf"\1{_HIDDEN}",
    ),
    # Authorization: Token …, ApiKey … and other schemes
    (
        re.compile(
            r"(authorization[\"']?\s{0,5}[:=]\s{0,5}[\"']?)(?!bearer\b|basic\b)"
            r"[a-z-]{1,20}\s{1,5}[^\s,;\"']{1,4096}",
            re.IGNORECASE,
        ),
        rf"\1{_HIDDEN}",
    ),
    (
        re.compile(
            r"((?:set-)?cookie[\"']?\s{0,5}:\s{0,5}[bru]?[\"']?)[^\s\"'][^\n\"']{0,4096}",
            re.IGNORECASE,
        ),
        rf"\1{_HIDDEN}",
    ),
    (
        re.compile(r"\b(bearer|basic)\s{1,5}[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
        rf"\1 {_HIDDEN}",
    ),
    # password=…, "api_key": "…", b'token': b'…'
    (
        re.compile(
            rf"({_SENSITIVE}[\"']?\s{{0,5}}[:=]\s{{0,5}})"
            r"([bru]?\"[^\"\n]*\"|[bru]?'[^'\n]*'"
            r"|(?!\*\*\*|bearer \*|basic \*)[^\s,;&)}\]\"']+)",
            re.IGNORECASE,
        ),
        rf"\1{_HIDDEN}",
    ),
    (
        re.compile(rf"(--[\w-]{{0,40}}?{_SENSITIVE})\s{{1,5}}[^\s-]\S*", re.IGNORECASE),
        rf"\1 {_HIDDEN}",
    ),
    # Shapes that are secrets wherever they stand.
    (
        re.compile(
            r"\b(?:sk-[\w-]{16,200}|gh[pousr]_\w{20,200}|github_pat_\w{20,200}"
            r"|wk_\w{4,40}_\w{8,200}|whsec_[\w+/=-]{10,200}|hf_\w{20,200}"
            r"|xox[abprs]-[\w-]{10,200}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,60}"
            r"|eyJ[\w-]{8,2000}\.[\w-]{8,2000}\.[\w-]{0,2000})"
        ),
        _HIDDEN,
    ),
)


def redact(text: str) -> str:
    """The text without keys, tokens, passwords and credentials in URLs."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text
