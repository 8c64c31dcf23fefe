"""How names of columns are compared, and which names mean what: synonyms.yml."""

import re
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


def words_of(name: str) -> list[str]:
    """Return the plain words of a name: `Gesamtbetrag (Brutto)` and `date_order` have two."""
    return [word for word in map(plain, re.split(r"[^\w#%&+]+|_", name)) if word]


def unit_words(name: str) -> tuple[str, bool]:
    """Return the code of the currency that a name ends in, "" for none, and whether it says cents."""
    signs = {sign: code for code, some in synonyms()["currency_signs"].items() for sign in some}
    code = next((signs[sign] for sign in ["€", "£", "US$", "$", "zł"] if sign in name), "")
    words = words_of(name)
    units = known_words("table", "minor_units")
    for word in words[1:]:
        code = code or (word.upper() if word in known_words("table", "currencies") else "")
    return code, any(word in units for word in words[1:])


@cache
def names_by_words() -> dict[tuple[str, ...], dict[str, float]]:
    """Return what the synonyms mean by their telling words, as they stand and in alphabetical order."""
    ordered: dict[tuple[str, ...], dict[str, float]] = {}
    sorted_: dict[tuple[str, ...], dict[str, float]] = {}
    for meaning, names in synonyms()["columns"].items():
        for name in [meaning, *names]:
            words = telling_words(name)
            score = dict(meanings()[plain(name)])[meaning]
            ordered.setdefault(tuple(words), {}).setdefault(meaning, score)
            sorted_.setdefault(tuple(sorted(words)), {}).setdefault(meaning, score)
    return {**sorted_, **ordered}


def telling_words(name: str) -> list[str]:
    """Return the words of a name without those that say nothing, such as `of the order` and `USD`."""
    nothing = known_words("table", "says_nothing")
    words = words_of(name)
    left = [word for word in words if word not in nothing]
    units = known_words("table", "minor_units") | known_words("table", "currencies")
    return [word for at, word in enumerate(left) if not at or word not in units] or words


def name_scores(name: str) -> dict[str, float]:
    """Return how well a column's name says each meaning: 1 for its own name, 0.85 for a synonym.

    A name of the same words in another order, or with words that say nothing, scores a little less; one
    that only holds a synonym, or resembles one, less than the threshold of a decision.
    """
    looked_up = plain(name)
    exact = meanings().get(looked_up, [])
    scores = dict(exact)
    if exact or not looked_up:
        return scores
    words = tuple(telling_words(name))
    alike = names_by_words().get(words) or names_by_words().get(tuple(sorted(words)))
    # `TransactionAmount (INR)` runs its words together.
    alike = alike or dict(meanings().get("".join(words), []))
    if alike:
        return {meaning: 0.9 * score for meaning, score in alike.items()}
    list_of_lines, _, field = name.partition("/")
    if field and plain(list_of_lines) in known_words("table", "lists_of_lines"):
        # Odoo writes fields of lines as `Order Lines/Product`.
        own = name_scores(f"item {field}")
        return own if max(own.values(), default=0) > 0.8 else name_scores(field)
    stripped, tax = without_words_of_tax(name)
    if tax:
        # What excludes the tax goes first, where a file has both.
        found = {
            m: (0.92 if tax == "without" else 0.88) * s for m, s in name_scores(stripped).items()
        }
        if tax == "without" and "total_amount" in found:
            found["total_without_tax"] = found.pop("total_amount")
        return {meaning: score for meaning, score in found.items() if meaning in HOLD_TAX}
    # JSON has amounts of money as objects: `totalPrice.amount`, `totalPrice.currencyCode`.
    place, _, field = name.rpartition(".")
    if place and plain(field) in OF_MONEY:
        if plain(field) in {"currency", "currencycode"}:
            return {"currency": 0.8}
        return {meaning: 0.95 * score for meaning, score in name_scores(place).items()}
    if place and plain(place) in known_words("table", "orders_in_json"):
        return {meaning: 0.95 * score for meaning, score in name_scores(field).items()}
    if len(looked_up) < 4:
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


# What can be with the tax in it or without.
HOLD_TAX = {
    "gross_amount", "total_amount", "total_without_tax", "unit_price", "shipping_amount",
    "discount_amount", "tip_amount", "refund_amount",
}  # fmt: skip


def without_words_of_tax(name: str) -> tuple[str, str]:
    """Return a name without what it says of the tax, and whether that is `with` it, `without` it or ""."""
    words = words_of(name)
    table = {key: known_words("table", key) for key in ["with_tax", "without_tax", "tax"]}
    said = "without" if set(words[1:]) & table["without_tax"] else ""
    said = said or ("with" if set(words[1:]) & table["with_tax"] else "")
    left = [word for word in words if word not in frozenset.union(*table.values())]
    return (" ".join(left), said) if said and left and left[0] == words[0] else (name, "")


# Fields of objects of money in JSON.
OF_MONEY = {"amount", "value", "centamount", "currency", "currencycode"}


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


@cache
def known_words(section: str, meaning: str) -> frozenset[str]:
    """Return the plain words of a list in synonyms.yml, such as the statuses that are no purchase."""
    return frozenset(plain(word) for word in synonyms()[section][meaning])


def status_means(status: str, meaning: str) -> bool:
    """Return whether a status means `no_purchase`, `purchase` or `paid_back`, in whatever language.

    The whole of it does, or what is left of it without words that say nothing, such as in `Cancelled by
    customer` or `8 - Storniert`.
    """
    known = known_words("statuses", meaning)
    if plain(status) in known:
        return True
    status = re.sub(r"^[\W\d_]+(?=[^\W\d_])", "", status)
    nothing = known_words("statuses", "says_nothing")
    first = plain(re.split(r"[^\w]+|_", status.strip())[0])
    if meaning == "no_purchase" and first in known_words("statuses", "begins_no_purchase"):
        return True
    words = [plain(word) for word in re.split(r"[^\w]+|_", status)]
    return "".join(word for word in words if word not in nothing) in known
