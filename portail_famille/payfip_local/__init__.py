"""A PayFiP of one's own, on this machine: the same SOAP, a payment page, no money.

For the demonstration, the tests and a town's trials. It refuses what the real one refuses and misbehaves on demand: see
`Interrupteurs`. The portal cannot tell it from the real one: two addresses of commune.toml differ.
"""

from portail_famille.payfip_local.etat import AVIS, PANNES, Etat, Interrupteurs, Transaction
from portail_famille.payfip_local.serveur import PAIEMENT, SERVICE, Serveur

__all__ = ["AVIS", "PAIEMENT", "PANNES", "SERVICE", "Etat", "Interrupteurs", "Serveur", "Transaction"]
