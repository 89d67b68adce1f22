"""The way to the compiled module `pymlir`, so that its absence is a sentence and not a trace."""

from __future__ import annotations

from typing import Any

from .errors import UserError
from .threads import wait_asleep


def pymlir() -> Any:
    """The compiled module."""
    wait_asleep()
    try:
        import pymlir as module
    except ImportError as error:
        raise UserError(
            f"the compiled module 'pymlir' cannot be imported ({error}); run ./build.sh and then 'source envsetup.sh'"
        ) from error
    return module
