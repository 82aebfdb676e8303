"""The form of an événement, as the desk fills it."""

from collections.abc import Collection

from werkzeug.datastructures import MultiDict

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.evenements import LIBELLES, GenreEvenement, Portee
from portail_famille.forms.demarches.champs import lire_date_tapee
from portail_famille.services.evenements import SaisieEvenement, jours_entre
from portail_famille.services.regles import Regles

MOTIF_MAXIMUM, MESSAGE_MAXIMUM = 200, 1000


def lire_evenement(saisie: MultiDict[str, str], regles: Regles, permises: frozenset[str] | None) -> SaisieEvenement:
    """What was typed; `permises`: structures of the agent, None for all. Raises `RegleViolee` with the field."""
    genre = saisie.get("genre", "")
    if genre not in tuple(GenreEvenement):
        raise RegleViolee("genre_absent", "Choisissez ce qui se passe.", "genre")
    du, au = lire_date_tapee(saisie.get("du", "")), lire_date_tapee(saisie.get("au", ""))
    if du is None:
        raise RegleViolee("date_absente", "Écrivez la date, par exemple 07/12/2026.", "du")
    if saisie.get("au") and au is None:
        raise RegleViolee("date_illisible", "Écrivez la date, par exemple 07/12/2026.", "au")
    fin = au or du
    if (fin - du).days > 1000:
        raise RegleViolee("trop_long", "Vérifiez l’année\u00a0: ces deux dates sont très éloignées.", "au")
    motif = saisie.get("motif", "").strip()[:MOTIF_MAXIMUM]
    connu = GenreEvenement(genre)
    return SaisieEvenement(
        connu,
        motif or ("" if connu is GenreEvenement.AUTRE else LIBELLES[connu]),
        saisie.get("message", "").strip()[:MESSAGE_MAXIMUM],
        Portee(
            jours_entre(du, fin),
            _parmi(saisie, "structures", regles.catalogue.structures),
            _parmi(saisie, "unites", regles.catalogue.unites),
            frozenset(classe[:40] for classe in saisie.getlist("classes") if classe),
        ),
        saisie.get("ferme") == "oui",
        permises,
    )


def _parmi(saisie: MultiDict[str, str], champ: str, connus: Collection[str]) -> frozenset[str]:
    """Raises `RegleViolee`: a code forgotten would widen what is cancelled to everything."""
    codes = frozenset(saisie.getlist(champ))
    if not codes <= set(connus):
        raise RegleViolee("code_inconnu", "Un de ces choix n’existe plus\u00a0: choisissez à nouveau.", champ)
    return codes
