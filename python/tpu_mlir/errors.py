"""How the tools report trouble: a user's mistake is one sentence, our mistake a trace, and the exit code tells which.

Exit codes: 0 done, 1 the user must change something (argument errors too), 2 a comparison fell below its floor,
70 a bug of ours.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

EXIT_OK = 0
EXIT_USER = 1
EXIT_COMPARE = 2
EXIT_BUG = 70


class UserError(Exception):
    """Something the user can change; the message is one sentence without a full stop, and may carry further lines."""

    exit_code = EXIT_USER


class CompareFailed(UserError):
    """A comparison ran and fell below its floor."""

    exit_code = EXIT_COMPARE


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the nearest known word, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def unknown_name(what: str, name: str, known: Sequence[str], limit: int = 12) -> UserError:
    """The error for a name that is not among `known`: it suggests the nearest one and lists some."""
    listed = ", ".join(known[:limit]) + (f", ... ({len(known)} in all)" if len(known) > limit else "")
    return UserError(f"unknown {what} '{name}'{did_you_mean(name, known)}; known: {listed or 'none'}")


def os_error(error: OSError, path: Path | str | None = None) -> UserError:
    """A sentence for a failed file operation, naming the file."""
    name = str(path if path is not None else error.filename or "")
    reason = (error.strerror or str(error)).lower()
    return UserError(f"'{name}': {reason}" if name else reason)


def require_file(path: Path | str, what: str) -> Path:
    """`path` as a Path if it names a readable, non-empty regular file; else a UserError that names `what`."""
    path = Path(path)
    if not path.exists():
        raise UserError(f"{what} '{path}' does not exist")
    if not path.is_file():
        raise UserError(f"{what} '{path}' is not a file")
    if path.stat().st_size == 0:
        raise UserError(f"{what} '{path}' is empty")
    if not os.access(path, os.R_OK):
        raise UserError(f"{what} '{path}' cannot be read: permission denied")
    return path


Main = Callable[..., "int | None"]


def run_main(main: Main) -> Callable[..., int]:
    """Wrap a tool's main so that it returns an exit code and reports errors by the house rules."""

    @functools.wraps(main)
    def wrapped(argv: Sequence[str] | None = None) -> int:
        try:
            code = main(argv) or EXIT_OK
            sys.stdout.flush()
            return code
        except UserError as error:
            return _report(str(error), error.exit_code)
        except KeyboardInterrupt:
            return _report("interrupted; no file was left half-written", EXIT_USER)
        except BrokenPipeError:
            # The reader of our output went away (`... | head`); keep the interpreter's own flush at exit quiet too.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_OK
        except MemoryError as error:
            return _report(f"out of memory: {error}" if str(error) else "out of memory", EXIT_USER)
        except OSError as error:
            return _report(str(os_error(error)), EXIT_USER)
        except Exception as error:
            if is_core_error(error):
                return _report(str(error), EXIT_USER)
            import traceback

            traceback.print_exc()
            return _report(
                f"internal error ({type(error).__name__}); this is a bug of ours, please report it", EXIT_BUG
            )

    return wrapped


def is_core_error(error: BaseException) -> bool:
    """Whether `error` is the compiled module's sentence about the user's model; known by name, to need no import."""
    return any(cls.__name__ == "MLIRError" for cls in type(error).__mro__)


def _report(message: str, code: int) -> int:
    with contextlib.suppress(OSError):  # what is wrong with stdout must not hide the sentence
        sys.stdout.flush()
    message = message.strip()
    sys.stderr.write(message + "\n" if message.startswith("error:") else f"error: {message}\n")
    return code
