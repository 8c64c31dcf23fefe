"""Who is one person: by customer id, or by everything that is linked through e-mail addresses."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from acceptance.oracle.records import Record
from acceptance.oracle.settings import Settings


class People:
    """The persons behind the accepted orders and customer records.

    By e-mail, a customer id and an address that stand in one record belong to one person, and so
    does everything that is linked to them through further records. A person's key is the least
    hash of their normalised addresses, and the customer id where they have none.
    """

    def __init__(self, records: Iterable[Record], settings: Settings) -> None:
        """Link the identifiers of all records, orders and customers alike."""
        self.by_email = settings.customer_identity == "email"
        self.keys: dict[tuple[str, str], str] = {}
        neighbours = defaultdict(set)
        for record in records:
            identifiers = _identifiers(record)
            for identifier in identifiers:
                neighbours[identifier] |= set(identifiers)
        for start in neighbours:
            if start in self.keys:
                continue
            person, waiting = {start}, [start]
            while waiting:
                found = neighbours[waiting.pop()] - person
                person |= found
                waiting += found
            addresses = [text for kind, text in person if kind == "email"]
            key = min(addresses) if addresses else start[1]
            self.keys |= dict.fromkeys(person, key)

    def key_of(self, record: Record) -> str | None:
        """Key of the person a record names; None where it names nobody.

        An id that no order or customer record has is a person of its own.
        """
        if not self.by_email:
            return record.text_of("customer_id")
        identifiers = _identifiers(record)
        return self.keys.get(identifiers[0], identifiers[0][1]) if identifiers else None


def _identifiers(record: Record) -> list[tuple[str, str]]:
    identifiers = []
    if record.text_of("customer_id"):
        identifiers.append(("customer_id", record.text_of("customer_id")))
    if record.text_of("email"):
        address = record.text_of("email").lower()
        identifiers.append(("email", hashlib.sha256(address.encode()).hexdigest()))
    return identifiers
