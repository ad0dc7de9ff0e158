"""Writing a whole file so that a reader sees the old one or the new one, never a part."""

import os
import tempfile
from pathlib import Path

from sightline.core.errors import BadConfig


def write_atomically(path: Path, text: str, *, mode: int = 0o644) -> None:
    """Replace the file at path by text (UTF-8, newlines as given); as ``write_bytes_atomically``."""
    write_bytes_atomically(path, text.encode("utf-8"), mode=mode)


def write_bytes_atomically(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace the file at path; makes its folder. BadConfig where that is refused.

    mode: permissions of the file; results are for everyone the folder is for.

    The bytes go to a new file in the same folder, reach the disk, and take the name in one step (POSIX rename).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(mode)  # mkstemp makes files that only their owner may read
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)  # gone already where it took the name


def unwritable(path: Path, error: OSError) -> BadConfig:
    """The error for a file that cannot be written, with the system's reason."""
    return BadConfig("output", str(path), f"a file that can be written ({error.strerror or type(error).__name__})")
