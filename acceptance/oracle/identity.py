"""Who is one person: by customer id, or by everything that is linked through addresses."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable

from acceptance.oracle.records import Record
from acceptance.oracle.settings import Settings

GUESTS = (
    *("", "0", "0.0", "00", "000", "0000", "00000000-0000-0000-0000-000000000000", "-1", "guest"),
    *(
        "guest checkout",
        "guest customer",
        "guest user",
        "anonymous",
        "unknown",
        "undefined",
        "null",
    ),
    *("not set", "(not set)", "(blank)", "deleted", "[deleted]", "redacted", "no customer"),
    *("walk-in", "walk in", "walkin", "walk-in customer", "walk in customer", "cash customer"),
    *("gast", "gastbestellung", "laufkunde", "barverkauf", "invité", "invitado", "ospite"),
)
PLACEHOLDER_NAMES = (
    *("anonymous", "deleted", "noreply", "no-reply", "donotreply", "noemail", "no-email"),
    *("nomail", "none", "unknown", "guest"),
)
PLACEHOLDERS = ("nobody", "test@test.com", "no@email.com", "none@none.com")
MAILBOX_NAMES = (
    *("admin", "administrator", "info", "kontakt", "marketplace", "office", "order", "orders"),
    *("postmaster", "sales", "service", "shop", "store", "support", "webmaster"),
)
SHORTEST_PHONE = 7


class People:
    """The persons behind the accepted orders and customer records.

    By e-mail or phone, a customer id and an address that stand in one record belong to one person,
    and so does everything that is linked to them through further records. Values that stand for
    nobody link nobody, nor do those that come with more others than the settings allow. A person's
    key is the least hash of their addresses, and the customer id where they have none.
    """

    def __init__(
        self, records: Iterable[Record], raw: Iterable[Record], settings: Settings
    ) -> None:
        """Link the identifiers of the accepted records, orders and customers alike.

        Deleted customers, of whom all `raw` records have a placeholder for an address, are nobody.
        """
        self.settings = settings
        self.by_address = settings.customer_identity != "customer_id"
        kinds = defaultdict(set)
        for record in raw:
            if record.text_of("customer_id") and email_kind(record, settings):
                kinds[record.text_of("customer_id")].add(email_kind(record, settings))
        self.nobodies = {id_ for id_, found in kinds.items() if found == {"placeholder"}}
        self.keys: dict[tuple[str, str], str | None] = {}
        pairs = set()
        for record in records if self.by_address else []:
            id_, address = record.text_of("customer_id"), address_of(record, settings)
            if address:
                self.keys["address", address] = address
            if address and id_ and not self._is_nobody(id_):
                pairs.add((id_, address))
        self._link(pairs)

    def _link(self, pairs: set[tuple[str, str]]) -> None:
        addresses, ids = defaultdict(set), defaultdict(set)
        for id_, address in pairs:
            addresses[id_].add(address)
            ids[address].add(id_)
        limit = self.settings.identity_link_limit
        shared = {address for address, found in ids.items() if len(found) > limit}
        self.shared = len(shared) + sum(len(found) > limit for found in addresses.values())
        neighbours = defaultdict(set)
        for id_, address in pairs:
            if len(addresses[id_]) <= limit and address not in shared:
                neighbours["customer_id", id_].add(("address", address))
                neighbours["address", address].add(("customer_id", id_))
        linked: set[tuple[str, str]] = set()
        for start in neighbours:
            if start in linked:
                continue
            person, waiting = {start}, [start]
            while waiting:
                found = neighbours[waiting.pop()] - person
                person |= found
                waiting += found
            linked |= person
            key = min(text for kind, text in person if kind == "address")
            self.keys |= dict.fromkeys(person, key)
        self.keys |= dict.fromkeys((("address", address) for address in shared), None)

    def _is_nobody(self, customer_id: str) -> bool:
        return is_guest(customer_id, self.settings) or customer_id in self.nobodies

    def key_of(self, record: Record) -> str | None:
        """Key of the person a record names, by its address, else its id; None for nobody.

        An id that no order or customer record has is a person of its own.
        """
        address = address_of(record, self.settings) if self.by_address else None
        key = self.keys.get(("address", address)) if address else None
        return key or self.key_of_id(record)

    def key_of_id(self, record: Record) -> str | None:
        """Key of the person whose customer id a record has; None for nobody."""
        customer_id = record.text_of("customer_id")
        if customer_id is None or self._is_nobody(customer_id):
            return None
        return self.keys.get(("customer_id", customer_id), customer_id)


def is_guest(customer_id: str, settings: Settings) -> bool:
    """Whether a customer id stands for nobody in particular."""
    return customer_id.lower() in {*GUESTS, *map(str.lower, settings.unidentified_values)}


def email_kind(record: Record, settings: Settings) -> str | None:
    """What an e-mail address says: person, mailbox or placeholder; None without one."""
    email = (record.text_of("email") or "").lower()
    name = email.partition("@")[0] if "@" in email else ""
    own = {value.lower() for value in settings.unidentified_values}
    if not email:
        return None
    if name in PLACEHOLDER_NAMES or email in {*PLACEHOLDERS, *own} or email.endswith(".invalid"):
        return "placeholder"
    return "mailbox" if name in MAILBOX_NAMES else "person"


def address_of(record: Record, settings: Settings) -> str | None:
    """Hash of the address that identifies people: e-mail, or phone where the settings say so."""
    if settings.customer_identity == "phone":
        address = _plain_phone(record.text_of("phone"), settings)
    else:
        kind, id_ = email_kind(record, settings), record.text_of("customer_id")
        is_shared = kind == "mailbox" and id_ and not is_guest(id_, settings)
        address = None if is_shared or kind == "placeholder" else record.text_of("email")
    if address is None:
        return None
    store = None if settings.customers_across_stores else record.text_of("store")
    of_store = f"{store}/{address}" if store else address
    return hashlib.sha256(of_store.lower().encode()).hexdigest()


def _plain_phone(text: str | None, settings: Settings) -> str | None:
    """Digits of a phone number with its calling code; None where it is none, or nobody's."""
    number = _international(text, settings.phone_calling_code)
    of_nobody = {
        _international(value, settings.phone_calling_code) for value in settings.unidentified_values
    }
    return None if number in of_nobody else number


def _international(text: str | None, calling_code: str) -> str | None:
    plain = (text or "").replace("(0)", "")
    digits = re.sub(r"\D", "", plain)
    if len(digits) < SHORTEST_PHONE or len(set(digits)) == 1 or digits.strip("0") == "123456789":
        return None
    if plain.startswith("+"):
        return digits
    if calling_code and digits.startswith("0") and not digits.startswith("00"):
        return calling_code + digits[1:]
    return digits.removeprefix("00")
