"""A dbt that does no work twice for the builds of one process, and none that nobody looks at.

What dbt does for a small shop is Python for the most part: it makes a thousand macros ready for
each statement, and a message of each step, which no log takes. Here it makes the same once, or
when it is asked for, which halves the time of a build. Tests that start dbt as a program run it as
it is.
"""

import functools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import jinja2
import parsedatetime
from dbt.clients.jinja import MacroGenerator
from dbt.context import base
from dbt.context.base import BaseContext, Var
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt_common.clients.jinja import (
    CallableMacroGenerator,
    MacroFuzzTemplate,
    NativeSandboxTemplate,
)
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.tests import enable_test_caching

MANIFESTS_KEPT = 50


@functools.cache
def make_dbt_fast() -> None:
    """Replace what takes long in dbt, for this process."""
    enable_test_caching()
    keep_templates()
    keep_macros()
    make_macros_when_called()
    make_values_when_read()
    take_plain_settings_as_they_are()
    make_events_when_read()
    base.get_context_modules = functools.cache(base.get_context_modules)  # `modules` of a template
    parsedatetime.Constants = functools.cache(parsedatetime.Constants)  # of every result of SQL
    # The arguments of data tests are of this class, which copies a context; the other does not.
    NativeSandboxTemplate.new_context = MacroFuzzTemplate.new_context


def keep_templates() -> None:
    """Compile a text of Jinja once; dbt keeps what it parsed of it only."""
    compile_template = jinja2.Environment.compile
    compiled = {}

    @functools.wraps(compile_template)
    def compile_once(environment, source, *options, **named):
        if not isinstance(source, str):
            return compile_template(environment, source, *options, **named)
        key = type(environment), *environment.extensions, source, options, *sorted(named.items())
        if key not in compiled:
            compiled[key] = compile_template(environment, source, *options, **named)
        return compiled[key]

    jinja2.Environment.compile = compile_once


def keep_macros() -> None:
    """Look for a macro in its template once in a context, not at every call."""
    get_macro = CallableMacroGenerator.get_macro

    @functools.wraps(get_macro)
    def get_once(generator):
        if "found" not in vars(generator):
            generator.found = get_macro(generator)
        return generator.found

    CallableMacroGenerator.get_macro = get_once


class Lazy(dict):
    """A dict whose values are made when they are asked for, all of them when it is gone through."""

    def __init__(self, names: Collection[str] = (), make: Callable | None = None) -> None:
        super().__init__()
        self.names, self.make = names, make

    def __missing__(self, name):
        if name not in self.names:
            raise KeyError(name)
        self[name] = self.make(name)
        return self[name]

    def __contains__(self, name) -> bool:
        return super().__contains__(name) or name in self.names

    def __bool__(self) -> bool:
        return bool(self.names) or super().__len__() > 0

    def get(self, name, default=None):
        return self[name] if name in self else default  # noqa: SIM401 (it is that method)

    def __iter__(self) -> Iterator:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())

    def keys(self):
        return self.with_all().keys()

    def values(self):
        return self.with_all().values()

    def items(self):
        return self.with_all().items()

    def with_all(self) -> dict:
        for name in self.names:
            self[name]
        return super()


@dataclass(frozen=True)
class Names:
    """Which macro a name means where dbt looks for it: one node's package, the project's, dbt's."""

    of_node: dict
    of_root: dict
    of_dbt: dict
    packages: dict
    everywhere: frozenset


def make_macros_when_called() -> None:
    """Give a node the names of macros only, and one of them when it is called."""
    build_namespace = MacroNamespaceBuilder.build_namespace
    known = {}

    def names_of(builder, by_package) -> Names:
        numbers = tuple(len(macros) for macros in by_package.values())
        order = builder.root_package, builder.search_package, *builder.internal_package_names_order
        key = id(by_package), numbers, order
        if key not in known:
            # dbt itself says what each name means, and refuses those that mean two macros.
            full = build_namespace(builder, by_package, {})
            places = [full.local_namespace, full.global_namespace, full.global_project_namespace]
            packages = {name: macros_of(package) for name, package in full.packages.items()}
            names = Names(*map(macros_of, places), packages, frozenset(full))
            known[key] = names, by_package  # which keeps its id
            if len(known) > MANIFESTS_KEPT:
                del known[next(iter(known))]
        return known[key][0]

    def macros_of(generators) -> dict:
        return {name: generator.macro for name, generator in generators.items()}

    @functools.wraps(build_namespace)
    def build_lazy(builder, macros_by_package, ctx):
        names = names_of(builder, macros_by_package)
        generators = {}

        def generator_of(macro):
            key = macro.unique_id
            if key not in generators:
                generators[key] = MacroGenerator(macro, ctx, builder.node, builder.thread_ctx)
            return generators[key]

        def lazy(macros):
            return Lazy(macros, lambda name: generator_of(macros[name]))

        namespace = MacroNamespace(
            local_namespace=lazy(names.of_node),
            global_namespace=lazy(names.of_root),
            global_project_namespace=lazy(names.of_dbt),
            packages={name: lazy(package) for name, package in names.packages.items()},
        )
        namespace.names = names.everywhere
        return namespace

    MacroNamespaceBuilder.build_namespace = build_lazy


def make_values_when_read() -> None:
    """Let a template's context make each of its functions and macros when it is named."""
    begin = BaseContext.__init__
    to_dict_with_macros = ManifestContext.to_dict

    @functools.wraps(begin)
    def begin_lazy(context, *arguments, **named):
        begin(context, *arguments, **named)
        context._ctx = Lazy()

    def members_of(context):
        members = context._context_members_

        def value_of(name):
            member = members[name]  # a function, a property or a plain value
            return member.__get__(context) if hasattr(member, "__get__") else member

        return Lazy(members, value_of)

    def to_dict(context):
        values = context._ctx
        members = context.generate_builtins()
        values |= {"context": values, "builtins": members}
        values.names, values.make = frozenset(members.names), members.__getitem__
        values.get("var")  # dbt reads which packages there are when it makes this one
        return values

    @functools.wraps(to_dict_with_macros)
    def to_lazy_dict_with_macros(context):
        macros = context.namespace
        if not isinstance(macros, MacroNamespace):  # a few macros that a data test names
            return to_dict_with_macros(context)
        values = to_dict(context)
        make_member = values.make
        values.names |= macros.names
        values.make = lambda name: macros[name] if name in macros.names else make_member(name)
        return values

    BaseContext.__init__ = begin_lazy
    BaseContext.generate_builtins = members_of
    BaseContext.to_dict = to_dict
    ManifestContext.to_dict = to_lazy_dict_with_macros


def take_plain_settings_as_they_are() -> None:
    """Copy the whole context for a setting only where a template is in it."""
    get_rendered_var = Var.get_rendered_var

    @functools.wraps(get_rendered_var)
    def get(var, name):
        value = var._merged[name]
        plain = isinstance(value, str) and not any(sign in value for sign in "{}")
        return value if plain else get_rendered_var(var, name)

    Var.get_rendered_var = get


def make_events_when_read() -> None:
    """Make the message of an event when it is read, and pass no details on where no log is kept."""
    make = BaseEvent.__init__
    fire = EventManager.fire_event

    def keep(event, *arguments, **named):
        vars(event)["given"] = arguments, named

    def message(event):
        if "message of event" not in vars(event):
            arguments, named = vars(event)["given"]
            make(event, *arguments, **named)
        return vars(event)["message of event"]

    def set_message(event, value):
        vars(event)["message of event"] = value

    @functools.wraps(fire)
    def fire_what_is_read(manager, e, level=None, node=None, force_warn_or_error_handling=False):
        detail = (level or e.level_tag()) is EventLevel.DEBUG
        if manager.loggers or not detail or force_warn_or_error_handling:
            fire(manager, e, level, node, force_warn_or_error_handling)

    BaseEvent.__init__ = keep
    BaseEvent.pb_msg = property(message, set_message)
    EventManager.fire_event = fire_what_is_read
