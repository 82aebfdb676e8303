"""A régie's month, prepared: drafts and what is odd about them, under a lease. Issuing them is services/emissions.

Whoever prepares (the command, or the worker for the desk) reads and writes batch after batch, each in a short
transaction. Killed, its lease runs out; the next one throws its drafts away and begins again: nothing is doubled.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.anomalies import Releve
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.facturation import mois_precedent
from portail_famille.domain.regies import Regie
from portail_famille.models.factures import Facturation, Facture
from portail_famille.services.campagnes import ecarts, empreinte, foyers_concernes, lire_campagne
from portail_famille.services.courriels import Sessions
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.prix_factures import FoyerChiffre, chiffrer_foyers
from portail_famille.services.projets_factures import PAR_EFFACEMENT, ecrire_projets, jeter_projets

journal = logging.getLogger("portail_famille.facturation")

PAR_LOT = 200
"""Foyers priced, then written, at once."""
BAIL = timedelta(minutes=2)
"""Given again at each batch: who is silent for so long is dead."""
_OUVERTES = ("en_preparation", "prete")

Avance = Callable[[int, int], None]


class PreparationEnCours(RegleViolee):
    """Another program has it."""

    def __init__(self) -> None:
        super().__init__("facturation_en_cours", "Cette facturation est déjà en cours de préparation.")


def demander(
    session: Session, reglages: ReglagesCommune, regie_code: str, mois: date, auteur: Auteur, maintenant: datetime
) -> Facturation:
    """The open run of this month, or a new one to be prepared. Raises `RegleViolee`."""
    regie_a_facturer(reglages, regie_code)
    if mois != mois.replace(day=1):
        raise RegleViolee("mois", "Un mois commence le premier.", "mois")
    if mois_precedent(mois) > jour_de(maintenant):
        raise RegleViolee("mois_lointain", "Ce mois est trop loin\u00a0: facturez au plus le mois prochain.", "mois")
    ouverte = session.scalar(_ouverte(regie_code, mois))
    if ouverte is not None:
        return ouverte
    facturation = Facturation(
        regie=regie_code,
        mois=mois,
        etat="en_preparation",
        fait=0,
        demandee_utc=maintenant,
        compte_id=auteur.compte_id,
    )
    try:
        with session.begin_nested():
            session.add(facturation)
    except IntegrityError:
        # Asked for at the same instant from another screen: theirs is the one.
        return session.scalars(_ouverte(regie_code, mois)).one()
    _consigner(session, auteur, "facturation_demandee", facturation, maintenant)
    return facturation


def relancer(session: Session, facturation_id: int, auteur: Auteur, maintenant: datetime) -> Facturation:
    """To be prepared again, from what is known now. Nothing to do for a run under way. Raises `RegleViolee`."""
    facturation = _verrouiller(session, facturation_id)
    if facturation.etat == "en_preparation":
        return facturation
    if facturation.etat != "prete":
        raise RegleViolee("facturation_close", "Cette facturation est terminée\u00a0: demandez-en une autre.")
    facturation.etat, facturation.fait, facturation.total = "en_preparation", 0, None
    facturation.bilan, facturation.preparee_utc, facturation.bail_utc = None, None, None
    session.flush()
    _consigner(session, auteur, "facturation_demandee", facturation, maintenant)
    return facturation


def abandonner(session: Session, facturation_id: int, auteur: Auteur, maintenant: datetime) -> None:
    """It proposes nothing any more; the worker throws its drafts away. A second time does nothing. Raises `RegleViolee`
    for a run that was issued."""
    facturation = _verrouiller(session, facturation_id)
    if facturation.etat == "abandonnee":
        return
    if facturation.etat == "emise":
        raise RegleViolee(
            "facturation_emise",
            "Ces factures sont émises\u00a0: une erreur se corrige par un avoir, facture par facture.",
        )
    facturation.etat, facturation.bail_utc = "abandonnee", None
    session.flush()
    _consigner(session, auteur, "facturation_abandonnee", facturation, maintenant)


def lire_facturation(session: Session, facturation_id: int) -> Facturation | None:
    return session.get(Facturation, facturation_id)


def changements(session: Session, reglages: ReglagesCommune, facturation: Facturation) -> tuple[str, ...]:
    """What its prices depend on that is no longer as it was prepared, in words: none, and it may be issued."""
    return ecarts(facturation.empreinte, empreinte(session, reglages, facturation.regie, facturation.mois))


def regie_a_facturer(reglages: ReglagesCommune, code: str) -> Regie:
    """Raises `RegleViolee` for an unknown régie, or one that another software bills."""
    regie = reglages.regies.get(code)
    if regie is None:
        connues = ", ".join(sorted(c for c, r in reglages.regies.items() if not r.est_importee)) or "aucune"
        raise RegleViolee("regie_inconnue", f"Régie «\u00a0{code}\u00a0» inconnue (régies\u00a0: {connues}).", "regie")
    if regie.est_importee:
        raise RegleViolee(
            "regie_importee",
            f"Les factures de «\u00a0{regie.nom}\u00a0» viennent d’un autre logiciel\u00a0: importez-les.",
            "regie",
        )
    return regie


def preparer(
    bd: Sessions,
    reglages: ReglagesCommune,
    facturation_id: int,
    horloge: Callable[[], datetime],
    continuer: Callable[[], bool] = lambda: True,
    avance: Avance = lambda fait, total: None,
) -> None:
    """Writes the drafts of a run that waits to be prepared. A run that is ready, or over, is left as it is.

    Asked to stop, it gives the lease back. Raises `PreparationEnCours` when somebody else holds it.
    """
    bail = _reclamer(bd, facturation_id, horloge())
    if bail is None:
        return
    preparation = _Preparation(bd, reglages, facturation_id, horloge, bail)
    try:
        preparation.faire(continuer, avance)
    except PreparationEnCours:
        raise
    except (SQLAlchemyError, OSError):
        # The database or the disk, not this run: its lease runs out and it is begun again.
        raise
    except KeyboardInterrupt:
        preparation.rendre()
        raise
    except Exception as erreur:  # a run that cannot be prepared must not hold the worker for ever
        message = (
            erreur.message if isinstance(erreur, RegleViolee) else "Une erreur inattendue a arrêté la préparation."
        )
        preparation.echouer(message)
        raise


def preparer_dues(
    bd: Sessions, reglages: ReglagesCommune, horloge: Callable[[], datetime], continuer: Callable[[], bool]
) -> int:
    """The worker's round: runs asked for at the desk, those that a dead program left, those given up. How many are
    ready."""
    _jeter_les_abandonnes(bd, continuer)
    pretes = 0
    while continuer():
        with bd.session_lecture() as session:
            suivante = session.scalar(
                select(Facturation.id)
                .where(Facturation.etat == "en_preparation", _est_libre(horloge()))
                .order_by(Facturation.id)
                .limit(1)
            )
        if suivante is None:
            break
        try:
            preparer(bd, reglages, suivante, horloge, continuer)
            pretes += 1
        except PreparationEnCours:
            continue
        except (SQLAlchemyError, OSError):
            raise
        except Exception as erreur:  # told on the page; the next one must come
            journal.error("facturation %d failed (%s)", suivante, type(erreur).__name__)
    return pretes


def _jeter_les_abandonnes(bd: Sessions, continuer: Callable[[], bool]) -> None:
    """Thousands of drafts, some at a time: the writer's place is not held meanwhile."""
    while continuer():
        with bd.session_lecture() as session:
            abandonnee = session.scalar(
                select(Facturation.id)
                .where(Facturation.etat == "abandonnee", exists().where(Facture.facturation_id == Facturation.id))
                .limit(1)
            )
        if abandonnee is None:
            return
        with bd.session_ecriture() as session:
            jeter_projets(session, abandonnee)


class _Preparation:
    """One run under its lease: `bail` proves that it is still ours when we write."""

    def __init__(
        self,
        bd: Sessions,
        reglages: ReglagesCommune,
        facturation_id: int,
        horloge: Callable[[], datetime],
        bail: datetime,
    ) -> None:
        self._bd, self._reglages, self._id, self._horloge, self._bail = bd, reglages, facturation_id, horloge, bail

    def faire(self, continuer: Callable[[], bool], avance: Avance) -> None:
        self._effacer()
        with self._bd.session_lecture() as session:
            facturation = session.get_one(Facturation, self._id)
            regie = regie_a_facturer(self._reglages, facturation.regie)
            # Before anything is read: what changes meanwhile makes the run out of date, never wrong.
            marque = empreinte(session, self._reglages, facturation.regie, facturation.mois)
            campagne = lire_campagne(session, self._reglages, regie, facturation.mois, self._horloge())
            foyers = foyers_concernes(session, campagne)
        bilan = _Bilan()
        avance(0, len(foyers))
        with self._bd.session_ecriture() as session:
            self._tenir(session, fait=0, total=len(foyers), empreinte=marque)
        for debut in range(0, len(foyers), PAR_LOT):
            if not continuer():
                self.rendre()
                return
            with self._bd.session_lecture() as session:
                chiffres = chiffrer_foyers(session, campagne, foyers[debut : debut + PAR_LOT])
            fait = min(debut + PAR_LOT, len(foyers))
            with self._bd.session_ecriture() as session:
                self._tenir(session, fait=fait)
                ecrire_projets(session, self._id, campagne, chiffres)
            bilan.ajouter(chiffres)
            avance(fait, len(foyers))
        with self._bd.session_ecriture() as session:
            document = bilan.en_document()
            # Nothing more than what is issued: the month stays « émise », there is nothing to decide.
            document["est_close"] = not document["lignes"] and _est_emis(session, facturation)
            self._tenir(
                session,
                etat="abandonnee" if document["est_close"] else "prete",
                bilan=document,
                preparee_utc=self._horloge(),
                fin_du_bail=None,
            )
        journal.info("facturation %d ready, %d foyers", self._id, len(foyers))

    def rendre(self) -> None:
        """It waits for the next one, who begins it again."""
        self._finir(bail_utc=None)

    def echouer(self, message: str) -> None:
        self._effacer()
        self._finir(etat="echouee", bail_utc=None, bilan={"erreur": message})

    def _effacer(self) -> None:
        """The drafts of a preparation that died, or that is out of date."""
        jetes = PAR_EFFACEMENT
        while jetes == PAR_EFFACEMENT:
            with self._bd.session_ecriture() as session:
                self._tenir(session)
                jetes = jeter_projets(session, self._id)

    def _tenir(self, session: Session, fin_du_bail: timedelta | None = BAIL, **valeurs: Any) -> None:
        """Keeps the lease for what this transaction writes. Raises `PreparationEnCours` when it was lost."""
        bail = None if fin_du_bail is None else self._horloge() + fin_du_bail
        if not _ecrire(session, self._id, self._bail, bail_utc=bail, **valeurs):
            raise PreparationEnCours
        if bail is not None:
            self._bail = bail

    def _finir(self, **valeurs: Any) -> None:
        with self._bd.session_ecriture() as session:
            _ecrire(session, self._id, self._bail, **valeurs)


class _Bilan:
    """What is told of a prepared run."""

    def __init__(self) -> None:
        self._anomalies = Releve()
        self._nombres = dict.fromkeys(("factures", "avoirs", "total_centimes", "avoirs_centimes", "lignes"), 0)
        self._reportes, self._foyers = [0, 0], 0

    def ajouter(self, chiffres: list[FoyerChiffre]) -> None:
        nombres = self._nombres
        for chiffre in chiffres:
            projet = chiffre.projet
            self._anomalies.ajouter(chiffre.anomalies)
            self._foyers += bool(projet.lignes or projet.avoirs)
            nombres["factures"] += bool(projet.lignes)
            nombres["avoirs"] += len(projet.avoirs)
            nombres["total_centimes"] += projet.total_centimes
            nombres["avoirs_centimes"] += sum(avoir.total_centimes for avoir in projet.avoirs)
            nombres["lignes"] += len(projet.lignes) + sum(len(avoir.lignes) for avoir in projet.avoirs)
            self._reportes[0] += bool(projet.reporte_centimes)
            self._reportes[1] += projet.reporte_centimes

    def en_document(self) -> dict[str, Any]:
        """`total_centimes`: of the invoices; `avoirs_centimes`: negative; `reportes`: foyers under the minimum;
        `nombres`: anomalies by code, those left out of the list included. `est_close` comes with it: the month was
        issued already, and nothing changed."""
        return {
            **self._nombres,
            "foyers": self._foyers,
            "reportes": self._reportes[0],
            "reporte_centimes": self._reportes[1],
            "anomalies": self._anomalies.en_document(),
            "nombres": self._anomalies.nombres(),
        }


def _est_emis(session: Session, facturation: Facturation) -> bool:
    faites = select(Facturation.id).where(
        Facturation.regie == facturation.regie, Facturation.mois == facturation.mois, Facturation.etat == "emise"
    )
    return session.scalar(faites.limit(1)) is not None


def _ouverte(regie: str, mois: date) -> Select[Facturation]:
    return select(Facturation).where(
        Facturation.regie == regie, Facturation.mois == mois, Facturation.etat.in_(_OUVERTES)
    )


def _est_libre(maintenant: datetime) -> Any:
    return or_(Facturation.bail_utc.is_(None), Facturation.bail_utc <= maintenant)


def _reclamer(bd: Sessions, facturation_id: int, maintenant: datetime) -> datetime | None:
    """The lease; None when there is nothing to prepare. Two programs never get the same."""
    bail = maintenant + BAIL
    with bd.session_ecriture() as session:
        prise = session.scalar(
            update(Facturation)
            .where(Facturation.id == facturation_id, Facturation.etat == "en_preparation", _est_libre(maintenant))
            .values(bail_utc=bail)
            .returning(Facturation.id)
            .execution_options(synchronize_session=False)
        )
        if prise is None and session.get_one(Facturation, facturation_id).etat == "en_preparation":
            raise PreparationEnCours
    return None if prise is None else bail


def _ecrire(session: Session, facturation_id: int, bail: datetime, **valeurs: Any) -> bool:
    """Whether the lease was still ours."""
    ecrite = session.scalar(
        update(Facturation)
        .where(Facturation.id == facturation_id, Facturation.etat == "en_preparation", Facturation.bail_utc == bail)
        .values(**valeurs)
        .returning(Facturation.id)
        .execution_options(synchronize_session=False)
    )
    return ecrite is not None


def _verrouiller(session: Session, facturation_id: int) -> Facturation:
    return session.get_one(Facturation, facturation_id, with_for_update=True, populate_existing=True)


def _consigner(session: Session, auteur: Auteur, action: str, facturation: Facturation, maintenant: datetime) -> None:
    motif = f"{facturation.regie}, {facturation.mois:%Y-%m}"
    consigner(session, auteur, action, maintenant, details={"motif": motif})
