"""Orders, lines and refunds of a file's rows: what SQL makes them, and the rows that make none."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from retention_cli.ingest.errors import DecisionNeededError, NotUsableError
from retention_cli.ingest.formats import Condition, Source
from retention_cli.ingest.mapping import Ask, text_of
from retention_cli.ingest.privacy import normalised_phone
from retention_cli.ingest.tables import Workspace, literal, one, quoted
from retention_cli.ingest.values import (
    MONEY,
    SHORT_FORMATS,
    DateReading,
    Decimals,
    NumberReading,
    are_iso,
    date_steps,
    digit_dates,
    language_of,
    number_kind,
    number_steps,
    order_counts,
    parsed_share,
    plain_moment,
    plain_number,
    separator_counts,
    short_years,
    usual_formats,
)

SAMPLE = 100_000
WITHOUT_DECIMALS = {
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "UGX", "VND", "VUV", "XAF",
    "XOF", "XPF",
}  # fmt: skip
WITH_THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}


@dataclass
class Rows:
    """The rows of one input: a relation, its types, and how many they are.

    The relation has the columns `row_number` and `file_name` beside those of the files.
    """

    relation: str
    types: dict[str, str]
    rows: int
    input: str = "raw_orders"
    names: str = ""

    @property
    def columns(self) -> list[str]:
        """The names of the files' columns."""
        return list(self.types)


@dataclass
class Readings:
    """How the columns of an input are read: dates, numbers, currencies, and why."""

    dates: dict[str, DateReading] = field(default_factory=dict)
    numbers: dict[str, NumberReading] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hints:
    """What a person or a ready mapping says of how values are written; evidence is asked first."""

    date_order: str = ""
    decimal_separator: str = ""
    said_by: str = ""
    phone_country: str = ""
    currencies: Callable[[], set[str]] = (
        set  # of the file, where a column or the mapping names them
    )


# --- How columns are read ------------------------------------------------------------------------


def read_dates(
    rows: Rows, column: str, workspace: Workspace, hints: Hints, ask: Ask, time: str = ""
) -> DateReading:
    """Return how a column writes dates, by all of its values where they leave a choice.

    Raises:
        DecisionNeededError: the values do not say whether day or month comes first.
        NotUsableError: they say both.
    """
    kind = rows.types[column]
    if not time and kind.startswith("TIMESTAMP WITH TIME ZONE"):
        return DateReading("typed_zone", evidence="the column holds times with their zone")
    if not time and kind.startswith(("TIMESTAMP", "DATE")):
        return DateReading("typed", evidence=f"the column holds {kind.lower()}s")
    connection = workspace.connection
    text = text_of(column, kind)
    sample = f"(from {rows.relation} limit {SAMPLE})"
    if are_iso(connection, sample, text):
        return DateReading(evidence="year first or in words")
    as_number = number_kind(connection, sample, text)
    if as_number and not time:
        return DateReading(as_number, evidence=f"every value is {as_number.replace('_', ' ')}")
    orders = {} if time else digit_dates(connection, sample, text)
    if orders and rows.rows > SAMPLE:
        orders = digit_dates(connection, rows.relation, text)
    if orders:
        return date_of_digits(rows, column, orders, hints, ask)
    if hints.said_by != "setting" and short_years(connection, sample, text):
        match short_years(connection, rows.relation, text):
            case "first":
                evidence = (
                    "two digits of the year stand first: the last ones are spread as days are"
                )
                return DateReading("short_years", formats=SHORT_FORMATS, evidence=evidence)
            case "unclear":
                raise DecisionNeededError(
                    f"{rows.names}: nothing in {column} says whether its dates begin or end with the year:"
                    " write the year with four digits, or say that it is last with --vars"
                    ' "{date_order: day_month}"'
                )
    language = language_of(connection, f"(from {rows.relation} limit 2000)", text)
    if not language and parsed_share(connection, sample, text, DateReading(order="day_month")) < 1:
        language = language_of(connection, sample, text)
    in_words = f", months in the language {language}" if language else ""
    # The whole column is asked only where a sample leaves a choice.
    is_whole = rows.rows <= SAMPLE
    counts = order_counts(connection, sample, text)
    day_first, month_first, either, points = counts
    if not any(counts):
        return DateReading(language=language, evidence=f"year first or in words{in_words}")
    if not is_whole and not (day_first or month_first or points):
        counts = order_counts(connection, rows.relation, text)
        day_first, month_first, either, points = counts
    if day_first and month_first:
        raise NotUsableError(
            f"{rows.names}: {column}: {day_first} dates can only be day/month and {month_first} only"
            " month/day, so none can be read with certainty; import each kind of file separately"
        )
    order, evidence = "", f"no date depends on the order of day and month{in_words}"
    if day_first:
        order = "day_month"
        evidence = f"{day_first} dates can only be day/month, none month/day{in_words}"
    elif month_first:
        order = "month_day"
        evidence = f"{month_first} dates can only be month/day, none day/month{in_words}"
    elif points:
        order, evidence = "day_month", "dates with points have the day first"
    chosen = hints.date_order if hints.said_by == "setting" else ""
    if order and chosen not in {"", "year_month_day", order}:
        count = day_first or month_first or points
        raise NotUsableError(
            f"{rows.names}: date_order is {hints.date_order}, but {count} dates of {column} can only"
            f" be {order}; change the setting or the file"
        )
    if not order and hints.date_order in {"day_month", "month_day"}:
        order, evidence = hints.date_order, f"by the {hints.said_by}"
    if not order and either:
        order, evidence = order_by_others(rows, column, workspace)
    if not order and either:
        example = one(
            connection,
            f"select any_value(v) from (select without_weekday({text}) as v from {rows.relation})"
            " where regexp_matches(v, '^\\d{1,2}[-/]\\d{1,2}[-/]')",
        )[0]
        answer = ask(
            f"Is {example} in {column} day/month or month/day?", ["day_month", "month_day"]
        )
        if not answer:
            raise DecisionNeededError(
                f"{rows.names}: nothing in {column} says whether {example} is day/month or month/day;"
                ' set it with --vars "{date_order: day_month}" or "{date_order: month_day}"'
            )
        order, evidence = answer, "chosen"
    formats = usual_formats(connection, sample, text, order) if order and not language else ()
    return DateReading("text", order, language, formats, evidence)


def date_of_digits(
    rows: Rows, column: str, orders: dict[str, tuple[str, ...]], hints: Hints, ask: Ask
) -> DateReading:
    """Return how a column writes dates of digits only, by the orders of their parts that read all of them.

    Raises:
        DecisionNeededError: several do.
        NotUsableError: a setting says another one.
    """
    chosen = hints.date_order if hints.said_by == "setting" else ""
    if chosen and chosen not in orders:
        raise NotUsableError(
            f"{rows.names}: date_order is {chosen}, but not every value of {column} can be read so;"
            " change the setting or the file"
        )
    evidence = "the only order that reads all of its digits as days"
    if len(orders) > 1:
        chosen = chosen or hints.date_order
        evidence = f"by the {hints.said_by}"
    if len(orders) > 1 and chosen not in orders:
        chosen = ask(f"How are the dates of {column} written?", list(orders)) or ""
        evidence = "chosen"
    if len(orders) > 1 and not chosen:
        raise DecisionNeededError(
            f"{rows.names}: {column}: its digits can be {' or '.join(orders)}; set it with"
            f' --vars "{{date_order: {next(iter(orders))}}}"'
        )
    order = chosen or next(iter(orders))
    return DateReading("short_years", formats=orders[order], evidence=f"{order}: {evidence}")


def order_by_others(rows: Rows, column: str, workspace: Workspace) -> tuple[str, str]:
    """Return the order of day and month that other columns of a file decide, and the evidence."""
    sample = f"(from {rows.relation} limit {SAMPLE})"
    found: dict[str, str] = {}
    for other, kind in rows.types.items():
        if other == column or kind != "VARCHAR":
            continue
        day_first, month_first, _, _ = order_counts(
            workspace.connection, sample, text_of(other, kind)
        )
        if bool(day_first) != bool(month_first):
            found.setdefault("day_month" if day_first else "month_day", other)
    if len(found) != 1:
        return "", ""
    ((order, other),) = found.items()
    return order, f"as in {other}, where no date can be another"


def read_numbers(
    rows: Rows, columns: list[str], money: set[str], workspace: Workspace, hints: Hints, ask: Ask
) -> dict[str, NumberReading]:
    """Return how each column writes numbers, by all of its values where they leave a choice.

    A column that does not say its decimal separator has that of the file's others. Those of money have
    two decimals unless they show that they may have more.

    Raises:
        DecisionNeededError: no value says whether 1.234 is one or one thousand, or 12.50 stands beside it.
        NotUsableError: the values of a column say both.
    """
    connection = workspace.connection
    found: dict[str, NumberReading] = {}
    open_columns = []
    for column in dict.fromkeys(columns):
        kind = rows.types[column]
        if kind != "VARCHAR":
            found[column] = NumberReading(".", f"the column holds {kind.lower()}")
            continue
        text = text_of(column, kind)
        sample = rows.relation if rows.rows <= SAMPLE else f"(from {rows.relation} limit {SAMPLE})"
        point, comma, neither, decimals_by = separator_counts(connection, sample, text)
        if not (point or comma) and rows.rows > SAMPLE:
            point, comma, neither, decimals_by = separator_counts(connection, rows.relation, text)
        if point and comma:
            raise NotUsableError(
                f"{rows.names}: {column}: {point} numbers have a decimal point and {comma} a decimal"
                " comma, so none can be read with certainty; import each kind of file separately"
            )
        if point or comma:
            sign, count = (".", point) if point else (",", comma)
            chosen = hints.decimal_separator if hints.said_by in {"setting", "shop.yml"} else ""
            if chosen and chosen != sign:
                raise NotUsableError(
                    f"{rows.names}: decimal_separator is {chosen!r}, but {count} numbers of"
                    f" {column} have {sign!r}; change the setting or the file"
                )
            name = "point" if point else "comma"
            is_two = column in money and not (chosen and hints.said_by == "setting")
            if is_two:
                is_two = has_two_decimals(rows, column, sign, decimals_by[sign], workspace, hints)
            evidence = f"{count} numbers have a decimal {name}"
            found[column] = NumberReading(sign, evidence, two_decimals=is_two)
        elif neither:
            open_columns.append(column)
        else:
            found[column] = NumberReading(".", "whole numbers")
    signs = {
        reading.decimal_separator
        for reading in found.values()
        if "numbers have a decimal" in reading.evidence
    }
    for column in open_columns:
        codes = set(currencies_in(rows, column, workspace)) or hints.currencies()
        by_currency = ""
        known = {0: WITHOUT_DECIMALS, 3: WITH_THREE_DECIMALS}
        decimals = next((n for n, some in known.items() if codes and codes <= some), 2)
        if decimals != 2:
            points, commas = one(
                connection,
                f"select count(*) filter (contains(v, '.')), count(*) filter (contains(v, ','))"
                f" from (select {text_of(column, 'VARCHAR')} as v from {rows.relation})",
            )
            seen = "." if points and not commas else "," if commas and not points else ""
            # Of dinars it stands before the decimals, of yen between thousands.
            by_currency = seen if decimals else {".": ",", ",": "."}.get(seen, "")
        if hints.decimal_separator:
            found[column] = NumberReading(hints.decimal_separator, f"by the {hints.said_by}")
        elif by_currency:
            found[column] = NumberReading(by_currency, f"the currency has {decimals} decimals")
        elif len(signs) == 1:
            found[column] = NumberReading(next(iter(signs)), "as in the other columns of the file")
        else:
            example = one(
                connection,
                f"select any_value(v) from (select {text_of(column, 'VARCHAR')} as v"
                f" from {rows.relation}) where regexp_matches(v, '[1-9]\\d{{0,2}}[.,]\\d{{3}}')",
            )[0]
            answer = ask(
                f"Which character is the decimal separator of {example} in {column}?", [".", ","]
            )
            if not answer:
                raise DecisionNeededError(
                    f"{rows.names}: nothing in {column} says whether {example} is about one or about"
                    " one thousand; set it with --vars \"{decimal_separator: '.'}\" or"
                    " \"{decimal_separator: ','}\""
                )
            found[column] = NumberReading(answer, "chosen")
    return found


def has_two_decimals(
    rows: Rows, column: str, sign: str, seen: Decimals, workspace: Workspace, hints: Hints
) -> bool:
    """Return whether a column of money shows that no number has more than two decimals.

    Raises:
        DecisionNeededError: it does, and a number such as 1.234 stands beside.
    """
    if not seen.two or seen.vary:
        return False
    if not seen.unclear:
        return True
    if {*currencies_in(rows, column, workspace), *hints.currencies()} & WITH_THREE_DECIMALS:
        return False
    raise DecisionNeededError(
        f"{rows.names}: {column}: {seen.two:,} numbers have two decimals, but {seen.unclear:,} such as"
        f" {seen.example} may be about one thousand; write all in one way, or say that these have three"
        f" decimals with --vars \"{{decimal_separator: '{sign}'}}\""
    )


def currencies_in(rows: Rows, column: str, workspace: Workspace) -> list[str]:
    """Return the currencies that are written into the cells of a column of amounts."""
    if rows.types[column] != "VARCHAR":
        return []
    sample = f"(from {rows.relation} limit {SAMPLE})"
    found = workspace.connection.execute(
        f"select distinct currency_in(v) from (select {text_of(column, 'VARCHAR')} as v from {sample})"
        " where regexp_matches(v, '[^0-9.,-]')"
    ).fetchall()
    return sorted(code for (code,) in found if code)


# --- SQL of rows ---------------------------------------------------------------------------------


class RowQuery:
    """The SQL that turns the rows of a file into canonical values, with the reason why not."""

    def __init__(self, rows: Rows, readings: Readings, workspace: Workspace, hints: Hints) -> None:
        """Begin a query over rows, with how their columns are read."""
        self.rows = rows
        self.readings = readings
        self.workspace = workspace
        self.hints = hints
        self.atoms: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.reasons: list[tuple[str, str, list[str]]] = []

    def text(self, column: str) -> str:
        """Return the name of a column's filled text."""
        name = f"t_{self.rows.columns.index(column)}"
        self.atoms.setdefault(name, text_of(self.stored(column), self.rows.types[column]))
        return name

    def stored(self, column: str) -> str:
        """Return the name of a column's value as it is stored."""
        name = f"c_{self.rows.columns.index(column)}"
        self.atoms[name] = quoted(column)
        return name

    def id_text(self, column: str) -> str:
        """Return SQL of an id; a floating point number that is whole is written as such."""
        if self.rows.types[column] in {"DOUBLE", "FLOAT"}:
            name = f"i_{self.rows.columns.index(column)}"
            value = quoted(column)
            self.atoms[name] = (
                f"case when isfinite({value}) then case when {value} = trunc({value})"
                f" and abs({value}) < 1e18 then cast(cast({value} as bigint) as varchar)"
                f" else cast({value} as varchar) end end"
            )
            return name
        return self.text(column)

    def read_plain(self, column: str, name: str, sql: str) -> None:
        """Read a column of text of which it is presumed that nothing but blanks is read otherwise.

        Args:
            column: the column.
            name: the name of what is read.
            sql: SQL that reads the value as it stands, NULL where it cannot.
        """
        at, text = self.rows.columns.index(column), self.text(column)
        self.atoms[f"r_{at}"] = sql
        self.atoms[text] = f"case when r_{at} is not null then c_{at} else filled(c_{at}) end"
        self.atoms[name] = f"r_{at}"

    def number(self, column: str, label: str, *, is_needed: bool = True) -> str:
        """Return the name of a column's number; a filled value that is none rejects its row if needed."""
        at = self.rows.columns.index(column)
        name = f"n_{at}"
        kind = self.rows.types[column]
        if name not in self.atoms:
            reading = self.readings.numbers.get(column, NumberReading())
            if kind == "VARCHAR" and self.workspace.presumes:
                self.read_plain(column, name, plain_number(self.stored(column), reading))
            elif kind == "VARCHAR":
                for step, sql in number_steps(self.text(column), reading).items():
                    names = {one: f"{one}_{at}" for one in "gm"}
                    self.atoms[f"{step}_{at}"] = sql.format(**names)
            else:
                self.text(column)
                value = self.stored(column)
                finite = f"case when isfinite({value}) then {value} end"
                value = finite if kind in {"DOUBLE", "FLOAT"} else value
                self.atoms[name] = f"try_cast({value} as {MONEY})"
        if is_needed:
            condition = f"t_{at} is not null and {name} is null"
            if condition not in [known for known, _, _ in self.reasons]:
                self.reject(condition, f"{label} is not a number", [column])
        return name

    def date(self, column: str, label: str, time: str = "", zone: str = "") -> str:
        """Return the name of a column's moment; a filled value that is none rejects its row."""
        at = self.rows.columns.index(column)
        name = f"d_{at}"
        if name not in self.atoms:
            reading = self.readings.dates[column]
            source = self.text(column)
            if time:
                source = f"dt_{at}"
                parts = [f"t_{at}", f"coalesce({self.text(time)}, '')"]
                parts += [f"coalesce({self.text(zone)}, '')"] if zone else []
                self.atoms[source] = f"trim({' || chr(32) || '.join(parts)})"
            elif reading.kind.startswith("typed"):
                source = self.stored(column)
            if self.workspace.presumes and reading.kind == "text" and not time:
                plain = plain_moment(self.stored(column), reading)
                self.read_plain(column, name, f"plausible({plain})")
            else:
                for step, sql in date_steps(source, reading).items():
                    names = {one: f"{one}_{at}" for one in "efwp"}
                    self.atoms[f"{step}_{at}"] = sql.format(**names)
            reason = f"{label} is not a date or time"
            self.reject(f"t_{at} is not null and {name} is null", reason, [column])
        return name

    def reject(self, condition: str, reason: str, columns: list[str]) -> None:
        """Reject the rows of which a condition is true."""
        self.reasons.append((condition, reason, columns))

    def amount(self, source: Source, label: str) -> str:
        """Return SQL of an amount of money, or a number."""
        if source.constant:
            return f"cast({literal(source.constant)} as {MONEY})"
        of = [self.number(column, label) for column in source.of]
        sql = f"coalesce({', '.join(of)})" if len(of) > 1 else of[0]
        for column in source.times:
            sql = f"cast({sql} * {self.number(column, label)} as {MONEY})"
        for column in source.per_cent:
            sql = f"cast({sql} * {self.number(column, label)} / 100 as {MONEY})"
        for column in source.less_share:
            share = f"(1 - coalesce({self.number(column, label)}, 0))"
            sql = f"cast({sql} * {share} as {MONEY})"
        for sign, columns in [("+", source.plus), ("-", source.minus)]:
            for column in columns:
                sql = f"{sql} {sign} coalesce({self.number(column, label)}, 0)"
        if source.minor_units:
            sql = f"cast(({sql}) / minor_units as {MONEY})"
        if source.sign == "negative":
            sql = f"-({sql})"
        if source.sign == "either":
            sql = f"abs({sql})"
        return f"({sql})"

    def moment(self, source: Source, label: str, timezone: str = "") -> str:
        """Return SQL of a moment in UTC."""
        dates = [self.date(column, label, source.time, source.zone) for column in source.of]
        sql = f"coalesce({', '.join(dates)})" if len(dates) > 1 else dates[0]
        if timezone:
            sql = f"{sql} at time zone {literal(timezone)} at time zone 'UTC'"
        return sql

    def plain_text(self, source: Source, *, is_id: bool = False) -> str:
        """Return SQL of a text."""
        reader = self.id_text if is_id else self.text
        parts = [reader(column) for column in source.of]
        if source.constant:
            parts.append(literal(source.constant))
        sql = f"coalesce({', '.join(parts)})" if len(parts) != 1 else parts[0]
        if not parts:
            sql = "cast(null as varchar)"
        if source.grouped_by:
            # Shopify fills an order's id on the first of its rows only, and its name on all.
            group = self.text(source.grouped_by)
            sql = f"coalesce({sql}, max({sql}) over (partition by file_name, {group}), {group})"
        for column, value in source.when_filled:
            sql = f"case when {self.text(column)} is not null then {literal(value)} else {sql} end"
        return sql

    def condition(self, condition: Condition) -> str:
        """Return SQL of a condition."""
        text = f"lower({self.text(condition.column)})"
        if condition.negative:
            return f"{self.number(condition.column, condition.column)} < 0"
        tests = []
        if condition.values:
            tests.append(f"{text} in ({', '.join(literal(v) for v in condition.values)})")
        tests += [f"starts_with({text}, {literal(value)})" for value in condition.begins]
        return "coalesce(" + (" or ".join(tests) or "false") + ", false)"

    def any_of(self, conditions: tuple[Condition, ...]) -> str:
        """Return SQL of whether any of some conditions is true."""
        return " or ".join(self.condition(one) for one in conditions) or "false"

    def reason_sql(self) -> str:
        """Return SQL of the first reason why a row cannot be used, NULL where there is none."""
        if not self.reasons:
            return "cast(null as varchar)"
        cases = " ".join(f"when {c} then {literal(reason)}" for c, reason, _ in self.reasons)
        return f"case {cases} end"

    def sql(self, kind: str, values: dict[str, str]) -> str:
        """Return the query: row_number, file_name, kind, reason, values, what reasons are about.

        Args:
            kind: SQL of what a row is; it may name atoms and values.
            values: SQL of the canonical columns, of the atoms.
        """
        about = {c: self.text(c) for _, _, columns in self.reasons for c in columns}
        raw = {f"raw_{self.rows.columns.index(c)}": text for c, text in about.items()}
        # Values are made of numbers and dates, these of texts: each is a step of its own.
        steps = f"select row_number, file_name, {self.step('c', 'i') or 'null as nothing'} from {self.rows.relation}"
        for kinds in [
            ("r",),
            ("t",),
            ("dt",),
            ("e", "g"),
            ("f", "m"),
            ("w",),
            ("p",),
            ("n", "d", "minor"),
        ]:
            if step := self.step(*kinds):
                steps = f"select *, {step} from ({steps})"
        made = ",\n".join(f"{sql} as {quoted(name)}" for name, sql in {**values, **raw}.items())
        kept = ", ".join(["row_number", "file_name", *map(quoted, values), *raw])
        reason = f"case when kind in ('dropped', 'footer') then null else {self.reason_sql()} end"
        return f"""
            select {kept}, kind, {reason} as reason
            from (select *, {kind} as kind from (select *, {made} from ({steps})))
        """

    def step(self, *kinds: str) -> str:
        """Return SQL of the atoms of some kinds."""
        atoms = [(n, sql) for n, sql in self.atoms.items() if n.split("_")[0] in kinds]
        return ",\n".join(f"{sql} as {name}" for name, sql in atoms)


def phone_table(rows: Rows, column: str, workspace: Workspace, country: str) -> str:
    """Return a table of the numbers in a column with their keyed hashes.

    Every different number is put into one form once, in Python.
    """
    name = workspace.next_name()
    text = text_of(column, rows.types[column])
    connection = workspace.connection
    numbers = connection.execute(
        f"select distinct {text} from {rows.relation} where {text} is not null"
    ).fetchall()
    known = pa.table(
        {
            "raw": pa.array([raw for (raw,) in numbers], pa.string()),
            "phone": pa.array([normalised_phone(raw, country) for (raw,) in numbers], pa.string()),
        }
    )
    connection.register(f"{name}_known", known)
    connection.execute(
        f"create table {name} as select raw, case when regexp_full_match(raw, '[0-9a-f]{{64}}')"
        f" then raw else keyed('phone ' || phone) end as phone from {name}_known"
    )
    connection.unregister(f"{name}_known")
    return name
