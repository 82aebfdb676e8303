"""One row takes the place of another, everywhere: the machinery of merges, read from the schema.

Every foreign key of the database that leads to the row that goes is followed, so that a table added later is moved
without being thought of. What a unique constraint refuses has a declared treatment (services/doublons); a constraint
nobody decided about stops the merge. Each change is kept as it was and as it became: undoing replays them backwards.
"""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Date, Index, LargeBinary, Table, UniqueConstraint, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.base import Base, Instant

TABLES = Base.metadata.tables
Ligne = Mapping[str, Any]
MODIFIER, SUPPRIMER, AJOUTER = "modifier", "supprimer", "ajouter"
LOGIN = frozenset(
    {
        "session_compte",
        "jeton_compte",
        "acceptation_conditions",
        "cle_acces",
        "second_facteur",
        "code_secours",
        "role_agent",
    }
)
"""What makes a login: it stays with the compte that is closed, and comes back with it."""
LAISSEES: dict[str, frozenset[str]] = {
    "compte": LOGIN,
    # A compte is one person's: services/fusions says which one stays.
    "personne": frozenset({"session_compte", "compte"}),
    "foyer": frozenset({"session_compte"}),
    # Encrypted for its own row: services/fusions writes it anew.
    "enfant": frozenset({"sante"}),
}
"""References that do not follow, by the table they lead to."""


@dataclass(frozen=True, slots=True)
class Geste:
    """One row changed, removed or added. `avant` and `apres`: the columns at stake (all of them when it is removed).
    `temoin`: the row that took its place; undoing is refused once that one has changed."""

    table: str
    action: str
    cle: dict[str, Any]
    avant: dict[str, Any] = field(default_factory=dict)
    apres: dict[str, Any] = field(default_factory=dict)
    temoin: dict[str, Any] | None = None

    def en_document(self) -> dict[str, Any]:
        table = TABLES[self.table]
        return {
            "t": self.table,
            "g": self.action,
            "c": _ecrire(table, self.cle),
            "a": _ecrire(table, self.avant),
            "p": _ecrire(table, self.apres),
            **({"w": _ecrire(table, self.temoin)} if self.temoin else {}),
        }

    @classmethod
    def lire(cls, document: Mapping[str, Any]) -> "Geste":
        table = TABLES[document["t"]]
        cle, avant, apres = (_lire(table, document[partie]) for partie in ("c", "a", "p"))
        temoin = _lire(table, document["w"]) if "w" in document else None
        return cls(document["t"], document["g"], cle, avant, apres, temoin)


@dataclass(frozen=True, slots=True)
class Conflit:
    """Both had it: what becomes of it is said by presentation/fusions, by table."""

    table: str
    details: Mapping[str, Any]


Traitement = Callable[["Plan", Table, Ligne, Ligne, dict[str, Any]], None]
"""Plan, table, the row that goes, the one in its way, the columns that would have changed."""
Voisinage = Callable[["Plan", Table, Ligne, dict[str, Any]], bool]
"""A row that no constraint stops, but that says the same as one that is there already: True, it was dealt with."""


class Plan:
    """What a merge would do: the database is read, nothing is written."""

    def __init__(
        self,
        session: Session,
        maintenant: datetime,
        traitements: Mapping[str, Traitement],
        voisinages: Mapping[str, Voisinage],
    ) -> None:
        self.session, self.maintenant = session, maintenant
        self._traitements, self._voisinages = traitements, voisinages
        self.gestes: list[Geste] = []
        self.conflits: list[Conflit] = []
        self.deplaces: Counter[str] = Counter()
        self._parties: set[tuple[Any, ...]] = set()
        self._changees: dict[tuple[Any, ...], dict[str, Any]] = {}

    def reunir(self, table: Table, fondu: int, garde: int) -> None:
        """Everything that refers to `fondu` is to refer to `garde`."""
        laissees = LAISSEES.get(table.name, frozenset())
        for autre in Base.metadata.sorted_tables:
            colonnes = _references(autre, table)
            if not colonnes or autre.name in laissees:
                continue
            for ligne in self.lignes(autre, or_(*(colonne == fondu for colonne in colonnes))):
                self._deplacer(autre, ligne, {c.name: garde for c in colonnes if ligne[c.name] == fondu})

    def lignes(self, table: Table, condition: ColumnElement[bool]) -> list[Ligne]:
        """Rows as the plan leaves them so far; those found are those of the database."""
        requete = select(table).where(condition).order_by(*table.primary_key.columns)
        lues = [dict(ligne) for ligne in self.session.execute(requete).mappings()]
        return [
            ligne | self._changees.get(_nom(table, ligne), {})
            for ligne in lues
            if _nom(table, ligne) not in self._parties
        ]

    def modifier(self, table: Table, ligne: Ligne, apres: Mapping[str, Any]) -> None:
        """These columns of this row, unless they hold it already."""
        changees = {nom: valeur for nom, valeur in apres.items() if ligne[nom] != valeur}
        if changees:
            avant = {nom: ligne[nom] for nom in changees}
            self._changees.setdefault(_nom(table, ligne), {}).update(changees)
            self.gestes.append(Geste(table.name, MODIFIER, _cle(table, ligne), avant, changees))

    def supprimer(self, table: Table, ligne: Ligne, remplacante: Ligne | None, temoin: tuple[str, ...] = ()) -> None:
        """The row goes; what refers to it refers to the other one. `temoin`: columns of that one to watch."""
        cles = list(table.primary_key.columns)
        if remplacante is not None and [c.name for c in cles] == ["id"]:
            self.reunir(table, ligne["id"], remplacante["id"])
        surveillee = None
        if remplacante is not None and temoin:
            surveillee = _cle(table, remplacante) | {nom: remplacante[nom] for nom in temoin}
        self._parties.add(_nom(table, ligne))
        self.gestes.append(Geste(table.name, SUPPRIMER, _cle(table, ligne), dict(ligne), temoin=surveillee))

    def ajouter(self, table: Table, ligne: Ligne) -> None:
        """A row that nobody may have changed when it goes again."""
        self.gestes.append(Geste(table.name, AJOUTER, _cle(table, ligne), apres=dict(ligne), temoin=dict(ligne)))

    def noter(self, table: Table, **details: Any) -> None:
        self.conflits.append(Conflit(table.name, details))

    def deplacer_sans_conflit(self, table: Table, ligne: Ligne, apres: Mapping[str, Any]) -> None:
        self.deplaces[table.name] += 1
        self.modifier(table, ligne, apres)

    def _deplacer(self, table: Table, ligne: Ligne, apres: dict[str, Any]) -> None:
        if _nom(table, ligne) in self._parties:
            return
        if table.name in self._voisinages and self._voisinages[table.name](self, table, ligne, apres):
            return
        existante = self._existante(table, ligne, apres)
        if existante is None:
            self.deplacer_sans_conflit(table, ligne, apres)
        elif table.name in self._traitements:
            self._traitements[table.name](self, table, ligne, existante, apres)
        else:
            raise RegleViolee(
                "conflit_inconnu",
                f"Les deux fiches ont la même chose ({table.name})\u00a0: la fusion n’est pas possible.",
            )

    def _existante(self, table: Table, ligne: Ligne, apres: Mapping[str, Any]) -> Ligne | None:
        """The row that a unique constraint would set against this one."""
        voulue = dict(ligne) | dict(apres)
        elle = and_(*(c == ligne[c.name] for c in table.primary_key.columns))
        for colonnes, ou in contraintes_uniques(table):
            if not apres.keys() & {c.name for c in colonnes} or any(voulue[c.name] is None for c in colonnes):
                continue
            conditions = [*(c == voulue[c.name] for c in colonnes), ~elle]
            if ou is not None:
                if not self.lignes(table, and_(elle, ou)):
                    continue
                conditions.append(ou)
            trouvees = self.lignes(table, and_(*conditions))
            if trouvees:
                return trouvees[0]
        return None


def contraintes_uniques(table: Table) -> Iterator[tuple[list[Column[Any]], ColumnElement[bool] | None]]:
    """Columns of each, and the condition of a partial one."""
    yield list(table.primary_key.columns), None
    for contrainte in table.constraints:
        if isinstance(contrainte, UniqueConstraint):
            yield list(contrainte.columns), None
    for index in sorted(table.indexes, key=lambda i: str(i.name)):
        if index.unique:
            yield list(index.columns), _condition(index)


def executer(session: Session, gestes: list[Geste]) -> None:
    """In this order. Rows are written past the identity map: the caller expires what it holds."""
    session.flush()
    for geste in gestes:
        _faire(session, geste)
    session.expire_all()


def defaire(session: Session, gestes: list[Geste]) -> None:
    """Backwards. What somebody has changed or removed since stays as it is; raises `RegleViolee` when a row can no
    longer come back."""
    session.flush()
    for geste in reversed(gestes):
        if geste.temoin is not None and not _est_la(session, TABLES[geste.table], geste.temoin):
            raise RegleViolee("change_depuis", _CHANGE)
        try:
            with session.begin_nested():
                _defaire(session, geste)
        except IntegrityError as erreur:
            raise RegleViolee("change_depuis", _CHANGE) from erreur
    session.expire_all()


_CHANGE = (
    "Trop de choses ont changé depuis la fusion\u00a0: un jour réservé par les deux a été modifié, ou une fiche "
    "n’existe plus. Elle ne s’annule plus."
)


def _faire(session: Session, geste: Geste) -> None:
    table = TABLES[geste.table]
    ou = and_(*(table.c[nom] == valeur for nom, valeur in geste.cle.items()))
    if geste.action == MODIFIER:
        session.execute(table.update().where(ou).values(**geste.apres))
    elif geste.action == SUPPRIMER:
        session.execute(table.delete().where(ou))
    else:
        session.execute(table.insert().values(**geste.apres))


def _defaire(session: Session, geste: Geste) -> None:
    table = TABLES[geste.table]
    cle = {nom: geste.apres.get(nom, valeur) for nom, valeur in geste.cle.items()}
    ou = and_(*(table.c[nom] == valeur for nom, valeur in cle.items()))
    if geste.action == SUPPRIMER:
        session.execute(table.insert().values(**geste.avant))
    elif geste.action == AJOUTER:
        session.execute(table.delete().where(ou))
    else:
        actuelle = session.execute(select(table).where(ou)).mappings().one_or_none()
        if actuelle is None:
            return
        encore = {nom: v for nom, v in geste.avant.items() if actuelle[nom] == geste.apres[nom]}
        if encore:
            session.execute(table.update().where(ou).values(**encore))


def _est_la(session: Session, table: Table, attendue: Ligne) -> bool:
    ou = and_(*(table.c[nom] == valeur for nom, valeur in attendue.items()))
    return bool(session.scalar(select(func.count()).select_from(table).where(ou)))


def _references(autre: Table, table: Table) -> list[Column[Any]]:
    trouvees = {cle.parent.name: cle.parent for cle in autre.foreign_keys if cle.column.table is table}
    return [trouvees[nom] for nom in sorted(trouvees)]


def _cle(table: Table, ligne: Ligne) -> dict[str, Any]:
    return {c.name: ligne[c.name] for c in table.primary_key.columns}


def _nom(table: Table, ligne: Ligne) -> tuple[Any, ...]:
    return (table.name, *_cle(table, ligne).values())


def _condition(index: Index) -> ColumnElement[bool] | None:
    condition: ColumnElement[bool] | None = index.dialect_options["sqlite"]["where"]
    return condition


def _ecrire(table: Table, valeurs: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON holds it."""
    return {nom: _en_json(valeur) for nom, valeur in valeurs.items() if nom in table.c}


def _en_json(valeur: Any) -> Any:
    if isinstance(valeur, bytes | memoryview):
        return b64encode(bytes(valeur)).decode()
    return valeur.isoformat() if isinstance(valeur, date | datetime) else valeur


def _lire(table: Table, valeurs: Mapping[str, Any]) -> dict[str, Any]:
    """A column that a later version has removed is left aside."""
    return {nom: _de_json(table.c[nom], valeur) for nom, valeur in valeurs.items() if nom in table.c}


def _de_json(colonne: Column[Any], valeur: Any) -> Any:
    if valeur is None:
        return None
    if isinstance(colonne.type, Instant):
        return datetime.fromisoformat(valeur)
    if isinstance(colonne.type, Date):
        return date.fromisoformat(valeur)
    return b64decode(valeur) if isinstance(colonne.type, LargeBinary) else valeur
