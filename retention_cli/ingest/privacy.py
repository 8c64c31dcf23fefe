"""What keeps people out of what is written: keyed hashes, redaction, harmless terminal output."""

import re
import secrets
from pathlib import Path

import duckdb
import phonenumbers

from retention_cli.ingest.tables import literal

BLOCK = 64  # bytes of a block of SHA-256
ADDRESS = re.compile(r"[^\s\"'<>,;:(){}\[\]]*@[^\s\"'<>,;(){}\[\]]*")
LONG_NUMBER = re.compile(r"\+?\d[\d ()/.-]{7,}\d")


def salt_in(folder: Path) -> bytes:
    """Return the key of the hashes of people, which is made when it is first needed.

    Whoever has it can find out whether a known address is in the data, so it stays with the user.
    """
    path = folder / ".salt"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return bytes.fromhex(path.read_text(encoding="ascii").strip())


def address_pattern(values: list[str]) -> str:
    """Return a regular expression for addresses as settings name them.

    `noreply@` stands for all of that name, `.invalid` and `@shop.example` for all that end so,
    anything else for itself.
    """
    parts = []
    for value in values:
        text = re.escape(value.lower())
        begins, ends = "" if value[:1] in {"@", "."} else "^", "" if value.endswith("@") else "$"
        parts.append(f"{begins}{text}{ends}")
    return "|".join(parts) or "^$"


def define_hashes(
    connection: duckdb.DuckDBPyConnection,
    salt: bytes,
    placeholders: list[str] | None = None,
    mailboxes: list[str] | None = None,
) -> None:
    """Define `keyed(text)`, HMAC-SHA256 in hexadecimal digits (RFC 2104), and what uses it.

    Of addresses, `placeholders` become the word nobody, and those of shared `mailboxes` keep that
    word before their key, as dbt cannot tell them by their keys.
    """
    key = salt.ljust(BLOCK, b"\0")

    def blob(change: int) -> str:
        return literal("".join(f"\\x{byte ^ change:02X}" for byte in key)) + "::blob"

    connection.execute(
        f"create macro keyed(v) as sha256({blob(0x5C)} || unhex(sha256({blob(0x36)} || encode(v))))"
    )
    connection.execute(
        "create macro keyed_email(v) as case when regexp_full_match(v, '[0-9a-f]{64}') then v"
        f" when regexp_matches(lower(v), {literal(address_pattern(placeholders or []))}) then 'nobody'"
        f" when regexp_matches(lower(v), {literal(address_pattern(mailboxes or []))})"
        " then 'mailbox ' || keyed('email ' || lower(v))"
        " when contains(v, '@') then keyed('email ' || lower(v)) end"
    )
    connection.execute(
        "create macro keyed_name(v) as keyed('name ' || lower(regexp_replace(v, '\\s+', ' ', 'g')))"
    )
    # An id that is an address is hashed as the address, so that it meets the column of addresses.
    connection.execute(
        "create macro private_id(v) as case when contains(v, '@') then keyed('email ' || lower(v))"
        " else v end"
    )
    # A spreadsheet writes 7 as 7.0, and 007 as 7: all three are one id.
    connection.execute(
        "create macro plain_id(v) as case when v < '0' or v >= ':' or (v >= '1' and not contains(v, '.')) then v"
        " when regexp_full_match(v, '[0-9]+(\\.0+)?')"
        " then coalesce(nullif(ltrim(split_part(v, '.', 1), '0'), ''), '0') else v end"
    )
    connection.execute(
        f"create macro redact(v) as regexp_replace(regexp_replace(v, {literal(ADDRESS.pattern)},"
        f" '(e-mail address)', 'g'), {literal(LONG_NUMBER.pattern)}, '(number)', 'g')"
    )
    connection.execute(
        "create macro shareable(v) as case when contains(v, '@') then '(e-mail address)' else v end"
    )


def normalised_phone(text: str, country: str) -> str | None:
    """Return a phone number in E.164, such as `+4930123456`; its digits where no country is known.

    None where it is no phone number.
    """
    digits = re.sub(r"\D", "", text)
    if not 6 <= len(digits) <= 15:
        return None
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return digits if not country and not text.lstrip().startswith("+") else None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def redacted(text: str) -> str:
    """Return a text without the e-mail addresses and phone numbers in it."""
    return LONG_NUMBER.sub("(number)", ADDRESS.sub("(e-mail address)", text))


def harmless(text: str) -> str:
    """Return a text with its control characters escaped, as a terminal may be shown it."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text
    )
