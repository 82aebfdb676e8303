"""What accepting a démarche does, by its kind. Adding a kind is one line here and one file a room."""

from portail_famille.services.demarches import Application
from portail_famille.services.enfants import appliquer_ajout
from portail_famille.services.espaces import appliquer_espace
from portail_famille.services.fiches import appliquer_coordonnees
from portail_famille.services.gardes import appliquer_garde
from portail_famille.services.rgpd import appliquer_effacement
from portail_famille.services.sante import appliquer_sante

APPLICATIONS: dict[str, Application] = {
    "coordonnees": appliquer_coordonnees,
    "enfant": appliquer_ajout,
    "sante": appliquer_sante,
    "garde": appliquer_garde,
    "espace": appliquer_espace,
    "effacement": appliquer_effacement,
}
