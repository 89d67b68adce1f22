"""How the tools report trouble: a user's mistake is one sentence, our mistake a trace, and the exit code tells which.

Exit codes: 0 done, 1 the user must change something (argument errors too), 2 a comparison fell below its floor,
70 a bug of ours, 130 interrupted (Ctrl-C), 143 terminated.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import io
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from .threads import wait_asleep

EXIT_OK = 0
EXIT_USER = 1
EXIT_COMPARE = 2
EXIT_BUG = 70
EXIT_SIGNAL = 128  # and the number of the signal, as shells say it


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
        _hold_streams()
        wait_asleep()
        with _stoppable() as signals, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what libraries think of a file is no sentence of ours
            try:
                code = _finish(main(argv) or EXIT_OK)
                signals.matter = False
                return code
            except BaseException as error:
                signals.matter = False
                # Libraries wrap what interrupts their imports into errors of their own.
                if signals.came or isinstance(error, KeyboardInterrupt):
                    number = signals.came[0] if signals.came else int(signal.SIGINT)
                    return _report("interrupted; no file was left half-written", EXIT_SIGNAL + number)
                if isinstance(error, SystemExit):  # after --help
                    return _finish(error.code if isinstance(error.code, int) else EXIT_OK)
                if not isinstance(error, Exception):
                    raise
                return _explain(error)

    return wrapped


# Seconds until an interruption that came at a bad moment, or was lost, is tried again.
_AGAIN = 0.002


@dataclass
class _Signals:
    """Those that came, and whether they still interrupt: once all is written or removed, they come too late."""

    came: list[int] = field(default_factory=list)
    matter: bool = True


@contextlib.contextmanager
def _stoppable() -> Iterator[_Signals]:
    """SIGTERM interrupts as SIGINT does, so that unfinished files are removed."""
    signals = _Signals()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not signals.matter:
            return
        if number != signal.SIGALRM:
            signals.came.append(number)
        # Python drops what is raised in a destructor: look again soon.
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        # Extension modules that are interrupted while they start may crash, and a second signal must not break the
        # cleaning up after the first.
        if not _is_importing(frame) and not _is_unwinding():
            raise KeyboardInterrupt

    def unraisable(report: sys.UnraisableHookArgs) -> None:
        if not signals.came:  # destructors of what was interrupted have nothing to tell
            before_hook(report)

    if threading.current_thread() is not threading.main_thread():
        yield signals
        return
    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, interrupt) for number in [*numbers, signal.SIGALRM]}
    before_hook, sys.unraisablehook = sys.unraisablehook, unraisable
    try:
        yield signals
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)
        if not signals.came:
            sys.unraisablehook = before_hook


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Signals wait until the block ends: for steps that belong together, and are short."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [n for n in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM) if signal.getsignal(n) is not None]
    before = {number: signal.signal(number, lambda n, _: came.append(n)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in came:
            if before[signal.Signals(late)] != signal.SIG_IGN:
                os.kill(os.getpid(), late)


def _is_unwinding() -> bool:
    """Whether the interrupted code is cleaning up after an interruption."""
    error = sys.exc_info()[1]
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _finish(code: int) -> int:
    """`code`, unless what was printed cannot be written."""
    try:
        _flush_output()
    except Exception as error:
        return _explain(error)
    return code


def _explain(error: Exception) -> int:
    """Says what is wrong and returns the exit code."""
    if isinstance(error, UserError):
        return _report(str(error), error.exit_code)
    if isinstance(error, BrokenPipeError):
        # The reader of our output went away (`... | head`); keep the interpreter's own flush at exit quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    if isinstance(error, MemoryError):
        why = str(error).replace("std::bad_alloc", "this machine has less than the model needs")
        return _report(f"out of memory: {why}" if why else "out of memory", EXIT_USER)
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("tpu_mlir"):
        return _report(_missing_package(error.name or str(error)), EXIT_USER)
    if isinstance(error, OSError):
        return _report(str(os_error(error)), EXIT_USER)
    if is_core_error(error):
        return _report(str(error), EXIT_USER)
    import traceback

    traceback.print_exception(error)
    return _report(f"internal error ({type(error).__name__}); this is a bug of ours, please report it", EXIT_BUG)


def is_core_error(error: BaseException) -> bool:
    """Whether `error` is the compiled module's sentence about the user's model; known by name, to need no import."""
    return any(cls.__name__ == "MLIRError" for cls in type(error).__mro__)


def _report(message: str, code: int) -> int:
    try:  # what is wrong with stdout must not hide the sentence
        sys.stdout.flush()
    except OSError:
        _drop_output()
    message = shortened(message.strip())
    with contextlib.suppress(OSError):  # nobody reads standard error; the exit code still tells
        sys.stderr.write(message + "\n" if message.startswith("error:") else f"error: {message}\n")
        sys.stderr.flush()
    return code


def shortened(sentence: str) -> str:
    """The sentence with words of hundreds of characters cut in the middle: names come from the user's file."""

    def cut(word: re.Match[str]) -> str:
        return f"{word[0][:100]}...({len(word[0])} characters)...{word[0][-40:]}"

    return re.sub(r"\S{301,}", cut, sentence)


def _missing_package(name: str) -> str:
    """A sentence for a package that the running Python lacks, and for why it may be the wrong Python."""
    venv = Path(__file__).resolve().parents[2] / ".venv" / "bin" / "python3"
    unusable = venv.is_symlink() and not os.access(venv, os.X_OK)
    why = f": '{venv}' is a link to a Python that this user may not run" if unusable else ""
    todo = "run ./build.sh as this user" if unusable else "run ./build.sh and then 'source envsetup.sh'"
    return f"the Python package '{name}' is not there for {sys.executable}{why}; {todo}"


def _hold_streams() -> None:
    """Makes all three standard streams exist: printing to one that is closed fails, instead of hitting some file."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # Opened the wrong way round; open() takes the lowest number that is free.
            os.open(os.devnull, os.O_WRONLY if number == 0 else os.O_RDONLY)
    sys.stdout = sys.stdout or _Closed()
    sys.stderr = sys.stderr or _Closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # paths and names need not be what the terminal can show
            stream.reconfigure(errors="backslashreplace")


class _Closed(io.TextIOBase):
    """Stands for a stream that was closed before we began: the work is done all the same, and then it is said."""

    was_used = False

    def write(self, text: str) -> int:
        self.was_used = True
        return len(text)


def _flush_output() -> None:
    """UserError where what was printed cannot have arrived."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise UserError(f"cannot write to standard output: {(error.strerror or str(error)).lower()}") from error
    if isinstance(sys.stdout, _Closed) and sys.stdout.was_used:
        raise UserError("cannot write to standard output: it is closed")


def _drop_output() -> None:
    """Lets what could not be printed go, so that the interpreter does not try again when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
