"""How the domain says no: to a parent (a rule), to a town (its file of activities)."""

from dataclasses import dataclass


class RegleViolee(Exception):
    """A rule refuses: a code for programs, a French sentence for the parent, the field at fault if any."""

    def __init__(self, code: str, message: str, champ: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.champ = champ


@dataclass(frozen=True, slots=True)
class ErreurDocument:
    """One fault of a town's file: where (table, key) and why, in French."""

    table: str
    cle: str
    raison: str

    def __str__(self) -> str:
        return f"{self.table}, {self.cle} : {self.raison}" if self.cle else f"{self.table} : {self.raison}"


class DocumentInvalide(Exception):
    """A town's file cannot be read. All its faults at once: correcting them one import at a time wears people out."""

    def __init__(self, erreurs: tuple[ErreurDocument, ...]) -> None:
        super().__init__("\n".join(str(erreur) for erreur in erreurs))
        self.erreurs = erreurs
