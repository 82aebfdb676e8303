"""Links and codes as a parent finds them in her mails."""

import re

from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from portail_famille.services.acces import envoyer_activation, ouvrir_compte, traiter_demandes
from tests.support.courriels import courriels_de
from tests.support.personnes import creer_parent
from tests.support.temps import MERCREDI_SOIR

NOUVEAU = "Tournesol-Vélo-73"
"""A good password that is nobody's."""


def inviter(bd: BD, reglages: ReglagesCommune) -> tuple[str, str]:
    """A family the town has just entered: path of the activation link and code, as mailed to durand.simon."""
    with bd.session_ecriture() as session:
        provisoire = creer_parent(session, "provisoire", courriel="durand.simon@exemple.fr")
        personne_id = provisoire.personne_id
        session.delete(provisoire)
        session.flush()
        compte = ouvrir_compte(session, personne_id, MERCREDI_SOIR)
        envoyer_activation(session, compte.id, MERCREDI_SOIR, reglages)
    return dernier_lien(bd), dernier_code(bd)


def relever(bd: BD, reglages: ReglagesCommune) -> int:
    """The worker's round; how many mails there are."""
    with bd.session_ecriture() as session:
        traiter_demandes(session, MERCREDI_SOIR, reglages)
    return len(courriels_de(bd))


def dernier_lien(bd: BD) -> str:
    """Path within the town of the first link of the last mail."""
    lien = re.search(r"http://localhost/saint-rivage(/\S+)", courriels_de(bd)[-1].corps_texte)
    assert lien
    return lien[1]


def dernier_code(bd: BD) -> str:
    code = re.search(r"(\d{3})\u00a0(\d{3})", courriels_de(bd)[-1].corps_texte)
    assert code
    return code[1] + code[2]
