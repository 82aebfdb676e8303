"""A family's file in words: summary lists, forms, requests that wait for an agent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from portail_famille.domain.demarches import OUVERTS, Cote, EtatDemarche
from portail_famille.domain.fiches import CIVILITES, PAR_CODE, Champ, Regime
from portail_famille.domain.horloge import PARIS
from portail_famille.models.demarches import Demarche
from portail_famille.presentation.formats import date_courte, telephone
from portail_famille.services.fiches import Ecart, Fiche

RIEN = "Pas renseigné"
FACULTATIF = " (facultatif)"
_MODIFIABLES = (Regime.DIRECT, Regime.DEMANDE)
# WHATWG autofill: what lets a phone fill the form in by itself (RGAA 11.13). Never for a child.
_REMPLISSAGE = {
    "personne.civilite": "honorific-prefix",
    "personne.prenom": "given-name",
    "personne.nom": "family-name",
    "personne.telephone": "mobile tel",
    "personne.telephone_domicile": "home tel",
    "personne.telephone_travail": "work tel",
    "foyer.adresse": "address-line1",
    "foyer.code_postal": "postal-code",
    "foyer.ville": "address-level2",
}
_AIDE_DEMANDE = "Un agent vérifie ce changement avant qu’il soit fait."


@dataclass(frozen=True, slots=True)
class LigneFiche:
    """A field in a summary list; `attente` is what was asked and waits for an agent."""

    libelle: str
    valeur: str
    attente: str = ""


@dataclass(frozen=True, slots=True)
class DemandeVue:
    """A request on a file: waiting, or refused with its reason."""

    numero: str
    quand: str
    lignes: tuple[tuple[str, str], ...]
    peut_retirer: bool
    motif: str = ""


@dataclass(frozen=True, slots=True)
class ChampVu:
    """A field of a form. `choix` are the values of a radio group, empty for a text field."""

    nom: str
    libelle: str
    valeur: str
    aide: str = ""
    erreur: str = ""
    attributs: dict[str, str] = field(default_factory=dict)
    choix: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FormulaireFiche:
    """`figes`: what the page shows without letting it be changed, pending fields included."""

    empreinte: str
    champs: tuple[ChampVu, ...]
    figes: tuple[LigneFiche, ...]
    a_change: bool = False
    """Somebody else changed the file meanwhile."""

    @property
    def erreurs(self) -> dict[str, str]:
        """By the id of the field, for the summary on top: three telephones may be wrong for the same reason."""
        return {c.nom: f"{c.libelle.removesuffix(FACULTATIF)} – {c.erreur}" for c in self.champs if c.erreur}


def dire_valeur(champ: Champ, valeur: str) -> str:
    """As a reader expects it; "" when there is nothing."""
    if champ.genre == "telephone" and valeur:
        return telephone(valeur)
    if champ.genre == "date" and valeur:
        jour = date.fromisoformat(valeur)
        return f"{date_courte(jour)} {jour.year}"
    return valeur


def composer_fiche(fiche: Fiche, regimes: Mapping[str, Regime], demandes: Iterable[Demarche]) -> tuple[LigneFiche, ...]:
    """The summary list of a file: hidden fields are not in it."""
    attentes = _attentes(demandes)
    return tuple(
        _ligne(code, valeur, attentes) for code, valeur in fiche.valeurs.items() if regimes[code] is not Regime.CACHE
    )


def composer_formulaire(
    fiche: Fiche,
    regimes: Mapping[str, Regime],
    demandes: Iterable[Demarche],
    *,
    saisie: Mapping[str, str] | None = None,
    erreurs: Mapping[str | None, str] | None = None,
    ecarts: Iterable[Ecart] = (),
) -> FormulaireFiche:
    """The form of a file; `saisie` is what was typed, kept when it comes back.

    A field that waits for an agent is closed, unless it was typed in: the other parent asked first, and what one
    typed is neither lost nor refused in silence.
    """
    attentes = _attentes(demandes)
    changes = {ecart.code: ecart for ecart in ecarts}
    typees = saisie or {}
    ouverts = [c for c in fiche.valeurs if regimes[c] in _MODIFIABLES and (c in typees or c not in attentes)]
    return FormulaireFiche(
        empreinte=fiche.empreinte,
        champs=tuple(
            _champ(
                code,
                fiche.valeurs[code],
                _aide(regimes[code], attentes.get(code, "")),
                typees,
                erreurs or {},
                changes.get(code),
            )
            for code in ouverts
        ),
        figes=tuple(
            _ligne(code, valeur, attentes)
            for code, valeur in fiche.valeurs.items()
            if code not in ouverts and regimes[code] is not Regime.CACHE
        ),
        a_change=bool(changes),
    )


def composer_demandes(demarches: Iterable[Demarche], foyer_id: int) -> tuple[DemandeVue, ...]:
    """Requests as the family reads them; only the foyer that asked takes one back."""
    return tuple(
        DemandeVue(
            numero=d.numero,
            quand=date_courte(d.deposee_utc.astimezone(PARIS).date()),
            lignes=tuple((PAR_CODE[c].libelle, dire_valeur(PAR_CODE[c], str(v)) or "rien") for c, v in _contenu(d)),
            peut_retirer=d.foyer_id == foyer_id and EtatDemarche(d.etat) in OUVERTS,
            motif=d.motif,
        )
        for d in demarches
        # Why the child's other foyer was refused something is between it and the town hall.
        if not d.motif or d.foyer_id == foyer_id
    )


def _contenu(demarche: Demarche) -> list[tuple[str, object]]:
    """In the order of the fields, whatever the database made of the document; an unknown field is left out."""
    return [(code, demarche.contenu[code]) for code in PAR_CODE if code in demarche.contenu]


def _attentes(demandes: Iterable[Demarche]) -> dict[str, str]:
    return {
        code: dire_valeur(PAR_CODE[code], str(valeur)) or "rien"
        for demarche in demandes
        if EtatDemarche(demarche.etat) in OUVERTS
        for code, valeur in _contenu(demarche)
    }


def _ligne(code: str, valeur: str, attentes: Mapping[str, str]) -> LigneFiche:
    champ = PAR_CODE[code]
    return LigneFiche(champ.libelle, dire_valeur(champ, valeur) or RIEN, attentes.get(code, ""))


def _aide(regime: Regime, attente: str) -> str:
    if attente:
        return f"En attente d’un agent\u00a0: {attente}"
    return _AIDE_DEMANDE if regime is Regime.DEMANDE else ""


def _champ(
    code: str,
    actuel: str,
    aide: str,
    saisie: Mapping[str, str],
    erreurs: Mapping[str | None, str],
    ecart: Ecart | None,
) -> ChampVu:
    champ = PAR_CODE[code]
    # A field this form did not touch takes the value it has become: sending the old one again would undo it.
    garde = saisie.get(code) if ecart is None or ecart.est_touche else None
    valeur = garde if garde is not None else actuel if champ.genre == "date" else dire_valeur(champ, actuel)
    return ChampVu(
        nom=champ.colonne,
        libelle=champ.libelle if champ.est_obligatoire or champ.genre == "civilite" else f"{champ.libelle}{FACULTATIF}",
        valeur=valeur,
        aide=aide,
        erreur=erreurs.get(code, "") or (_dire_ecart(champ, ecart) if ecart else ""),
        attributs=_attributs(champ),
        choix=(*((c, c) for c in CIVILITES), ("", "Non précisé")) if champ.genre == "civilite" else (),
    )


def _dire_ecart(champ: Champ, ecart: Ecart) -> str:
    devenu = dire_valeur(champ, ecart.actuel)
    if ecart.est_soi:
        fait = f"«\u00a0{devenu}\u00a0»" if devenu else "rien"
        return f"Vous avez écrit {fait} sur un autre écran. Gardez ce qui est ici, ou remettez-le."
    auteur = ecart.qui or {Cote.FAMILLE: "L’autre parent"}.get(ecart.cote, "La mairie")
    fait = f"{auteur} vient d’écrire «\u00a0{devenu}\u00a0»." if devenu else f"{auteur} vient de vider ce champ."
    suite = "Gardez ce que vous avez écrit, ou reprenez sa version." if ecart.est_touche else "Vérifiez."
    return f"{fait} {suite}"


def _attributs(champ: Champ) -> dict[str, str]:
    attributs = {"type": "text", "autocomplete": _REMPLISSAGE.get(champ.code, "off"), "maxlength": str(champ.longueur)}
    if champ.genre == "telephone":
        attributs |= {"type": "tel", "inputmode": "tel", "maxlength": "30"}
    elif champ.genre == "date":
        attributs["type"] = "date"
        del attributs["maxlength"]
    elif champ.genre == "code_postal":
        attributs["autocapitalize"] = "characters"
    if champ.est_obligatoire:
        attributs["required"] = "required"
    return attributs
