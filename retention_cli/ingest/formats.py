"""Ready mappings of known systems: formats/*.yml, what they recognise, and their columns."""

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from retention_cli.ingest.names import load_yaml, plain

FOLDER = Path(__file__).parent / "formats"
ORDER_COLUMNS = [
    "order_id",
    "customer_id",
    "email",
    "phone",
    "ordered_at",
    "gross_amount",
    "status",
    "currency",
    "discount_amount",
    "shipping_amount",
    "tax_amount",
    "cost_amount",
    "fulfilment_cost_amount",
    "payment_fee_amount",
    "updated_at",
    "store",
]
AMOUNTS = [name for name in ORDER_COLUMNS if name.endswith("_amount")]
LINE_COLUMNS = ["product_id", "product_name", "product_category", "quantity", "amount"]
LINE_AMOUNTS = ["amount", *(name for name in AMOUNTS if name != "gross_amount")]
KEYS = {
    "label",
    "documentation",
    "input",
    "recognised_by",
    "not_with",
    "grain",
    "date_order",
    "decimal_separator",
    "timezone",
    "layout",
    "records",
    "explode",
    "columns",
    "line_columns",
    "tax_included",
    "rows",
    "statuses_excluded",
    "refunds",
    "customer_identity",
    "customer_is_name",
    "segments",
    "personal",
    "note",
}
SOURCE_KEYS = {
    "of",
    "first_filled",
    "plus",
    "minus",
    "times",
    "time",
    "zone",
    "sign",
    "minor_units",
    "constant",
    "when_filled",
    "less_share",
    "per_cent",
    "grouped_by",
}
REFUND_KEYS = {
    "from",
    "amount",
    "refunded_at",
    "share_of_goods",
    "total",
    "where",
    "order_id",
    "refund_id",
    "match",
}


class FormatError(Exception):
    """A ready mapping, or shop.yml, says something that the project does not know."""


@dataclass(frozen=True)
class Source:
    """Where a canonical column comes from: names of columns of the file, and how they are put together.

    Attributes:
        of: the columns of which the first that is filled is taken, row by row.
        plus, minus: amounts that are added and taken off; empty ones are nothing.
        times: numbers that the amount is multiplied by.
        less_share: shares of 1 that are taken off an amount, such as a discount of 0.2.
        per_cent: numbers of hundredths that the amount is multiplied by, such as a discount of 20.
        time, zone: columns of the time of day and of its zone, beside a date.
        sign: positive, negative or either.
        minor_units: the amount is in cents, or what the currency has.
        constant: the value of every row.
        when_filled: values by the column that, when filled, goes before.
        grouped_by: rows of a file that are alike in this column share the first filled value.
    """

    of: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    less_share: tuple[str, ...] = ()
    per_cent: tuple[str, ...] = ()
    time: str = ""
    zone: str = ""
    sign: str = "positive"
    minor_units: bool = False
    constant: str = ""
    when_filled: tuple[tuple[str, str], ...] = ()
    grouped_by: str = ""

    @property
    def columns(self) -> list[str]:
        """Every column of the file that it reads."""
        columns = [*self.of, *self.plus, *self.minus, *self.times, *self.less_share]
        columns += self.per_cent
        columns += [self.time, self.zone, self.grouped_by, *(name for name, _ in self.when_filled)]
        return [name for name in dict.fromkeys(columns) if name]

    def kept(self) -> Any:
        """Return it as shop.yml writes it."""
        simple = Source(of=self.of)
        if self == simple and len(self.of) == 1:
            return list(self.of)
        if self == simple:
            return {"first_filled": [[name] for name in self.of]}
        found: dict[str, Any] = {}
        if len(self.of) == 1:
            found["of"] = list(self.of)
        elif self.of:
            found["first_filled"] = [[name] for name in self.of]
        for key in ["plus", "minus", "times", "less_share", "per_cent"]:
            if getattr(self, key):
                found[key] = [[name] for name in getattr(self, key)]
        for key in ["time", "zone", "grouped_by"]:
            if getattr(self, key):
                found[key] = [getattr(self, key)]
        if self.sign != "positive":
            found["sign"] = self.sign
        if self.minor_units:
            found["minor_units"] = True
        if self.constant:
            found["constant"] = self.constant
        if self.when_filled:
            found["when_filled"] = dict(self.when_filled)
        return found


@dataclass(frozen=True)
class Condition:
    """A condition on a row: a column's value is one of some, begins with some, or is negative."""

    column: str
    values: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    negative: bool = False

    def kept(self) -> dict[str, Any]:
        """Return it as shop.yml writes it."""
        found: dict[str, Any] = {"column": [self.column]}
        if self.values:
            found["values"] = list(self.values)
        if self.begins:
            found["begins"] = list(self.begins)
        if self.negative:
            found["negative"] = True
        return found


@dataclass(frozen=True)
class Refunds:
    """How refunds are found in a file of orders."""

    where_from: str = "none"
    amount: Source | None = None
    refunded_at: Source | None = None
    share_of_goods: bool = False
    total: Source | None = None
    where: tuple[Condition, ...] = ()
    order_id: Source | None = None
    refund_id: Source | None = None
    match: str = ""

    def kept(self) -> dict[str, Any]:
        """Return it as shop.yml writes it."""
        found: dict[str, Any] = {"from": self.where_from}
        for key in ["amount", "refunded_at", "total", "order_id", "refund_id"]:
            source = getattr(self, key)
            if source:
                found[key] = source.kept()
        if self.share_of_goods:
            found["share_of_goods"] = True
        if self.where:
            found["where"] = [condition.kept() for condition in self.where]
        if self.match:
            found["match"] = self.match
        return found


@dataclass(frozen=True)
class TaxIncluded:
    """Whether prices include tax: always, where a column says so, or where totals have no room for it.

    Attributes:
        always: all prices do.
        column: says it of each row.
        total: the column of what was to be paid.
        equals: the columns that it is the sum of, without tax.
    """

    always: bool = False
    column: str = ""
    total: str = ""
    equals: tuple[str, ...] = ()

    def kept(self) -> dict[str, Any]:
        """Return it as shop.yml writes it."""
        if self.always:
            return {"always": True}
        if self.column:
            return {"column": [self.column]}
        return {"when_total": {"total": [self.total], "equals": [[name] for name in self.equals]}}


@dataclass(frozen=True)
class Mapping:
    """What the columns of a file mean: a ready mapping that fits it, or one that was worked out.

    All names of columns are those of the file.
    """

    name: str = "generic"
    label: str = ""
    grain: str = "order"
    columns: dict[str, Source] = field(default_factory=dict)
    line_columns: dict[str, Source] = field(default_factory=dict)
    segments: dict[str, str] = field(default_factory=dict)
    refunds: Refunds = field(default_factory=Refunds)
    tax_included: TaxIncluded | None = None
    keep: tuple[Condition, ...] = ()
    drop: tuple[Condition, ...] = ()
    shipping: tuple[Condition, ...] = ()
    tips: tuple[Condition, ...] = ()
    statuses_excluded: tuple[str, ...] = ()
    customer_identity: str = "customer_id"
    customer_is_name: bool = False
    personal: tuple[str, ...] = ()
    date_order: str = ""
    decimal_separator: str = ""
    timezone: str = ""
    note: str = ""

    def kept(self) -> dict[str, Any]:
        """Return it as shop.yml writes it."""
        found: dict[str, Any] = {"mapping": self.name, "grain": self.grain}
        found["columns"] = {name: source.kept() for name, source in self.columns.items()}
        if self.line_columns:
            found["line_columns"] = {n: source.kept() for n, source in self.line_columns.items()}
        if self.segments:
            found["segments"] = {name: [column] for name, column in self.segments.items()}
        if self.refunds.where_from != "none":
            found["refunds"] = self.refunds.kept()
        if self.tax_included:
            found["tax_included"] = self.tax_included.kept()
        kinds = ["keep", "drop", "shipping", "tips"]
        rows = {key: [condition.kept() for condition in getattr(self, key)] for key in kinds}
        if any(rows.values()):
            found["rows"] = {key: value for key, value in rows.items() if value}
        if self.statuses_excluded:
            found["statuses_excluded"] = list(self.statuses_excluded)
        found["customer_identity"] = self.customer_identity
        if self.customer_is_name:
            found["customer_is_name"] = True
        if self.personal:
            found["personal"] = list(self.personal)
        for key in ["date_order", "decimal_separator", "timezone"]:
            if getattr(self, key):
                found[key] = getattr(self, key)
        return found


@cache
def ready_formats() -> dict[str, dict[str, Any]]:
    """Return the ready mappings by name, as their files say them.

    Raises:
        FormatError: a file has a key that is none.
    """
    found = {}
    for path in sorted(FOLDER.glob("*.yml")):
        content = load_yaml(path)
        check_format(path.stem, content)
        found[path.stem] = content
    return found


def check_format(name: str, content: dict[str, Any]) -> None:
    """Refuse a ready mapping with keys or columns that the project does not know."""
    unknown = set(content) - KEYS
    unknown |= set(content.get("refunds") or {}) - REFUND_KEYS
    known = {*ORDER_COLUMNS, "refund_id", "refunded_at", "refund_amount", "created_at"}
    known |= {"referred_by_customer_id", *LINE_COLUMNS}
    for section in ["columns", "line_columns"]:
        for column, source in (content.get(section) or {}).items():
            if column not in known:
                unknown.add(column)
            if isinstance(source, dict):
                unknown |= set(source) - SOURCE_KEYS
    if unknown:
        raise FormatError(f"formats/{name}.yml: unknown: {', '.join(sorted(map(str, unknown)))}")


def layouts() -> dict[str, tuple[str, list[str], str]]:
    """Return the files without header by mapping: the pattern of a line, the fields, the separator."""
    return {
        name: (one["layout"]["pattern"], one["layout"]["columns"], one["layout"]["separator"])
        for name, one in ready_formats().items()
        if one.get("layout")
    }


def telling_names() -> frozenset[str]:
    """Return the plain names of every column that a ready mapping knows."""
    names: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, str):
            names.add(plain(value))
        elif isinstance(value, list):
            for one in value:
                collect(one)
        elif isinstance(value, dict):
            for key, one in value.items():
                if key not in {"values", "begins", "constant", "sign", "match", "from"}:
                    collect(one)

    for content in ready_formats().values():
        for section in ["recognised_by", "columns", "line_columns", "segments"]:
            collect(content.get(section))
    return frozenset(names)


def recognise(columns: list[str], lists: list[str], kind: str = "") -> str | None:
    """Return the name of the ready mapping that a header fits best, None where none does.

    Args:
        columns: the header; of JSON also the dotted names inside lists.
        lists: lists of objects inside a record of JSON.
        kind: only mappings of this input, such as `lines`; any where empty.
    """
    header = {plain(name) for name in columns} | {plain(name) for name in lists}
    fits: list[tuple[int, str]] = []
    for name, content in ready_formats().items():
        if kind and content.get("input", "orders") != kind:
            continue
        if any(plain(other) in header for other in content.get("not_with") or []):
            continue
        if content.get("layout"):
            if [plain(n) for n in content["layout"]["columns"]] == [plain(n) for n in columns]:
                fits.append((100, name))
            continue
        for wanted in content.get("recognised_by") or []:
            entries = [entry if isinstance(entry, list) else [entry] for entry in wanted]
            if all(any(plain(one) in header for one in entry) for entry in entries):
                fits.append((len(entries), name))
    return max(fits)[1] if fits else None


def resolve(name: str, content: dict[str, Any], columns: list[str]) -> Mapping:
    """Return a ready mapping, or that of a shop.yml, in the names of a file's columns."""
    header: dict[str, str] = {}
    for column in columns:
        header.setdefault(plain(column), column)

    def named(names: Any) -> str:
        for one in [names] if isinstance(names, str) else names or []:
            if plain(str(one)) in header:
                return header[plain(str(one))]
        return ""

    def many(lists: Any) -> tuple[str, ...]:
        return tuple(found for found in (named(names) for names in lists or []) if found)

    def source(value: Any) -> Source | None:
        if value is None:
            return None
        if isinstance(value, (list, str)):
            found = named(value)
            return Source(of=(found,)) if found else None
        of = many(value["first_filled"]) if "first_filled" in value else many([value.get("of")])
        made = Source(
            of=of,
            plus=many(value.get("plus")),
            minus=many(value.get("minus")),
            times=many(value.get("times")),
            less_share=many(value.get("less_share")),
            per_cent=many(value.get("per_cent")),
            time=named(value.get("time")),
            zone=named(value.get("zone")),
            grouped_by=named(value.get("grouped_by")),
            sign=value.get("sign", "positive"),
            minor_units=bool(value.get("minor_units")),
            constant=str(value.get("constant") or ""),
            when_filled=tuple(
                (named([key]), text)
                for key, text in (value.get("when_filled") or {}).items()
                if named([key])
            ),
        )
        if value.get("times") and len(made.times) < len(value["times"]):
            return None
        return made if made.of or made.constant or made.when_filled else None

    def conditions(values: Any) -> tuple[Condition, ...]:
        return tuple(
            Condition(
                column=named(one["column"]),
                values=tuple(str(value).casefold() for value in one.get("values") or []),
                begins=tuple(str(value).casefold() for value in one.get("begins") or []),
                negative=bool(one.get("negative")),
            )
            for one in values or []
            if named(one["column"])
        )

    def sources(section: str) -> dict[str, Source]:
        found = {key: source(value) for key, value in (content.get(section) or {}).items()}
        return {key: value for key, value in found.items() if value}

    refunds = content.get("refunds") or {}
    rows = content.get("rows") or {}
    tax = content.get("tax_included")
    return Mapping(
        name=name,
        label=content.get("label", ""),
        grain=content.get("grain", "order"),
        columns=sources("columns"),
        line_columns=sources("line_columns"),
        segments={
            key: named(value)
            for key, value in (content.get("segments") or {}).items()
            if named(value)
        },
        refunds=Refunds(
            where_from=refunds.get("from", "none"),
            amount=source(refunds.get("amount")),
            refunded_at=source(refunds.get("refunded_at")),
            share_of_goods=bool(refunds.get("share_of_goods")),
            total=source(refunds.get("total")),
            where=conditions(refunds.get("where")),
            order_id=source(refunds.get("order_id")),
            refund_id=source(refunds.get("refund_id")),
            match=refunds.get("match", ""),
        ),
        tax_included=resolve_tax(tax, named, many) if tax else None,
        keep=conditions(rows.get("keep")),
        drop=conditions(rows.get("drop")),
        shipping=conditions(rows.get("shipping")),
        tips=conditions(rows.get("tips")),
        statuses_excluded=tuple(content.get("statuses_excluded") or []),
        customer_identity=content.get("customer_identity", "customer_id"),
        customer_is_name=bool(content.get("customer_is_name")),
        personal=tuple(content.get("personal") or []),
        date_order=content.get("date_order", ""),
        decimal_separator=content.get("decimal_separator", ""),
        timezone=content.get("timezone", ""),
        note=content.get("note", ""),
    )


def resolve_tax(tax: dict[str, Any], named: Any, many: Any) -> TaxIncluded | None:
    """Return when prices include tax, in the names of a file's columns; None where it cannot be told."""
    if "always" in tax:
        return TaxIncluded(always=True) if tax["always"] else None
    if tax.get("column"):
        column = named(tax["column"])
        return TaxIncluded(column=column) if column else None
    when = tax["when_total"]
    total, equals = named(when["total"]), many(when["equals"])
    return TaxIncluded(total=total, equals=equals) if total and equals else None


def missing_columns(mapping: Mapping) -> list[str]:
    """Return which canonical columns a mapping needs and the file has not."""
    missing = []
    if "ordered_at" not in mapping.columns:
        missing.append("ordered_at")
    has_amount = "gross_amount" in mapping.columns or "amount" in mapping.line_columns
    if not has_amount:
        missing.append("gross_amount")
    return missing


def mapped_by(mapping: Mapping, chosen: dict[str, str]) -> Mapping:
    """Return a mapping with columns that a person chose by name, which go first."""
    columns = dict(mapping.columns)
    for canonical, column in chosen.items():
        columns[canonical] = Source(of=(column,))
    return replace(mapping, columns=columns)
