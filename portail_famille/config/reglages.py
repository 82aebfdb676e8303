"""Settings of one commune: typed, frozen. Secrets never show in a repr, hence never in a log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portail_famille.domain.genres import GENRES, Genre
from portail_famille.domain.pieces import GENRES_PIECES, GenrePiece
from portail_famille.domain.regies import Regie


@dataclass(frozen=True, slots=True)
class ReglagesSmtp:
    hote: str = "localhost"
    port: int = 25
    securite: str = "starttls"
    """tls, starttls or aucune (the last for a server on the same machine)."""
    identifiant: str = ""
    mot_de_passe: str = field(default="", repr=False)
    expediteur: str = ""
    delai: int = 15
    """Seconds before a silent server is given up."""
    autorites: str = ""
    """A file of authorities (PEM) to trust instead of the system's, for a town with its own."""


@dataclass(frozen=True, slots=True)
class ReglagesApparence:
    couleur: str = "#0b5563"
    couleur_sombre: str = "#82cbd8"
    logo: str = ""
    """SVG or PNG beside commune.toml; empty: drawn from the initials."""


@dataclass(frozen=True, slots=True)
class ReglagesSession:
    inactivite_minutes: int = 30
    duree_heures: int = 12
    durable_jours: int = 90
    """« Rester connecté » on one's own phone: days without a visit before it ends; 0: not offered."""
    durable_maximum_jours: int = 365
    """And at most this long since the password was typed."""


@dataclass(frozen=True, slots=True)
class ReglagesComptes:
    lien_activation_jours: int = 30
    lien_oubli_minutes: int = 60
    code_minutes: int = 15
    """Life of a 6-digit code, whatever the link beside it."""
    verification_mois: int = 12
    """« Tout est exact » is asked again after this long."""
    creation_ouverte: bool = True
    """« Créer mon espace » for a family unknown to the town."""


@dataclass(frozen=True, slots=True)
class ReglagesConservation:
    """How long what is kept (RGPD art. 5.1.e); `portail-famille purger` applies it."""

    journal_mois: int = 12
    """Security journal, sessions closed, mails sent."""
    actes_mois: int = 36
    """Journal of who saw and changed what."""
    demarches_mois: int = 24
    """After the decision."""
    foyers_partis_mois: int = 12
    """After the foyer left; what is billed is kept ten years (code de commerce L123-22, instruction DAF)."""
    comptes_jamais_actives_mois: int = 12
    reservations_annees: int = 10


@dataclass(frozen=True, slots=True)
class ReglagesDocuments:
    """The porte-documents."""

    antivirus: str = ""
    """Address of a clamd: "unix:/run/clamav/clamd.ctl" or "localhost:3310"; empty: none."""
    stockage: str = "disque"
    """disque, or s3."""
    s3_adresse: str = ""
    s3_region: str = ""
    s3_panier: str = ""
    s3_cle: str = ""
    s3_secret: str = field(default="", repr=False)
    quota_mo: int = 200
    """Per foyer."""
    rappel_jours: int = 30
    """Before a document expires, unless its kind says otherwise."""


@dataclass(frozen=True, slots=True)
class ReglagesQuotient:
    """How a QF is declared, and how long it holds."""

    validite: str = "annee_civile"
    """annee_civile, annee_scolaire, or mois (then `validite_mois`)."""
    validite_mois: int = 12
    effet: str = "jour"
    """From when an accepted declaration counts: jour (of the declaration), mois (its first day), mois_suivant."""
    rappel_jours: int = 30
    avis_imposition: bool = True
    """A family without allocations declares its avis d'imposition: QF by the formula below."""
    avis_mois: int = 12
    """revenu fiscal de référence / `avis_mois` / parts."""
    avis_part_parent_isole: str = "0"
    """Parts added for a lone parent, where the town does so ("0.5")."""
    api_particulier_url: str = ""
    """Empty: off."""
    api_particulier_jeton: str = field(default="", repr=False)
    api_particulier_siret: str = ""
    """Of the town, who asks."""


@dataclass(frozen=True, slots=True)
class ReglagesPayfip:
    """The two addresses of PayFiP; the local counterpart has its own (`portail-famille payfip-local`)."""

    service: str = "https://www.payfip.gouv.fr/tpa/services/securite"
    """Where its SOAP web service is called."""
    paiement: str = "https://www.payfip.gouv.fr/tpa/paiementws.web"
    """Where the parent pays."""


@dataclass(frozen=True, slots=True)
class ReglagesCommune:
    slug: str
    dossier: Path
    nom: str
    courriel: str
    telephone: str
    url_publique: str
    """Address of the portal's home without its last slash; links in mails start with it."""
    zone: str
    cle_secrete: str = field(repr=False)
    cle_coffre: str = field(repr=False)
    """What documents and health data are encrypted with; `cle_secrete` where the town gave none."""
    base_de_donnees: str = field(repr=False)
    """SQLAlchemy URL."""
    adresse: str = ""
    presentation: str = ""
    est_exemple: bool = False
    alsace_moselle: bool = False
    mandataires: int = 0
    """How many proxies in front may be believed about the visitor's address."""
    smtp: ReglagesSmtp = field(default_factory=ReglagesSmtp)
    apparence: ReglagesApparence = field(default_factory=ReglagesApparence)
    session: ReglagesSession = field(default_factory=ReglagesSession)
    comptes: ReglagesComptes = field(default_factory=ReglagesComptes)
    conservation: ReglagesConservation = field(default_factory=ReglagesConservation)
    documents: ReglagesDocuments = field(default_factory=ReglagesDocuments)
    quotient: ReglagesQuotient = field(default_factory=ReglagesQuotient)
    demarches: Mapping[str, Genre] = field(default_factory=lambda: dict(GENRES))
    """Every kind of démarche, as this town uses it."""
    pieces: Mapping[str, GenrePiece] = field(default_factory=lambda: dict(GENRES_PIECES))
    """Every kind of document, the town's own included."""
    payfip: ReglagesPayfip = field(default_factory=ReglagesPayfip)
    regies: Mapping[str, Regie] = field(default_factory=dict)
    """By code; none: nothing is invoiced here."""
    champs: Mapping[str, str] = field(default_factory=dict)
    """What families may do with a field, by its code, where the town differs from domain/fiches: cache, lecture, direct
    or demande."""

    @property
    def est_https(self) -> bool:
        return self.url_publique.startswith("https://")
