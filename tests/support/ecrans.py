"""Every screen of the booking journey with invented view-models, rendered without an app nor a database.

`texte` goes into every field a town or a parent fills in: the same screens serve the tests of hostile text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portail_famille.presentation import formats
from portail_famille.presentation import vues as v
from portail_famille.presentation import vues_accueil as vh
from portail_famille.presentation import vues_agenda as va
from portail_famille.presentation import vues_reservations as vr
from portail_famille.presentation.changements import Changement
from portail_famille.presentation.demarches import DemarcheVue, EtapeVue, LigneHistorique
from portail_famille.presentation.tableau_de_bord import Rangee, Section
from portail_famille.presentation.typographie import TypographieFrancaise
from portail_famille.services.echanges import PieceJointe
from portail_famille.services.historique import Filtre
from tests.support import ecrans_factures

RACINE = Path(__file__).parents[2]
EMIS = datetime(2026, 12, 2, 18, 42, tzinfo=UTC)
LUNDI = date(2026, 12, 7)


@dataclass(frozen=True, slots=True)
class Ecran:
    page: str
    donnees: dict[str, Any]
    est_connecte: bool = True


@cache
def environnement(texte: str = "", *, est_connecte: bool = True) -> Environment:
    env = Environment(
        loader=FileSystemLoader(RACINE / "portail_famille" / "templates"),
        autoescape=True,
        extensions=[TypographieFrancaise],
    )
    env.undefined = StrictUndefined
    formats.installer(env)
    env.globals.update(
        url_for=lambda endpoint, **valeurs: f"/ville/{endpoint}/{'-'.join(str(x) for x in valeurs.values())}",
        csrf_token=lambda: "jeton",
        onglet="",
        g={},
        est_agent=lambda: est_connecte,
        est_connecte=lambda: est_connecte,
        cles_possibles=True,
        mes_foyers=lambda: (
            v.FoyerChoix(1, f"Morel{texte}", f"Léa{texte}", est_actif=True),
            v.FoyerChoix(2, "Autre", "", est_actif=False),
        ),
        commune=SimpleNamespace(
            slug="saint-rivage",
            nom=f"Saint-Rivage{texte}",
            courriel="enfance@saint-rivage.example",
            telephone="02 61 91 00 00",
            adresse=f"1 place du Port{texte}",
            presentation=f"Tout au même endroit{texte}",
            est_exemple=True,
            session=SimpleNamespace(durable_jours=90),
            comptes=SimpleNamespace(creation_ouverte=True),
        ),
        acteur=SimpleNamespace(prenom=f"Camille{texte}", foyer_id=1, foyers=(1, 2)) if est_connecte else None,
    )
    return env


def rendre(ecran: Ecran, texte: str = "") -> str:
    gabarit = environnement(texte, est_connecte=ecran.est_connecte).get_template(ecran.page)
    return gabarit.render(ecran.donnees)


def puce(numero: int, etat: str, texte: str = "", **autres: Any) -> va.Puce:
    modifiable = etat in ("libre", "reserve")
    return va.Puce(
        id=f"c{numero}",
        valeur=f"7-{numero}",
        nom=f"Cantine{texte}",
        etat=etat,
        coche=autres.pop("coche", etat == "reserve"),
        modifiable=autres.pop("modifiable", modifiable),
        prix_centimes=autres.pop("prix_centimes", 342),
        **autres,
    )


def agenda(texte: str = "", **autres: Any) -> va.Agenda:
    """A month with every state of a chip, a folded week, a compact one, a week off."""
    lea, mia = v.Pastille("L", f"Léa{texte}", 1), v.Pastille("M", f"Mia{texte}", 3)
    puces = (
        puce(1, "libre", texte),
        puce(2, "reserve", texte),
        puce(3, "libre", texte, coche=True, note="2\u00a0places"),
        puce(4, "reserve", texte, coche=False),
        puce(5, "complet", texte, prix_centimes=None, note="complet", aide=f"plus de place{texte}"),
        puce(6, "verrou", texte, aide="délai passé"),
        puce(7, "passe", texte),
        puce(8, "autre", texte, prix_centimes=None, note=f"Julien{texte}"),
        puce(9, "lecture", texte),
    )
    jour = va.JourAgenda(LUNDI, "lun.", "Lundi 7 décembre 2026", puces, f"Sortie{texte}", "jusqu’à lundi 7, 12\u202fh")
    seul = va.JourAgenda(date(2026, 12, 14), "lun.", "Lundi 14 décembre 2026", (puce(20, "libre", texte),))
    ferme = va.JourAgenda(date(2026, 12, 16), "mer.", "Mercredi 16 décembre 2026", (), f"fermé{texte}")
    passe = va.JourAgenda(date(2026, 12, 1), "mar.", "Mardi 1er décembre 2026", (puce(30, "verrou", texte),))
    semaines = (
        va.SemaineAgenda("s0", "Du 1er au 4", (passe,), est_passee=True),
        va.SemaineAgenda(
            "s1", "Du 7 au 11", (jour,), "Modifiable jusqu’à demain", est_urgente=True,
            bandeau=f"Semaine chez Julien{texte}. Il réserve.",
            choix=(va.ChoixRapide(f"Cantine{texte}", "s:2026-12-07:1"),),
        ),
        va.SemaineAgenda("s2", "Du 14 au 18", (seul, ferme), est_compacte=True),
        va.SemaineAgenda("s3", "Du 21 au 25", (), phrase=f"Vacances de Noël{texte}. Pas d’école."),
    )  # fmt: skip
    donnees: dict[str, Any] = {
        "enfant_id": 7,
        "pastille": lea,
        "titre": f"Agenda de Léa{texte}",
        "onglets": (
            va.Onglet(lea, "/enfants/7", "enfant:7", est_actif=True),
            va.Onglet(mia, "/enfants/9", "enfant:9", est_actif=False),
        ),
        "mois": "2026-12",
        "mois_titre": "Décembre 2026",
        "precedent": "2026-11",
        "suivant": "2027-01",
        "semaines": semaines,
        "page": "p1",
        "vus": "1.2.3.4*7_20*14",
        "resume": va.Resume(12, 1, 1, 1, "Décembre", 11390, 144, alertes=(f"Une alerte{texte}",)),
        "lecture": (v.Ecrire(f"la crèche{texte}", "creche@ville.example", "mailto:creche@ville.example"),),
        "unites": (va.ChoixUnite("1", f"Cantine{texte}"), va.ChoixUnite("2", "Étude")),
        "jours_rythme": ((0, "lun."), (1, "mar."), (3, "jeu."), (4, "ven.")),
        "avis": (v.Avis("succes", f"Fait{texte}.", "Tout va bien.", (f"lundi{texte}",)),),
    }
    return va.Agenda(**{**donnees, **autres})


def lecture_seule(texte: str = "") -> va.Agenda:
    jour = va.JourAgenda(LUNDI, "lun.", "Lundi 7 décembre 2026", (puce(1, "lecture", texte, prix_centimes=None),))
    semaine = va.SemaineAgenda("s1", "Du 7 au 11", (jour,))
    return agenda(texte, unites=(), semaines=(semaine,), avis=())


def conflit(texte: str = "") -> va.Conflit:
    return va.Conflit(
        (f"Étude cochée{texte}",), (f"Cantine décochée{texte}",), (("c", f"7-3{texte}"), ("version", "14"))
    )


def changements(texte: str = "") -> tuple[vr.EnfantRecap, ...]:
    lignes = (
        vr.LigneRecap("+", f"Étude{texte}", "lundi 7 décembre", "", 360),
        vr.LigneRecap("-", "Cantine", f"mardi 8 décembre{texte}", f"détail{texte}", -342),
        vr.LigneRecap("x", "Mercredi", "9 décembre", "", None, f"Le délai est passé{texte}."),
    )
    return (vr.EnfantRecap(v.Pastille("L", f"Léa{texte}", 1), "/enfants/7", lignes),)


MOIS = (vr.MoisRecap("Décembre", 11246, 12006), vr.MoisRecap("Janvier", 11052, 9820))


def recapitulatif(texte: str = "", **autres: Any) -> vr.Recapitulatif:
    donnees: dict[str, Any] = {
        "enfants": changements(texte),
        "mois": MOIS,
        "ajouts": 1,
        "retraits": 1,
        "refus": 1,
        "ecart_centimes": 18,
        "estimation": f"Estimation{texte}.",
        "empreinte": "abc",
        "version": 12,
        "confirmation": f"Je réserve ce jour{texte}.",
        "avis": (v.Avis("attention", f"Une place est partie{texte}."),),
    }
    return vr.Recapitulatif(**{**donnees, **autres})


def recu(texte: str = "", *, est_nouveau: bool = True) -> vr.RecuVue:
    lignes = (vr.LigneRecu(v.Pastille("L", f"Léa{texte}", 1), f"cantine{texte}", "0\u00a0jour", "2\u00a0jours"),)
    return vr.RecuVue(
        "2026-000042",
        EMIS,
        f"Camille{texte}",
        "camille@mail.example",
        lignes,
        changements(texte),
        MOIS,
        "C’est réservé.",
        "décembre 2026",
        est_nouveau,
    )


def famille(texte: str = "") -> vh.Famille:
    ecrire = v.Ecrire(f"la crèche{texte}", "creche@ville.example", "mailto:creche@ville.example")
    enfants = (
        vh.MembreEnfant(
            v.Pastille("L", f"Léa{texte}", 1), f"Léa F{texte}", (f"8 ans{texte}",), f"Garde{texte}.", "/e/7"
        ),
        vh.MembreEnfant(v.Pastille("M", "Mia", 3), "Mia F", (), "", "/e/9", ecrire),
    )
    adultes = (vh.MembreAdulte(v.Pastille("C", "Camille", 0), f"Camille{texte}", True, "06 12 00 34 56"),)
    return vh.Famille(enfants, adultes, ((f"Adresse{texte}", f"12, quai{texte}"),))


def accueil(texte: str = "") -> vh.Accueil:
    lea = v.Pastille("L", f"Léa{texte}", 1)
    return vh.Accueil(
        "Mercredi 2 décembre",
        f"Bonsoir Camille{texte}",
        (
            v.Tuile(f"Semaine du 7{texte}", f"Dernier moment{texte}", "/a", "", f"demain{texte}", "attente", (lea,)),
            v.Tuile("Réserver", "Cantine", "/r", "agenda"),
        ),
        "Demain, jeudi 3",
        (vh.LigneDemain(lea, f"École{texte}", "18\u202fh\u202f30"),),
        (v.Lien(f"Ma famille{texte}", "/famille", "famille"),),
    )


def activites(texte: str = "") -> tuple[vh.EnfantActivites, ...]:
    ecrire = v.Ecrire(f"la crèche{texte}", "creche@ville.example", "mailto:creche@ville.example")
    lea = v.Pastille("L", f"Léa{texte}", 1)
    return (
        vh.EnfantActivites(
            lea, (vh.ActiviteEnfant(f"Cantine{texte}", f"École{texte}", f"dès lundi{texte}", "/e/7", ecrire),)
        ),
        vh.EnfantActivites(v.Pastille("N", "Noé", 2)),
    )


def _liste_demarches(t: str) -> dict[str, Any]:
    noe = v.Pastille("N", f"Noé{t}", 2)
    lignes = (
        LigneHistorique(
            False, "D2026-000001", f"Absence, Noé{t}", "Demande", EMIS, f"envoyée{t}", "prime", True, (noe,)
        ),
        LigneHistorique(True, "2026-000001", "Réservation", f"Noé{t}", EMIS, "validée", "ok", False, (noe,)),
    )
    return {
        "lignes": lignes, "suite": "/ville/suite", "est_suite": False, "est_filtree": True,
        "filtre": Filtre(genre="absence"),
        "groupes": (("", "Toutes"),), "genres": [("", "Toutes"), ("absence", f"Absence{t}")],
        "enfants": [("", "Tous"), (1, f"Noé{t}")],
    }  # fmt: skip


def _page_demarche(t: str, **autres: Any) -> dict[str, Any]:
    pieces = (PieceJointe(1, f"avis{t}.pdf", "rib", True), PieceJointe(2, f"bail{t}.pdf", "rib", False))
    valeurs: dict[str, Any] = {
        "numero": "D2026-000001", "titre": f"PAI{t}", "enfant": v.Pastille("N", f"Noé{t}", 2), "prenom": f"Noé{t}",
        "badge": "à compléter", "badge_genre": "attente", "phrase": f"La mairie attend{t}.", "suite": f"Répondez{t}.",
        "consigne": f"Il manque une page{t}.", "est_ouverte": True, "est_arretee": False,
        "est_a_completer": True,
        "changements": (Changement(f"Nom{t}", f"Avant{t}", f"Après{t}"), Changement("Ville", None, f"Roselac{t}")),
        "compare": True, "pieces": pieces,
        "etapes": (EtapeVue("Demande envoyée", f"Thomas{t}", "famille", EMIS, f"Voici{t}", pieces),),
    }  # fmt: skip
    piece = SimpleNamespace(id=1, nom=f"rib{t}.pdf", genre="rib", deposee_utc=EMIS)
    return {
        "vue": DemarcheVue(**valeurs | autres), "avis": v.Avis("succes", f"Votre message est envoyé{t}."),
        "erreurs": {} if autres else {"texte": f"Écrivez{t}."}, "est_envoyee": False, "courriel": "", "suite": None,
        "libere": False, "voir_quotient": True, "accuse": None,
        "recours": ("devant le maire",), "recours_mois": 2, "refaire": "/ville/nouvelle", "choisissables": [piece],
        "noms": {"rib": f"RIB{t}"},
        "genres_pieces": [("", "Choisissez"), ("rib", f"RIB{t}")], "cle": "cle",
        "saisie": {"texte": f"Mon mot{t}", "genre": "rib", "pieces": ["1"], "avait_fichier": True},
    }  # fmt: skip


def _sections(t: str) -> list[Section]:
    noe = v.Pastille("N", f"Noé{t}", 2)
    rangee = Rangee(f"Absence{t}", f"Demande{t}", "/ville/demande", f"réponse{t}", "prime", (noe,))
    return [
        Section("demandes", "Dernières demandes", (rangee,), suite=v.Lien("Toutes", "/ville/toutes")),
        Section("echeances", "Prochaines échéances", (), f"Rien à faire{t}."),
        Section("coordonnees", "Mes coordonnées", (Rangee(f"Camille{t}"),)),
    ]


APERCU = va.ApercuRythme(
    "23 jours ajoutés jusqu’au 2 juillet.", "7 jours laissés.", ("lundi",), "Ajouter 23 jours", "Semaine 53."
)


def tous(texte: str = "") -> dict[str, Ecran]:
    t = texte
    saisie = {"identifiant": f"camille{t}"}
    fautes = {"identifiant": f"Écrivez votre identifiant{t}.", "mot_de_passe": "Écrivez votre mot de passe."}
    fabriques: dict[str, Callable[[], Ecran]] = {
        "connexion": lambda: Ecran("connexion/page.html", {"suite": f"/a{t}"}, est_connecte=False),
        "connexion refusée": lambda: Ecran(
            "connexion/page.html",
            {"erreurs": fautes, "saisie": saisie, "avis": (v.Avis("info", f"Session finie{t}."),)},
            est_connecte=False,
        ),
        "trop d’essais": lambda: Ecran("connexion/page.html", {"erreurs": {"": f"Attendez{t}."}}, est_connecte=False),
        "accueil public": lambda: Ecran("accueil/public.html", {}, est_connecte=False),
        "accueil": lambda: Ecran("accueil/page.html", {"accueil": accueil(t), "onglet": "accueil"}),
        "famille": lambda: Ecran(
            "famille/page.html",
            {
                "famille": famille(t),
                "choix_foyers": (("1", f"Foyer{t}"), ("2", "Autre")),
                "ajouts": tuple(
                    {"numero": "D2026-1", "compte_id": qui, "contenu": {"prenom": f"Zélie{t}", "nom": "Le Gall"}}
                    for qui in (1, 2)
                ),
                "compte_id": 1,
                "peut_ajouter": True,
            },
        ),
        "assistant": lambda: Ecran("reservations/nouvelle.html", {"a_une_demande": True}),
        "activités": lambda: Ecran("reservations/activites.html", {"enfants": activites(t)}),
        "agenda": lambda: Ecran("agenda/page.html", {"agenda": agenda(t), "onglet": "agenda"}),
        "agenda sans changement": lambda: Ecran(
            "agenda/page.html", {"agenda": agenda(t, resume=va.Resume(3), avis=(), lecture=())}
        ),
        "agenda en lecture": lambda: Ecran("agenda/page.html", {"agenda": lecture_seule(t)}),
        "agenda en conflit": lambda: Ecran("agenda/page.html", {"agenda": agenda(t, conflit=conflit(t))}),
        "rythme refusé": lambda: Ecran(
            "agenda/page.html",
            {
                "agenda": agenda(t),
                "erreurs": dict.fromkeys(("unites", "jours", "semaines", "action", "du", "jusqua", "au"), f"Faute{t}."),
                "saisie": {"unites": ["1"], "jours": ["0"], "du": f"hier{t}", "jusqua": "date", "au": f"demain{t}"},
            },
        ),
        "aperçu d’un rythme": lambda: Ecran("agenda/page.html", {"agenda": agenda(t), "apercu": APERCU}),
        "récapitulatif": lambda: Ecran("reservations/recapitulatif.html", {"recapitulatif": recapitulatif(t)}),
        "récapitulatif à confirmer": lambda: Ecran(
            "reservations/recapitulatif.html",
            {"recapitulatif": recapitulatif(t), "erreurs": {"confirmation": f"Cochez la case{t}."}},
        ),
        "mes démarches": lambda: Ecran("demarches/liste.html", _liste_demarches(t)),
        "mes démarches, aucune": lambda: Ecran(
            "demarches/liste.html", _liste_demarches(t) | {"lignes": (), "suite": "", "est_filtree": False}
        ),
        "démarche à compléter": lambda: Ecran("demarches/demarche.html", _page_demarche(t)),
        "démarche close": lambda: Ecran(
            "demarches/demarche.html",
            _page_demarche(
                t, badge="refusée", badge_genre="erreur", consigne="", est_ouverte=False, est_a_completer=False
            ),
        ),
        "tableau de bord": lambda: Ecran("tableau_de_bord/page.html", {"sections": _sections(t)}),
        "récapitulatif vide": lambda: Ecran(
            "reservations/recapitulatif.html", {"recapitulatif": recapitulatif(t, enfants=(), mois=(), ajouts=0)}
        ),
        "reçus": lambda: Ecran(
            "reservations/recus.html", {"recus": (vr.RecuListe("2026-000042", EMIS, f"9 ajouts{t}"),), "suite": 12}
        ),
        "aucun reçu": lambda: Ecran("reservations/recus.html", {"recus": ()}),
        "reçu nouveau": lambda: Ecran("reservations/recu.html", {"recu": recu(t)}),
        "reçu ancien": lambda: Ecran("reservations/recu.html", {"recu": recu(t, est_nouveau=False)}),
        "plus": lambda: Ecran("pwa/plus.html", {"onglet": "plus"}),
        "hors ligne": lambda: Ecran("pwa/hors_ligne.html", {}, est_connecte=False),
        "erreur": lambda: Ecran(
            "erreurs/page.html",
            {
                "code": 404,
                "titre": f"Introuvable{t}",
                "phrase": f"Phrase{t}.",
                "actions": (v.Lien(f"Accueil{t}", "/"),),
            },
        ),
        "enfant d’un autre foyer": lambda: Ecran(
            "erreurs/page.html",
            {
                "code": 404,
                "titre": f"Zoé{t} est ailleurs",
                "phrase": "Changez de foyer.",
                "actions": (v.Lien("Accueil", "/"),),
                "autre": v.AutreFoyer(v.FoyerChoix(2, f"Petit{t}", f"Zoé{t}", est_actif=False), f"Zoé{t}", f"/e/9{t}"),
            },
        ),
        "communes": lambda: Ecran(
            "entree/communes.html",
            {"communes": (SimpleNamespace(slug="roselac", nom=f"Roselac{t}"),), "feuille": "/statique/css/app.css"},
            est_connecte=False,
        ),
    }
    factures = {nom: Ecran(page, donnees) for nom, (page, donnees) in ecrans_factures.pages(t).items()}
    return {nom: fabrique() for nom, fabrique in fabriques.items()} | factures
