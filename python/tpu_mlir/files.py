"""Output files that appear whole or not at all: written beside their final place, then renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from .errors import UserError, os_error


@contextlib.contextmanager
def atomic_path(path: Path | str) -> Iterator[Path]:
    """A temporary path in `path`'s folder; it becomes `path` when the block ends well, and is removed otherwise."""
    path = Path(path)
    require_folder(path)
    temporary = _temporary(path.parent, path.name, path.suffix)
    try:
        temporary.touch(0o600, exist_ok=False)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise os_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def staging(folder: Path | str) -> Iterator[Path]:
    """A temporary folder inside `folder` whose files move there together when the block ends well."""
    folder = Path(folder)
    require_folder(folder / "x")
    stage = _temporary(folder, "tpu_mlir")
    try:
        stage.mkdir(0o700)
        yield stage
        for file in sorted(stage.iterdir()):
            file.replace(folder / file.name)
    except OSError as error:
        raise os_error(error, folder) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _temporary(folder: Path, name: str, suffix: str = "") -> Path:
    """A hidden path that nothing has; known before it is made, so that an interruption can remove it."""
    return folder / f".{name}.{os.getpid()}-{secrets.token_hex(4)}{suffix}"


def write_text(path: Path | str, text: str) -> None:
    with atomic_path(path) as temporary:
        # Names of files need not be UTF-8; the text is.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_bytes(path: Path | str, data: bytes) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def require_folder(path: Path) -> None:
    """UserError unless the folder that is to hold `path` exists and can be written to."""
    if not path.parent.is_dir():
        raise UserError(f"cannot write '{path}': the folder '{path.parent}' does not exist")
    if path.is_dir():
        raise UserError(f"cannot write '{path}': it is a folder")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"cannot write '{path}': the folder '{path.parent}' is not writable")


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
