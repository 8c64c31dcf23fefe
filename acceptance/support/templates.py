"""What dbt makes of a template, kept for the next build of the same process."""

import functools

import jinja2
from dbt_common.tests import enable_test_caching


def keep_templates() -> None:
    """Let every build after the first one find the project's templates parsed and compiled.

    Reading the project takes longer than building a small shop, and half of that goes into the
    text of models and macros, which is the same under all settings. dbt keeps what it parsed when
    told to, as its own tests do; what Jinja compiled is kept here.
    """
    enable_test_caching()
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
