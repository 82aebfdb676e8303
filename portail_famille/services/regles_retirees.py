"""The rules in force, those of an older document, and those of what the town has withdrawn since: a summer club dropped
from the file in September is still billed for August, by the last document that knew it."""

from dataclasses import replace
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.catalogue import Catalogue, lire_catalogue
from portail_famille.models.activites import Activite, Structure, Unite, VersionCatalogue
from portail_famille.services.regles import Regles

_T = TypeVar("_T")


def completer_regles(session: Session, regles: Regles, unites: set[int]) -> Regles:
    """The same when every one of these units is still in force; else with what older documents say of the others."""
    if unites <= regles.unites.keys():
        return regles
    codes = {id_: code for id_, code in _codes(session, Unite).items() if id_ in unites}
    return _avec(session, regles, _completer(session, regles.catalogue, set(codes.values())))


def regles_de_la_version(session: Session, regles: Regles, version: int) -> Regles | None:
    """Those of an older document: what was billed by it is priced again by it. None when it is not kept."""
    ligne = session.get(VersionCatalogue, version)
    if ligne is None:
        return None
    anciennes = _avec(session, regles, lire_catalogue(ligne.document))
    return replace(anciennes, versions=(version, *regles.versions[1:]))


def _avec(session: Session, regles: Regles, catalogue: Catalogue) -> Regles:
    """The same calendar and événements, another document, and the ids of all that it names."""
    unites_connues = _garder(_codes(session, Unite), catalogue.unites)
    activites = _garder(_codes(session, Activite), catalogue.activites)
    structures = _garder(_codes(session, Structure), catalogue.structures)
    return replace(
        regles,
        catalogue=catalogue,
        unites=unites_connues,
        activites=activites,
        structures=structures,
        unite_ids={code: id_ for id_, code in unites_connues.items()},
        activite_ids={code: id_ for id_, code in activites.items()},
        structure_ids={code: id_ for id_, code in structures.items()},
        _memoire={},
    )


def _completer(session: Session, catalogue: Catalogue, codes: set[str]) -> Catalogue:
    """What is in force always wins; then the latest document."""
    versions = session.scalars(select(VersionCatalogue.version).order_by(VersionCatalogue.version.desc())).all()
    for version in versions[1:]:
        if codes <= catalogue.unites.keys():
            break
        ancien = lire_catalogue(session.get_one(VersionCatalogue, version).document)
        if codes & ancien.unites.keys() - catalogue.unites.keys():
            catalogue = replace(
                catalogue,
                structures={**ancien.structures, **catalogue.structures},
                activites={**ancien.activites, **catalogue.activites},
                unites={**ancien.unites, **catalogue.unites},
                tarifs={**ancien.tarifs, **catalogue.tarifs},
            )
    return catalogue


def _codes(session: Session, table: type[Unite] | type[Activite] | type[Structure]) -> dict[int, str]:
    return {ligne.id: ligne.code for ligne in session.execute(select(table.id, table.code))}


def _garder(codes: dict[int, str], connus: dict[str, _T]) -> dict[int, str]:
    return {id_: code for id_, code in codes.items() if code in connus}
