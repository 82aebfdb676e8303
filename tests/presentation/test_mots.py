"""Words that several screens share."""

from types import SimpleNamespace
from typing import Any

from portail_famille.presentation.mots import ecrire_a


def test_a_link_to_write_has_one_addressee_whatever_the_address_holds() -> None:
    fiche = SimpleNamespace(nom="Crèche", courriel="creche@saint-rivage.example?bcc=voleur@ailleurs.example&x=%0a")
    dossier: Any = SimpleNamespace(regles=SimpleNamespace(catalogue=SimpleNamespace(structures={"creche": fiche})))
    enfant: Any = SimpleNamespace(prenom="Léa")
    adresse, _, champs = ecrire_a(dossier, "creche", enfant).href.partition("?")
    assert adresse == "mailto:creche@saint-rivage.example%3Fbcc%3Dvoleur@ailleurs.example%26x%3D%250a"
    assert champs == "subject=Agenda%20de%20L%C3%A9a"
