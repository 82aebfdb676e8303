"""Words of each kind of démarche: what it asks, and what accepting it will do. One line a kind."""

from portail_famille.presentation.changements import (
    Dire,
    dire_coordonnees,
    dire_enfant,
    dire_espace,
    dire_garde_demandee,
    dire_pai,
    dire_rien,
)
from portail_famille.presentation.declarations import EFFET as EFFET_ABSENCE
from portail_famille.presentation.declarations import dire_absence
from portail_famille.presentation.demandes_libres import (
    EFFET_ATTESTATION,
    EFFET_QUESTION,
    EFFET_RECLAMATION,
    dire_attestation,
    dire_question,
    dire_reclamation,
)
from portail_famille.presentation.inscriptions import (
    EFFET_INSCRIPTION,
    EFFET_RESERVATION,
    EFFET_SCOLAIRE,
    dire_inscription,
    dire_reservation,
    dire_scolaire,
)
from portail_famille.presentation.quotients import EFFET as EFFET_QUOTIENT
from portail_famille.presentation.quotients import dire_quotient
from portail_famille.presentation.situations import EFFET as EFFET_SITUATION
from portail_famille.presentation.situations import dire_situation

CHANGEMENTS: dict[str, Dire] = {
    "coordonnees": dire_coordonnees,
    "enfant": dire_enfant,
    "sante": dire_pai,
    "garde": dire_garde_demandee,
    "espace": dire_espace,
    "effacement": dire_rien,
    "situation": dire_situation,
    "inscription": dire_inscription,
    "scolaire": dire_scolaire,
    "reservation": dire_reservation,
    "quotient": dire_quotient,
    "absence": dire_absence,
    "question": dire_question,
    "attestation": dire_attestation,
    "reclamation": dire_reclamation,
}
EFFETS: dict[str, str] = {
    "coordonnees": "Accepter écrit les nouvelles valeurs dans le dossier.",
    "enfant": "Accepter crée l’enfant dans ce foyer\u00a0; la personne qui demande a l’autorité parentale dès "
    "aujourd’hui.",
    "sante": "Accepter change le prix des repas\u00a0: le panier repas d’un PAI a son propre tarif.",
    "garde": "Accepter change les semaines des deux foyers de l’enfant.",
    "espace": "Choisissez le foyer de cette famille, ou créez-le\u00a0: elle recevra le lien d’activation.",
    "effacement": "Accepter ferme le compte tout de suite. Le dossier est effacé à la fin des durées de conservation.",
    "situation": EFFET_SITUATION,
    "inscription": EFFET_INSCRIPTION,
    "scolaire": EFFET_SCOLAIRE,
    "reservation": EFFET_RESERVATION,
    "quotient": EFFET_QUOTIENT,
    "absence": EFFET_ABSENCE,
    "question": EFFET_QUESTION,
    "attestation": EFFET_ATTESTATION,
    "reclamation": EFFET_RECLAMATION,
}
"""Read by the agent above « Accepter »."""
