"""Why a landing file is refused."""

from __future__ import annotations


class FileFault(Exception):
    """Why a landing file is refused, in words for a person. Whoever reads a file catches it and names the file.

    The text has a place for each of the `quoted` pieces of the file's content, as `str.format` has them: where the
    content may not be shown, the reason is given without them.
    """

    def __init__(self, text: str, *quoted: str) -> None:
        super().__init__(text, *quoted)
        self.text = text
        self.quoted = quoted

    def reason(self, *, is_discreet: bool) -> str:
        """The whole reason; a discreet one quotes nothing of the file's content."""
        if not self.quoted:
            return self.text
        return self.text.format(*([_Hidden()] * len(self.quoted) if is_discreet else self.quoted))


class _Hidden:
    """Stands where content is not shown."""

    def __repr__(self) -> str:
        return "(not shown)"
