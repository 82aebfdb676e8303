"""Régies of the village: school and leisure, paid by PayFiP; the crèche, billed by another software."""

from portail_famille.domain.regies import Regie

ENFANCE = Regie(
    code="enfance",
    nom="Enfance et éducation",
    serie="EE",
    activites=("cantine", "periscolaire", "atelier", "mercredi"),
    numero_client="900001",
    saisie="W",
    libelle="Facture enfance, {mois}",
    signataire="Le régisseur des activités de l’enfance",
)
VACANCES = Regie(
    code="vacances",
    nom="Vacances",
    serie="VA",
    activites=("vacances",),
    numero_client="000042",
    saisie="W",
    echeance="30 jours",
    libelle="Séjours, {mois}",
)
CRECHE = Regie(
    code="creche",
    nom="Multi-accueil",
    serie="CR",
    activites=("accueil-regulier",),
    numero_client="900003",
    saisie="W",
    libelle="Facture jeunesse, {mois}",
    est_importee=True,
)
REGIES = {regie.code: regie for regie in (ENFANCE, VACANCES, CRECHE)}
