"""What the double answers instead of running a statement: an error with Redshift's SQL state, message and detail."""

from __future__ import annotations

from dataclasses import dataclass

SYNTAX_ERROR = "42601"
NOT_SUPPORTED = "0A000"
INTERNAL_ERROR = "XX000"


@dataclass(frozen=True)
class Refused(Exception):
    """A statement that Redshift refuses, or that the double does not know."""

    message: str
    state: str = NOT_SUPPORTED
    detail: str = ""

    def as_statement(self) -> str:
        """A statement with which PostgreSQL raises this error."""
        fields = {"message": self.message, "errcode": self.state, "detail": self.detail}
        given = ", ".join(f"{name.upper()} = {_literal(value)}" for name, value in fields.items() if value)
        return f"DO $redshift$ BEGIN RAISE EXCEPTION USING {given}; END $redshift$"


def unknown(what: str) -> Refused:
    """The refusal of something for which no rule of Redshift's documentation was written down yet."""
    return Refused(f"the double of Redshift has no rule for {what}; look it up and add one")


def spectrum_error(context: str) -> Refused:
    """A COPY that failed while a file was read, as Redshift words it."""
    return Refused(
        "Spectrum Scan Error",
        INTERNAL_ERROR,
        "\n".join(
            (
                "",
                "  -----------------------------------------------",
                "  error:  Spectrum Scan Error",
                "  code:      15007",
                f"  context:   {context}",
                "  -----------------------------------------------",
            )
        ),
    )


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
