"""A blob with a model in it, as an engine reads it: itself, or what was made of it."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from puna.core.errors import DamagedModel
from puna.formats.gguf import Metadata
from puna.library.digest import Digest

if TYPE_CHECKING:
    from puna.library.layouts.file import Progress
    from puna.library.layouts.table import Translation
    from puna.library.layouts.translations import Translations


class Readable:
    """A GGUF file that may be in Ollama's layout. What is made of it is made when it is first asked for.

    `translations` is None for a file that never needs one.
    """

    def __init__(self, blob: Path, translations: "Translations | None") -> None:
        self.blob = blob
        self._translations = translations
        self._seen = False

    @property
    def digest(self) -> Digest:
        """The blob's digest."""
        return Digest.parse(self.blob.name)

    @cached_property
    def translation(self) -> "Translation | None":
        """What has to be changed; None where nothing has to, or where the file can't be read at all."""
        if self._translations is None or not self._sound:
            return None
        from puna.library.layouts.table import translation  # most models are read without it

        return translation(self._header)

    @property
    def metadata(self) -> Metadata:
        """The header as the engine sees it, before anything is made. Raises DamagedModel."""
        return self.translation.weights.metadata if self.translation else self._header

    @property
    def projector_metadata(self) -> Metadata | None:
        """The header of the projector in the file, None where there is none."""
        projector = self.translation.projector if self.translation else None
        return projector.metadata if projector else None

    @property
    def path(self) -> Path:
        """The file that the engine reads. Raises UnknownLayout, DamagedModel, StoreFailed."""
        if not self.translation:
            return self._known
        from puna.library.layouts.translations import MODEL

        return self.prepare() / MODEL

    @property
    def projector(self) -> Path | None:
        """The file of the projector; None where the file has none. Raises as `path` does."""
        if not self.translation or not self.translation.projector:
            return None
        from puna.library.layouts.translations import PROJECTOR

        return self.prepare() / PROJECTOR

    @property
    def missing(self) -> int:
        """About how many bytes have to be written before an engine can read it; 0 where all is there."""
        translation = self.translation
        if translation is None or self._made:
            return 0
        from puna.library.layouts.file import size

        return size(translation.weights) + (size(translation.projector) if translation.projector else 0)

    def prepare(self, progress: "Progress" = lambda size: None) -> Path:
        """Make what is missing, and return the folder of what was made. `progress` gets the bytes each time."""
        assert self.translation
        assert self._translations
        if not self._made:
            self._translations.make(self.blob.name, self.translation, progress)
            self._seen = True
        return self._translations.path(self.blob.name)

    @property
    def _known(self) -> Path:
        if self._translations is not None and self._sound:
            from puna.library.layouts.table import require_known

            require_known(self._header)
        return self.blob

    @property
    def _made(self) -> bool:
        """Whether all is there. What was there once stays as long as its blob."""
        assert self._translations
        self._seen = self._seen or self._translations.has(self.blob.name)
        return self._seen

    @property
    def _sound(self) -> bool:
        try:
            return bool(self._header)
        except (DamagedModel, OSError):
            return False

    @cached_property
    def _header(self) -> Metadata:
        return Metadata.read(self.blob)
