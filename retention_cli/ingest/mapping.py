"""What the columns of a file without a ready mapping mean, by their names and their values."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import duckdb

from retention_cli.ingest.errors import DecisionNeededError, NotUsableError
from retention_cli.ingest.formats import Condition, Mapping, Refunds, Source, TaxIncluded
from retention_cli.ingest.names import (
    is_personal,
    known_words,
    name_scores,
    plain,
    unit_words,
    words_of,
)
from retention_cli.ingest.tables import Table, Workspace, literal, one, quoted
from retention_cli.ingest.taxes import UNKNOWN
from retention_cli.ingest.values import (
    DateReading,
    NumberReading,
    are_iso,
    digit_dates,
    language_of,
    number_kind,
    number_sql,
    parsed_share,
)

THRESHOLD = 0.75
LEAST_GOODS = 2  # of which a price grows with the quantity, to be taken for an amount
MOST_HAVE = 0.5  # an address, to be told apart by it rather than by name
LIKELY = 0.5  # what a person is asked about
SAMPLE_ROWS = 2000
# Three numbers, a number and a word, or eight digits.
MAY_BE_DATE = r"\d\D+\d+\D+\d|\d.*\pL{3}|\pL{3}.*\d|\d{8}|[年月日]"
MOST_KINDS = 200  # different values of a column that says what its rows are
DATES = {"ordered_at", "updated_at", "refunded_at", "created_at", "spent_on", "responded_at"}
DATES |= {"valid_from", "cancelled_at"}
YES = ("true", "1", "yes", "y", "t", "x", "ja", "oui", "si", "sí", "tak", "sim", "vrai", "wahr")
NO = ("false", "0", "no", "n", "f", "nein", "non", "nee", "nie", "não", "faux", "falsch")
MONEYS = {"gross_amount", "total_amount", "discount_amount", "shipping_amount", "tax_amount"}
MONEYS |= {"cost_amount", "fulfilment_cost_amount", "payment_fee_amount", "unit_price", "amount"}
MONEYS |= {
    "tip_amount",
    "duty_amount",
    "quantity",
    "refund_amount",
    "score",
    "rate",
    "total_without_tax",
}
# Names of people stand for ids, if nothing better is there; of the second list a person has to agree.
NAMES_OF_CUSTOMERS = {
    plain(name)
    for name in [
        "customer name", "customer full name", "client name", "buyer name", "billing name", "consumer name",
        "contact name", "sold to name", "bill to name", "billing full name", "payer name", "cardholder name",
        "company name", "Kundenname", "Name des Kunden", "Firmenname",
        "nom du client", "nom client", "nombre del cliente", "nombre cliente", "nome cliente",
        "nome del cliente", "klantnaam", "nazwa klienta", "nome do cliente",
    ]
}  # fmt: skip
NAMES_OF_SOMEBODY = {
    plain(name)
    for name in [
        "name", "full name", "recipient", "nom", "nombre", "nome", "naam", "imię i nazwisko",
    ]
}  # fmt: skip

Ask = Callable[[str, list[str]], str | None]


@dataclass(frozen=True)
class Profile:
    """What the values of a column look like, as shares of those that are filled.

    Attributes:
        filled: share of the rows.
        distinct: share of different values.
        values: number of different values.
        dates, numbers, emails, phones: what can be read as such.
        names: what looks like a person's name.
        fractions: all numbers are between 0 and 1, and one is neither.
        whole: all numbers are whole.
        flags: all of them are 0 or 1.
        per_cents: all numbers are between 0 and 100.
        signs: a cell ends in a sign of per cent.
        digits: all of them are numbers without decimals, not even zeros.
        of_stripe: all of them are ids of Stripe's customers.
        type: DuckDB's type.
    """

    filled: float
    distinct: float
    values: int
    dates: float
    numbers: float
    emails: float
    phones: float
    names: float
    fractions: bool
    whole: bool
    flags: bool
    per_cents: bool
    signs: bool
    digits: bool
    of_stripe: bool
    type: str


@dataclass(frozen=True)
class Proposal:
    """What a column is taken for: its score from 0 to 1, and why."""

    meaning: str
    column: str
    score: float
    evidence: str


@dataclass
class Proposed:
    """A mapping that was worked out, its proposals, and what was noticed."""

    mapping: Mapping
    proposals: list[Proposal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def text_of(column: str, kind: str) -> str:
    """Return SQL of a column's filled text."""
    name = quoted(column)
    return f"filled({name})" if kind == "VARCHAR" else f"filled(cast({name} as varchar))"


def distinct_texts(
    connection: duckdb.DuckDBPyConnection, relation: str, text: str, most: int
) -> list[str]:
    """Return the different texts of a relation in lower case and alphabetical order, at most so many.

    text: SQL of a column's text, as `text_of` returns it.
    """
    rows = connection.execute(
        f"select distinct lower(v) from (select distinct {text} as v from {relation})"
        f" where v is not null order by 1 limit {most}"
    ).fetchall()
    return [value for (value,) in rows]


def profile(table: Table, workspace: Workspace) -> dict[str, Profile]:
    """Return what the values of each column look like, by the first rows."""
    connection = workspace.connection
    sample = f"(from {table.relation} limit {SAMPLE_ROWS})"
    found = {}
    texts = [f"no_total({text_of(column, kind)})" for column, kind in table.types.items()]
    # Most columns hold nothing that can be a date, which is seen much faster than read; and faster
    # with one expression for all of them, as each takes a while to be made ready.
    may_be_dates = dict(
        connection.execute(
            f"select place, bool_or(regexp_matches(v, {literal(MAY_BE_DATE)})) from ("
            f"select unnest([{', '.join(texts)}]) as v, unnest(range({len(texts)})) as place from {sample})"
            " group by place"
        ).fetchall()
    )
    for place, ((column, kind), text) in enumerate(zip(table.types.items(), texts, strict=True)):
        if kind.startswith(("TIMESTAMP", "DATE")):
            dates = 1.0
        elif not may_be_dates.get(place):
            dates = 0.0
        elif are_iso(connection, sample, text):
            dates = 1.0
        else:
            reading = DateReading(language=language_of(connection, sample, text))
            by_day, by_month = (
                replace(reading, order="day_month"),
                replace(reading, order="month_day"),
            )
            dates = parsed_share(connection, sample, text, by_day)
            if dates < 1:
                dates = max(dates, parsed_share(connection, sample, text, by_month))
        row = one(
            connection,
            f"""
            select
                count(v) / greatest(count(*), 1),
                count(distinct v) / greatest(count(v), 1),
                count(distinct v),
                {dates},
                count(coalesce(point, comma)) / greatest(count(v), 1),
                count(*) filter (contains(v, '@') and regexp_matches(v, '^[^@\\s]+@[^@\\s]+$'))
                    / greatest(count(v), 1),
                count(*) filter (
                    regexp_matches(v, '^\\+?[\\d ()./-]{{8,20}}$') and not regexp_matches(v, '^[\\d.]{{1,8}}$')
                    and length(regexp_replace(v, '\\D', '', 'g')) between 8 and 15
                    and regexp_matches(v, '^(\\+|0|\\()|[ -]') and not regexp_matches(v, '^\\d{{4}}-\\d')
                ) / greatest(count(v), 1),
                count(*) filter (regexp_matches(v, '^\\p{{Lu}}\\p{{Ll}}+([ ''.-]+\\p{{L}}+)*$'))
                    / greatest(count(v), 1),
                count(point) = count(v) and max(point) <= 1 and min(point) >= 0
                    and count(*) filter (point not in (0, 1)) > 0,
                count(*) filter (regexp_full_match(v, '-?\\d+(\\.0+)?')) = count(v),
                count(*) filter (point in (0, 1)) = count(v),
                count(point) = count(v) and max(point) <= 100 and min(point) >= 0,
                coalesce(bool_or(ends_with(v, '%')), false),
                coalesce(bool_and(regexp_full_match(v, '-?\\d+')), false),
                coalesce(bool_and(starts_with(v, 'cus_')), false)
            from (
                select
                    v,
                    {number_sql("v", NumberReading("."))} as point,
                    {number_sql("v", NumberReading(","))} as comma
                from (select {text} as v from {sample})
            )
            """,
        )
        numbers = [float(value or 0) for value in row[:8]]
        found[column] = Profile(
            filled=numbers[0],
            distinct=numbers[1],
            values=int(numbers[2]),
            dates=numbers[3],
            numbers=numbers[4],
            emails=numbers[5],
            phones=numbers[6],
            names=numbers[7],
            fractions=bool(row[8]),
            whole=bool(row[9]),
            flags=bool(row[10]),
            per_cents=bool(row[11]),
            signs=bool(row[12]),
            digits=bool(row[13]),
            of_stripe=bool(row[14]),
            type=kind,
        )
    return found


def value_fit(meaning: str, seen: Profile, is_number_date: bool) -> tuple[float, str]:
    """Return from 0 to 1 how well values fit a meaning, and the evidence in words."""
    if seen.filled == 0:
        return 0.5, "the column is empty"
    if meaning in DATES:
        share = 1.0 if is_number_date else seen.dates
        return share, f"{share:.0%} of the values are dates"
    if meaning in MONEYS:
        if seen.dates > 0.9 and seen.numbers < 0.9:
            return 0.0, "the values are dates"
        says_how_much = {"refund_amount", "gross_amount", "total_amount", "total_without_tax"}
        if meaning in says_how_much and seen.flags and (seen.values > 1 or meaning[0] != "r"):
            return 0.0, "the values are 0 and 1, which say yes and no"
        if seen.signs and meaning not in {"discount_amount", "quantity", "score", "rate"}:
            return 0.0, "the values are percentages"
        return seen.numbers, f"{seen.numbers:.0%} of the values are numbers"
    if meaning == "email":
        return seen.emails, f"{seen.emails:.0%} of the values are e-mail addresses"
    if meaning == "phone":
        share = max(seen.phones, 0.8 * seen.numbers)
        return share, f"{share:.0%} of the values are phone numbers"
    if meaning == "order_id":
        fit = 0.0 if seen.dates > 0.9 and seen.numbers < 0.5 else 1.0
        return fit, f"{seen.distinct:.0%} of the values differ"
    if meaning == "customer_id":
        fit = 0.2 if seen.dates > 0.9 and seen.numbers < 0.5 else 1.0
        return fit, f"{seen.values} different values"
    if meaning == "currency":
        fit = 1.0 if seen.values <= 30 and seen.dates < 0.5 else 0.2
        return fit, f"{seen.values} different values"
    if meaning == "status":
        fit = 1.0 if seen.values <= 60 and seen.dates < 0.5 else 0.2
        return fit, f"{seen.values} different values"
    return 1.0, f"{seen.values} different values"


def propose_columns(
    table: Table,
    profiles: dict[str, Profile],
    workspace: Workspace,
    wanted: list[str] | None = None,
) -> list[Proposal]:
    """Return the best column of each meaning, those with the highest scores first.

    Args:
        table: the file.
        profiles: of its columns.
        workspace: where it is read.
        wanted: meanings that come into question; all of a file of orders or lines if None.
    """
    sample = f"(from {table.relation} limit {SAMPLE_ROWS})"
    candidates = []
    for place, (column, seen) in enumerate(profiles.items()):
        text = text_of(column, seen.type)
        is_date = seen.numbers > 0.9 and (
            number_kind(workspace.connection, sample, text) != ""
            or bool(digit_dates(workspace.connection, sample, text))
        )
        for meaning, name_score in scores_of(column, table).items():
            if wanted is not None and meaning not in wanted:
                continue
            fit, evidence = value_fit(meaning, seen, is_date)
            score = name_score if name_score == 1 else name_score * (0.3 + 0.7 * fit)
            if score > 0.3:
                candidates.append((score, -place, Proposal(meaning, column, score, evidence)))
    taken: dict[str, Proposal] = {}
    for _, _, proposal in sorted(candidates, key=lambda one: one[:2], reverse=True):
        used = {one.column for one in taken.values()}
        if proposal.meaning not in taken and proposal.column not in used:
            taken[proposal.meaning] = proposal
    return list(taken.values())


def scores_of(column: str, table: Table) -> dict[str, float]:
    """Return how well a column's name says each meaning; `lines.price` of JSON is an item's price."""
    for place in table.lists:
        if column.startswith(f"{place}."):
            name = column.removeprefix(f"{place}.")
            scores = name_scores(f"item {name}")
            return scores if max(scores.values(), default=0) >= THRESHOLD else name_scores(name)
    return name_scores(column)


def by_values_alone(
    profiles: dict[str, Profile], proposals: list[Proposal], missing: str
) -> list[Proposal]:
    """Return columns whose values alone say that they are what is missing; their score is low."""
    used = {one.column for one in proposals}
    costs = next((one.column for one in proposals if one.meaning == "cost_amount"), "")
    found = []
    for column, seen in profiles.items():
        if missing == "gross_amount" and column == costs:
            # Where nothing else is an amount, the "total cost" may be what the customer paid.
            found.append(Proposal(missing, column, 0.5, "the only amount, by its name a cost"))
        if column in used or seen.filled < 0.5:
            continue
        if missing == "ordered_at" and seen.dates > 0.9 and seen.values > 1:
            found.append(
                Proposal(missing, column, 0.5, f"{seen.dates:.0%} of the values are dates")
            )
        if missing == "gross_amount" and seen.numbers > 0.9 and seen.dates < 0.5:
            found.append(
                Proposal(missing, column, 0.4, f"{seen.numbers:.0%} of the values are numbers")
            )
        if missing == "customer_id" and plain(column) in NAMES_OF_CUSTOMERS | NAMES_OF_SOMEBODY:
            # A name of customers is taken, just so; a name of somebody is asked about.
            score = THRESHOLD if plain(column) in NAMES_OF_CUSTOMERS else 0.8 * THRESHOLD
            found.append(Proposal(missing, column, score, "names of people, kept as keyed hashes"))
        elif missing == "customer_id" and seen.emails > 0.9:
            found.append(
                Proposal("email", column, 0.8, f"{seen.emails:.0%} of the values are addresses")
            )
        elif missing == "customer_id" and seen.dates < 0.5 and seen.distinct < 1:
            found.append(Proposal(missing, column, 0.3, f"{seen.values} different values"))
    return found


def propose(
    table: Table,
    workspace: Workspace,
    chosen: dict[str, str],
    ask: Ask,
    accept: bool = False,
    has_lines: bool = False,
) -> Proposed:
    """Work out what the columns of a file of orders mean.

    Args:
        table: the file.
        workspace: where it is read.
        chosen: columns that a person chose, by canonical name; they go first.
        ask: asks a person to choose one of several columns; returns None where nobody is there.
        accept: take proposals below the threshold, too.
        has_lines: the amounts are in a file of lines.

    Raises:
        DecisionNeededError: a column that is needed is not clear.
        NotUsableError: no column can be what is needed.
    """
    profiles = profile(table, workspace)
    proposals = propose_columns(table, profiles, workspace)
    for meaning, column in chosen.items():
        proposals = [p for p in proposals if p.meaning != meaning and p.column != column]
        proposals.append(Proposal(meaning, column, 1.0, "chosen"))
    notes: list[str] = []
    found = {p.meaning: p for p in proposals if p.score >= THRESHOLD}
    weak = {p.meaning: p for p in proposals if p.score < THRESHOLD}
    weak = {meaning: p for meaning, p in weak.items() if meaning not in found}

    def decide(meaning: str, also: list[str]) -> None:
        """Settle a column that is needed, by asking where names do not say it."""
        if any(one in found for one in [meaning, *also]):
            return
        options = [weak[one] for one in [meaning, *also] if one in weak]
        options += by_values_alone(profiles, list(found.values()), meaning)
        options.sort(key=lambda one: -one.score)
        best = {one.column: one for one in reversed(options)}
        options = [one for one in options if best[one.column] is one]
        sure = [one for one in options if one.score >= THRESHOLD]
        if {one.meaning for one in sure} == {"email", "customer_id"} and sure[0].meaning == "email":
            sure = sure[:1]  # beside the names of people, which are less telling
        if len(sure) == 1 or (accept and options and single_best(options)):
            found[options[0].meaning] = options[0]
            return
        names = [one.column for one in options[:5]]
        if meaning == "customer_id" and all(one.score < LIKELY for one in options):
            # Any column of few values may be one; nothing says that one of them is.
            names = []
        answer = ask(f"Which column is {meaning}?", names) if names else None
        if answer:
            option = next((one for one in options if one.column == answer), None)
            named = Proposal(meaning, answer, 1.0, "chosen")
            found[option.meaning if option else meaning] = option or named
            return
        if not names and not found:
            # Its lines may be anything, such as passwords, so nothing of it is shown.
            raise NotUsableError(
                f"{table.path.name}: is not a table of orders: none of its columns is known; name another"
                ' file, or its columns with --vars "{columns: {raw_orders: {order_id: <column>}}}"'
            )
        if not names and meaning == "customer_id" and options:
            raise DecisionNeededError(
                f"{table.path.name}: no column says by its name who ordered (an id, e-mail address, phone"
                f" number or name of the customer; found: {', '.join(table.columns)}); if one does, say it"
                ' with --vars "{columns: {raw_orders: {customer_id: <column>}}}"'
            )
        if not names:
            raise NotUsableError(
                f"{table.path.name}: no column can be {meaning}"
                f" (found: {', '.join(table.columns)}); name it with"
                f' --vars "{{columns: {{raw_orders: {{{meaning}: <column>}}}}}}"'
            )
        raise DecisionNeededError(
            f"{table.path.name}: which column is {meaning}? Perhaps {' or '.join(names)};"
            f' set it with --vars "{{columns: {{raw_orders: {{{meaning}: {names[0]}}}}}}}"'
        )

    decide("ordered_at", [])
    if not has_lines:
        decide("gross_amount", ["total_amount", "total_without_tax", "unit_price"])
    decide("customer_id", ["email", "phone"])
    tell_apart(found, profiles, notes)
    refuse_pieces(table, found, profiles, accept)
    price_of_line(table, workspace, found, notes)
    amount, cost = found.get("gross_amount"), found.get("cost_amount")
    if amount and cost and amount.column == cost.column:
        del found["cost_amount"]
    mapping = mapping_of(found, profiles, notes)
    mapping = by_kind_of_row(mapping, found, table, workspace, profiles, notes)
    return Proposed(mapping, list(found.values()), notes)


def tell_apart(found: dict[str, Proposal], profiles: dict[str, Profile], notes: list[str]) -> None:
    """Take addresses or names for who ordered where the column of customers is the same in every row."""
    customer = found.get("customer_id")
    if not customer or customer.evidence == "chosen" or profiles[customer.column].values > 1:
        return
    if looks_like_names(customer.column, profiles):
        return  # an address goes before a name, whatever it is
    others = [found[name].column for name in ["email", "phone"] if name in found]
    others += [column for column in profiles if plain(column) in NAMES_OF_CUSTOMERS]
    other = next((one for one in others if profiles[one].values > 1), "")
    if not other or other == customer.column:
        return
    del found["customer_id"]
    notes.append(f"{customer.column}: is the same in every row, so {other} identifies people")
    if plain(other) in NAMES_OF_CUSTOMERS:
        evidence = "names of people, kept as keyed hashes"
        found["customer_id"] = Proposal("customer_id", other, THRESHOLD, evidence)


def refuse_pieces(
    table: Table, found: dict[str, Proposal], profiles: dict[str, Profile], accept: bool
) -> None:
    """Stop where an amount may be a number of pieces: all of them are whole, and prices stand beside them.

    Raises:
        DecisionNeededError: nobody said what it is.
    """
    amount, price = found.get("gross_amount"), found.get("unit_price")
    if not (amount and price) or "quantity" in found or accept or amount.evidence == "chosen":
        return
    if profiles[amount.column].whole and plain(amount.column) in {"amount", "value", "total"}:
        raise DecisionNeededError(
            f"{table.path.name}: is {amount.column} money or a number of pieces? It holds whole numbers"
            f' beside {price.column}; set it with --vars "{{columns: {{raw_orders: {{gross_amount:'
            f' {amount.column}}}}}}}" or --vars "{{columns: {{raw_orders: {{quantity: {amount.column},'
            f' unit_price: {price.column}}}}}}}"'
        )


def price_of_line(
    table: Table, workspace: Workspace, found: dict[str, Proposal], notes: list[str]
) -> None:
    """Take a price for the amount of a line where it grows with the quantity, for the same goods."""
    goods = next(
        (found[n].column for n in ["product_id", "product_name", "product_category"] if n in found),
        "",
    )
    price, quantity = found.get("unit_price"), found.get("quantity")
    amounts = {"gross_amount", "total_amount", "total_without_tax"}
    if not goods or not price or not quantity or amounts & set(found):
        return

    def number(column: str) -> str:
        text = text_of(column, table.types[column])
        readings = [number_sql(text, NumberReading(sign)) for sign in ".,"]
        return f"cast(coalesce({', '.join(readings)}) as double)"

    grows, stays = one(
        workspace.connection,
        f"select count(*) filter (of_piece < 1.02 and of_line > 1.2), count(*) filter (of_line < 1.02)"
        " from (select max(price) / min(price) as of_line,"
        " max(price / pieces) / min(price / pieces) as of_piece"
        f" from (select {text_of(goods, table.types[goods])} as goods, {number(price.column)} as price,"
        f" {number(quantity.column)} as pieces from {table.relation} limit 20000)"
        " where price > 0 and pieces > 0 group by goods having count(distinct pieces) > 1)",
    )
    if grows < LEAST_GOODS or stays * 20 > grows:
        return
    del found["unit_price"]
    evidence = f"grows with {quantity.column} for {grows:,} goods"
    found["gross_amount"] = replace(price, meaning="gross_amount", evidence=evidence)
    notes.append(f"{price.column}: {evidence}, so it is the amount of the line, not of a piece")


def by_kind_of_row(
    mapping: Mapping,
    found: dict[str, Proposal],
    table: Table,
    workspace: Workspace,
    profiles: dict[str, Profile],
    notes: list[str],
) -> Mapping:
    """Return a mapping that knows refunds, cancelled orders and other rows by columns that say so."""

    def texts_in(column: str) -> list[str]:
        text = text_of(column, table.types[column])
        return distinct_texts(workspace.connection, table.relation, text, MOST_KINDS)

    def values_of(meaning: str) -> list[str]:
        return texts_in(found[meaning].column) if meaning in found else []

    drop, refunds = list(mapping.drop), mapping.refunds
    flags = values_of("is_cancelled")
    if flags and set(flags) <= {*YES, *NO}:
        column = found["is_cancelled"].column
        drop.append(Condition(column, values=YES))
        notes.append(f"{column}: rows where it says yes are no orders")
    for column, seen in profiles.items():
        of_refunds = {"refund_amount", "is_returned"} & set(scores_of(column, table))
        if of_refunds and seen.values > 1 and set(texts_in(column)) <= {*YES, *NO}:
            notes.append(
                f"{column}: says which orders were refunded but not how much, so they count in full;"
                " pass --refunds, or name the column of the amount"
            )
    pieces = found.get("returned_quantity")
    if pieces and "refund_amount" not in found and set(texts_in(pieces.column)) - {"0"}:
        notes.append(
            f"{pieces.column}: says how many pieces came back, not how much was refunded, so they"
            " count in full; pass --refunds"
        )
    says = values_of("tax_included")
    tax_included = mapping.tax_included
    price = next(
        (found[name].column for name in ["gross_amount", "unit_price"] if name in found), ""
    )
    if says and set(says) <= {*YES, *NO}:
        column = found["tax_included"].column
        tax_included = TaxIncluded(column=column)
        notes.append(f"{column}: prices of rows where it says yes include tax, which is taken out")
    elif "tax_amount" in found and not tax_included and price:
        if holds_tax_by_name(price):
            tax_included = TaxIncluded(always=True)
            notes.append(f"{price}: includes tax according to its name; the tax is taken out")
        elif holds_tax_by_name(price) is None:
            notes.append(UNKNOWN)
    elif "tax_amount" not in found and not tax_included and price and holds_tax_by_name(price):
        notes.append(
            f"{price}: includes tax according to its name, and no column says how much, so it counts in full"
        )
    tips: tuple[Condition, ...] = ()
    said = tuple(
        v for v in values_of("product_name") if plain(v) in known_words("row_types", "tip")
    )
    if said:
        column = found["product_name"].column
        tips = (Condition(column, values=said),)
        notes.append(f"{column}: rows of {', '.join(said)} are not goods")
    said = tuple(
        v for v in values_of("product_name") if plain(v) in known_words("row_types", "shipping")
    )
    shipping: tuple[Condition, ...] = ()
    if said:
        shipping = (Condition(found["product_name"].column, values=said),)
        notes.append(f"{found['product_name'].column}: rows of {', '.join(said)} are shipping")
    kinds = values_of("row_type")
    for meaning in ["refund", "no_order", "tip"]:
        column = found["row_type"].column if kinds else ""
        said = tuple(v for v in kinds if plain(v) in known_words("row_types", meaning))
        if said and len(said) < len(kinds):
            what = "refunds" if meaning == "refund" else "no orders"
            notes.append(f"{column}: rows of {', '.join(said)} are {what}")
            condition = Condition(column, values=said)
            if meaning != "refund":
                drop.append(condition)
            elif refunds.where_from == "rows":
                refunds = replace(refunds, where=(*refunds.where, condition))
    return replace(
        mapping,
        drop=tuple(drop),
        refunds=refunds,
        tax_included=tax_included,
        tips=tips,
        shipping=shipping,
    )


def in_cents(source: Source, profiles: dict[str, Profile]) -> bool:
    """Return whether an amount is in minor units by the name of its column and all its values."""
    column, seen = source.of[0], profiles[source.of[0]]
    # Square's and commercetools' interfaces of programs.
    of_api = re.search(r"(_money\.amount|\.centAmount)$", column)
    return (unit_words(column)[1] and seen.whole) or bool(of_api and seen.digits)


def single_best(options: list[Proposal]) -> bool:
    """Return whether the first of some proposals has a higher score than all others."""
    return len(options) == 1 or options[0].score > options[1].score


def mapping_of(
    found: dict[str, Proposal], profiles: dict[str, Profile], notes: list[str]
) -> Mapping:
    """Return the mapping that the columns found make."""

    customer = found.get("customer_id")
    of_stripe = bool(customer and profiles[customer.column].of_stripe)

    def source(meaning: str) -> Source:
        one = Source(of=(found[meaning].column,))
        is_minor = meaning in MONEYS and in_cents(one, profiles)
        if is_minor:
            notes.append(f"{one.of[0]}: read as minor units of its currency, as its name says")
        if meaning in MONEYS - {"quantity"} and of_stripe and profiles[one.of[0]].digits:
            is_minor = True
            notes.append(f"{one.of[0]}: read as hundredths, as Stripe writes amounts")
        return replace(one, minor_units=is_minor)

    columns = {
        meaning: source(meaning)
        for meaning in [
            "order_id", "customer_id", "email", "phone", "ordered_at", "gross_amount", "status",
            "currency", "shipping_amount", "tax_amount", "cost_amount", "fulfilment_cost_amount",
            "payment_fee_amount", "updated_at", "store",
        ]
        if meaning in found
    }  # fmt: skip
    if "cancelled_at" in found:
        status = columns.get("status", Source())
        cancelled = ((found["cancelled_at"].column, "cancelled"),)
        columns["status"] = replace(status, when_filled=cancelled)
    if "time_of_day" in found and "ordered_at" in found:
        zone = found["time_zone"].column if "time_zone" in found else ""
        columns["ordered_at"] = replace(
            columns["ordered_at"], time=found["time_of_day"].column, zone=zone
        )
    lines: dict[str, Source] = {}
    for meaning in ["product_id", "product_name", "product_category", "quantity"]:
        if meaning in found:
            lines[meaning] = source(meaning)
    discount = found.get("discount_amount")
    share = share_of(discount.column, profiles) if discount else ""
    if discount and not share and profiles[discount.column].signs:
        raise DecisionNeededError(
            f"{discount.column}: has both amounts and percentages; make it one of the two, or name another column"
            ' with --vars "{columns: {raw_orders: {discount_amount: <column>}}}"'
        )
    total = "total_without_tax" if "total_without_tax" in found else "total_amount"
    if "gross_amount" not in found and total in found and "unit_price" not in found:
        taken_off = ["shipping_amount", "tip_amount"]
        taken_off += ["tax_amount", "duty_amount"] if total == "total_amount" else []
        added = ["discount_amount"] if discount and not share else []
        columns["gross_amount"] = replace(
            source(total),
            minus=tuple(found[name].column for name in taken_off if name in found),
            plus=tuple(found[name].column for name in added),
        )
    elif "gross_amount" not in found and "unit_price" in found:
        times = (found["quantity"].column,) if "quantity" in found else ()
        lines["amount"] = replace(source("unit_price"), times=times)
        if share and discount:
            lines["discount_amount"] = with_share(lines["amount"], discount.column, share)
            notes.append(f"{discount.column}: {SHARES[share]} of the price")
    if discount and not share:
        columns["discount_amount"] = replace(source("discount_amount"), sign="either")
    elif discount and "gross_amount" in columns:
        amount = columns["gross_amount"]
        if re.search(BEFORE_DISCOUNTS, plain(amount.of[0])) and len(amount.columns) == 1:
            columns["discount_amount"] = with_share(amount, discount.column, share)
            notes.append(f"{discount.column}: {SHARES[share]} of {amount.of[0]}")
        else:
            notes.append(
                f"{discount.column}: {SHARES[share]}, not used, as {amount.of[0]} may be after"
                " discounts"
            )
    amounts = [columns.get("gross_amount"), lines.get("amount")]
    named = {unit_words(one.of[0])[0] for one in amounts if one} - {""}
    if "currency" not in columns and len(named) == 1:
        columns["currency"] = Source(constant=named.pop())
    tax_included = None
    price = next((name for name in ["gross_amount", "unit_price"] if name in found), "")
    if price and {"tax_amount", "total_amount"} <= set(found):
        names = [price, "shipping_amount", "tip_amount", "duty_amount"]
        tax_included = TaxIncluded(
            total=found["total_amount"].column,
            equals=tuple(found[name].column for name in names if name in found),
        )
    identity = "customer_id"
    if "customer_id" not in columns:
        identity = "email" if "email" in columns else "phone"
    is_name = "customer_id" in columns and looks_like_names(found["customer_id"].column, profiles)
    if is_name and "email" in columns and profiles[found["email"].column].filled > MOST_HAVE:
        notes.append(
            f"{found['customer_id'].column}: contains names, so {found['email'].column} identifies people"
        )
        del columns["customer_id"]
        identity, is_name = "email", False
    if is_name:
        notes.append(
            f"{found['customer_id'].column}: customers are identified by name, so two people with the same"
            " name count as one"
        )
    refunds = Refunds(where_from="rows")
    if "refunded_order" in found:
        refunds = replace(refunds, order_id=source("refunded_order"))
    if "refund_amount" in found:
        refunds = Refunds(
            where_from="columns", amount=replace(source("refund_amount"), sign="either")
        )
    return Mapping(
        columns=columns,
        line_columns=lines,
        customer_identity=identity,
        customer_is_name=is_name,
        refunds=refunds,
        tax_included=tax_included,
    )


# Names of amounts that include tax, and of those that do not.
WITH_TAX = "(incl|inkl|inc|including|inclusive|inklusive|with|mit|con|z|com)(of)?(tax|vat|gst|btw|mwst|ust|umsatzsteuer|steuer|iva|tva)"
WITH_TAX += "|(tax|vat|gst|mwst|ust|steuer|tva|iva)(incl|inkl|compresa|compris)|ttc|brutto|ivato"
WITHOUT_TAX = (
    "excl|exkl|ohne|hors|without|before|pretax|untaxed|sin|senza|bez|sem|netto|^net|net$|ht$"
)


def holds_tax_by_name(column: str) -> bool | None:
    """Return whether an amount includes tax by the name of its column; None where that says nothing."""
    name = plain(column)
    if re.search(WITHOUT_TAX, name):
        return False
    return True if re.search(WITH_TAX, name) else None


# Names of amounts that discounts have not been taken off yet.
BEFORE_DISCOUNTS = "gross|brutto|montantbrut|importebruto|lordo|valorbruto|beforediscount|warenwert"


# What a column of discounts holds where it holds no amounts.
SHARES = {"times": "shares between 0 and 1", "per_cent": "per cents"}


def share_of(column: str, profiles: dict[str, Profile]) -> str:
    """Return whether a column of discounts holds shares of 1 or per cents, by its name and all its values.

    Returns:
        The name of the field of `Source` for it: `times`, `per_cent`, or "" for amounts.
    """
    seen = profiles[column]
    says_amount = re.search(
        "amount|total|betrag|montant|importe|importo|bedrag|kwota|valor", plain(column)
    )
    if seen.fractions and not says_amount:
        return "times"
    return "per_cent" if says_per_cent(column) and seen.per_cents else ""


def says_per_cent(column: str) -> bool:
    """Return whether a name says per cents or a rate."""
    return "%" in column or bool(set(words_of(column)) & known_words("table", "per_cent"))


def with_share(amount: Source, column: str, share: str) -> Source:
    """Return the part of an amount that a column of shares or per cents says."""
    if share == "times":
        return replace(amount, times=(*amount.times, column))
    return replace(amount, per_cent=(*amount.per_cent, column))


def looks_like_names(column: str, profiles: dict[str, Profile]) -> bool:
    """Return whether a column of customers holds people's names rather than ids."""
    is_name = plain(column) in NAMES_OF_CUSTOMERS | NAMES_OF_SOMEBODY
    return is_name or is_personal(column) or profiles[column].names >= 0.6
