"""How names of columns are compared, and which names mean what: synonyms.yml."""

import unicodedata
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SYNONYMS = Path(__file__).parent / "synonyms.yml"
# Kept in a comparison: `Order #` is not `Order`.
TELLING_SIGNS = "#%+&"


@cache
def plain(name: str) -> str:
    """Return a name as it is compared: without case, accents, blanks and punctuation."""
    spelled = unicodedata.normalize("NFKD", name.casefold().replace("ł", "l").replace("ø", "o"))
    kept = (c for c in spelled if c.isalnum() or c in TELLING_SIGNS)
    return "".join(kept)


def load_yaml(path: Path) -> Any:
    """Return what a YAML file of the project says, with the fast loader where it is there."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 (a safe one)


@cache
def synonyms() -> dict[str, dict[str, list[str]]]:
    """Return the sections of synonyms.yml: lists of names by what they mean."""
    sections: dict[str, dict[str, list[str]]] = load_yaml(SYNONYMS)
    return sections


@cache
def meanings() -> dict[str, list[tuple[str, float]]]:
    """Return by plain name what it means in a file of orders or lines, with the score of each."""
    found: dict[str, list[tuple[str, float]]] = {}
    for meaning, names in synonyms()["columns"].items():
        found.setdefault(plain(meaning), []).append((meaning, 1.0))
        for place, name in enumerate(names):
            # A list begins with its most telling names.
            score = 0.95 - 0.1 * place / len(names)
            known = found.setdefault(plain(name), [])
            if meaning not in [other for other, _ in known]:
                known.append((meaning, score))
    return found


def name_scores(name: str) -> dict[str, float]:
    """Return how well a column's name says each meaning: 1 for its own name, 0.85 for a synonym.

    A name that holds a synonym, or resembles one, scores less than the threshold of a decision.
    """
    looked_up = plain(name)
    exact = meanings().get(looked_up, [])
    scores = dict(exact)
    if exact or len(looked_up) < 4:
        return scores
    for known, known_meanings in meanings().items():
        if len(known) < 4:
            continue
        score = 0.0
        if looked_up.startswith(known) or looked_up.endswith(known):
            score = 0.6 * len(known) / len(looked_up)
        elif SequenceMatcher(None, looked_up, known).ratio() > 0.88:
            score = 0.6
        for meaning, _ in known_meanings:
            if score > scores.get(meaning, 0.3):
                scores[meaning] = score
    return scores


def is_known(name: str) -> bool:
    """Return whether a name is one that the synonyms list, for any column or personal detail."""
    return plain(name) in meanings() or plain(name) in personal_names()


@cache
def personal_names() -> frozenset[str]:
    """Return the plain names of columns that say who somebody is or where they live."""
    return frozenset(plain(name) for name in synonyms()["never_kept"]["personal"])


def is_personal(name: str) -> bool:
    """Return whether a column's name says that it holds a name, an address or free text."""
    looked_up = plain(name)
    if looked_up in personal_names():
        return True
    parts = [plain(part) for part in synonyms()["never_kept"]["parts"]]
    return any(part in looked_up for part in parts)


def is_total_word(text: str) -> bool:
    """Return whether a cell begins the line of totals below a table."""
    first = plain(text.split(":", maxsplit=1)[0])
    return first in {plain(word) for word in synonyms()["table"]["total_words"]}
