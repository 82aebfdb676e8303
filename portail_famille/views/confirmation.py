"""The password once more, before what matters: a phone left on a table changes nothing, nor does a stolen session."""

from datetime import timedelta

from flask import request

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.mots_de_passe import LONGUEUR_MAXIMALE
from portail_famille.services import comptes, suivi
from portail_famille.views import web
from portail_famille.views.acces import session_ouverte
from portail_famille.views.liens import patience

RECENTE = timedelta(minutes=10)
"""A login this fresh is worth the password typed again, where the page says so."""


class ConfirmationRefusee(RegleViolee):
    """Not her password, or too many tries: `attente` says how long."""

    def __init__(self, message: str, attente: timedelta = timedelta(0)) -> None:
        super().__init__("mot_de_passe_refuse", message, "mot_de_passe")
        self.attente = attente

    @property
    def statut(self) -> int:
        return 429 if self.attente else 422


def est_recente() -> bool:
    ouverte = session_ouverte()
    vraie = max(ouverte.ouverte_utc, ouverte.second_facteur_utc or ouverte.ouverte_utc)
    return web.maintenant() - vraie < RECENTE


def confirmer_mot_de_passe(mot_de_passe: str) -> None:
    """Raises ConfirmationRefusee. Nothing is held open while the password is hashed."""
    if not mot_de_passe:
        raise ConfirmationRefusee("Écrivez votre mot de passe actuel.")
    compte_id, maintenant = session_ouverte().compte_id, web.maintenant()
    compte = comptes.lire_compte(web.lecture(), compte_id)
    web.fermer_lecture()
    cle = f"confirmation:{compte_id}"
    adresse = request.remote_addr or ""
    tentative = suivi.Tentative(web.bd(), web.reglages().cle_secrete, cle, adresse, est_identifiee=True)
    attente = tentative.commencer(maintenant)
    if attente:
        raise ConfirmationRefusee(patience(attente), attente)
    if len(mot_de_passe) > LONGUEUR_MAXIMALE or not comptes.est_bon_mot_de_passe(compte, mot_de_passe):
        suivi.noter_evenement(web.bd(), "mot_de_passe_actuel_refuse", compte_id, maintenant)
        raise ConfirmationRefusee("Ce n’est pas votre mot de passe actuel. Vérifiez les majuscules.")
    tentative.reussir(compte_id, maintenant, "mot_de_passe_confirme")
