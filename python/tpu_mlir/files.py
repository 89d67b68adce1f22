"""Output files that appear whole or not at all: written beside their final place, then renamed.

A link is followed to the file that it leads to, and a device or a pipe is written to, never replaced.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from .errors import UserError, os_error, uninterrupted


@contextlib.contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A temporary path; what was written to it becomes `path` when the block ends well, and is removed otherwise."""
    path = Path(path)
    require_folder(path)
    real = real_file(path)
    folder = Path(tempfile.gettempdir()) if real is None else real.parent
    temporary = _temporary(folder, path.name, path.suffix)
    try:
        temporary.touch(0o600, exist_ok=False)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        move(temporary, path)
    except OSError as error:
        raise os_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def private_folder(beside: Path | str) -> Iterator[Path]:
    """A new folder inside `beside` that no other run knows; it is removed with all that is left in it."""
    beside = Path(beside)
    require_folder(beside / "x")
    folder = _temporary(beside, "tpu_mlir")
    try:
        folder.mkdir(0o700)
        yield folder
    except OSError as error:
        raise os_error(error, beside) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def staging(folder: Path | str) -> Iterator[Path]:
    """A private folder inside `folder` whose files move there together when the block ends well."""
    folder = Path(folder)
    with private_folder(folder) as stage:
        yield stage
        publish((file, folder / file.name) for file in sorted(stage.iterdir()))


def publish(moves: Iterable[tuple[Path, Path]]) -> None:
    """Moves every file to its final path; an interruption waits until all are there, and so does another run."""
    listed = list(moves)
    with uninterrupted(), _one_at_a_time({target.parent for _, target in listed}):
        for source, target in listed:
            move(source, target)


def move(source: Path, target: Path) -> None:
    """`source` becomes `target`, or the file that the link `target` leads to; a device gets its content."""
    real = real_file(target)
    if real is None:
        with source.open("rb") as content, target.open("wb") as device:
            shutil.copyfileobj(content, device)
        source.unlink()
        return
    try:
        source.replace(real)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise os_error(error, target) from error
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
        source.unlink()


def real_file(path: Path) -> Path | None:
    """The file that writing `path` makes or replaces, behind all links; None where that is a device or a pipe."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path)) if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else None


def write_text(path: Path | str, text: str) -> None:
    with atomic_path(path) as temporary:
        # Names of files need not be UTF-8; the text is.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def write_bytes(path: Path | str, data: bytes) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def require_folder(path: Path) -> None:
    """UserError unless `path` can be written: its folder (a link's: its target's) exists and may be written to."""
    try:
        real = real_file(path)
    except OSError as error:
        raise UserError(f"cannot write '{path}': {(error.strerror or str(error)).lower()}") from error
    if real is None:
        if not os.access(path, os.W_OK):
            raise UserError(f"cannot write '{path}': permission denied")
        return
    folder = real.parent if path.is_symlink() else path.parent
    if not folder.is_dir():
        raise UserError(f"cannot write '{path}': the folder '{folder}' does not exist")
    if real.is_dir():
        raise UserError(f"cannot write '{path}': it is a folder")
    if not os.access(folder, os.W_OK):
        raise UserError(f"cannot write '{path}': the folder '{folder}' is not writable")


def _temporary(folder: Path, name: str, suffix: str = "") -> Path:
    """A hidden path that nothing has; known before it is made, so that an interruption can remove it."""
    unique = f"{os.getpid()}-{secrets.token_hex(4)}"
    longest = 255 - len(f"..{unique}{suffix}".encode())
    while len(name.encode(errors="surrogateescape")) > longest:
        name = name[: max(1, len(name) - 8)]
    return folder / f".{name}.{unique}{suffix}"


@contextlib.contextmanager
def _one_at_a_time(folders: Iterable[Path]) -> Iterator[None]:
    """Two runs that publish into one folder do so one after the other, so that no set of files is a mixture.

    A run that holds its lock for seconds was stopped in the middle: nobody waits for it any longer.
    """
    import fcntl

    with contextlib.ExitStack() as stack:
        for folder in sorted(folders):
            with contextlib.suppress(OSError):  # some file systems have no locks
                descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
                stack.callback(os.close, descriptor)
                for _ in range(500):
                    try:
                        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        time.sleep(0.01)
        yield


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
