"""The worker really killed, on both engines, against a real SMTP server: all mails present, once."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from portail_famille.models.bd import BD
from tests.support.courriels import MAINTENANT, FacteurEssai, courriels_de, deposer_plusieurs, serveur_smtp

COURRIELS = 60
MORTS = 5
LIMITE_SECONDES = 60
REGLAGES = """
nom = "Essai-sur-Mer"
courriel = "mairie@essai.example"
telephone = "01 99 00 00 00"
url_publique = "https://famille.essai.example/essai"
zone = "A"
cle_secrete = "une-cle-d-essai-qui-ne-protege-rien"
base_de_donnees = "{base}"
[smtp]
hote = "localhost"
port = {port}
securite = "aucune"
delai = 1
"""


class FacteurLent(FacteurEssai):
    """Slow enough for a kill to fall anywhere in a conversation, before or after the answer."""

    async def handle_DATA(self, serveur: Any, session: Any, enveloppe: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        await asyncio.sleep(0.01)
        reponse = await super().handle_DATA(serveur, session, enveloppe)
        await asyncio.sleep(0.01)
        return reponse


def ecrire_commune(instance: Path, bd: BD, port: int) -> None:
    dossier = instance / "essai"
    dossier.mkdir(parents=True)
    base = bd.url.render_as_string(hide_password=False)
    (dossier / "commune.toml").write_text(REGLAGES.format(base=base, port=port), encoding="utf-8")


@contextmanager
def travailleur(instance: Path) -> Iterator["subprocess.Popen[bytes]"]:
    commande = [sys.executable, "-m", "portail_famille", "travailleur", "--toutes"]
    environnement = os.environ | {"PORTAIL_FAMILLE_INSTANCE": str(instance)}
    processus = subprocess.Popen(commande, env=environnement, stderr=subprocess.DEVNULL)
    try:
        yield processus
    finally:
        processus.kill()
        processus.wait()


def attendre(condition: Any, limite: float) -> bool:
    fin = time.monotonic() + limite
    while time.monotonic() < fin:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_killed_workers_lose_no_mail_and_show_none_twice(bd: BD, tmp_path: Path) -> None:
    deposer_plusieurs(bd, COURRIELS, maintenant=MAINTENANT)
    attendus = {courriel.message_id for courriel in courriels_de(bd)}
    facteur, hasard = FacteurLent(), random.Random(20261121)
    debut = time.monotonic()
    with serveur_smtp(facteur) as port:
        ecrire_commune(tmp_path / "instance", bd, port)
        for _ in range(MORTS):
            deja = len(facteur.enveloppes)
            with travailleur(tmp_path / "instance") as processus:
                assert attendre(lambda deja=deja: len(facteur.enveloppes) > deja, LIMITE_SECONDES)
                time.sleep(hasard.uniform(0, 0.15))
                processus.send_signal(signal.SIGKILL)
                assert processus.wait() == -signal.SIGKILL
        assert len(facteur.boite.recus()) < COURRIELS, "killed too late to prove anything"
        with travailleur(tmp_path / "instance"), travailleur(tmp_path / "instance"):
            assert attendre(lambda: all(c.etat == "envoye" for c in courriels_de(bd)), LIMITE_SECONDES)
    recus = facteur.boite.recus()
    assert {recu.message_id for recu in recus} == attendus
    assert len(recus) == COURRIELS
    # Killed between the server's answer and our commit, a worker makes one more delivery of the same message: at most
    # one per death, and none by the two that worked together.
    assert len(facteur.enveloppes) - COURRIELS <= MORTS
    assert time.monotonic() - debut < 3 * LIMITE_SECONDES


def test_two_workers_at_once_deliver_each_mail_once(bd: BD, tmp_path: Path) -> None:
    deposer_plusieurs(bd, COURRIELS, maintenant=MAINTENANT)
    facteur = FacteurLent()
    with serveur_smtp(facteur) as port:
        ecrire_commune(tmp_path / "instance", bd, port)
        with travailleur(tmp_path / "instance"), travailleur(tmp_path / "instance"):
            assert attendre(lambda: all(c.etat == "envoye" for c in courriels_de(bd)), LIMITE_SECONDES)
    assert len(facteur.enveloppes) == COURRIELS
    assert {recu.livraisons for recu in facteur.boite.recus()} == {1}


def test_a_worker_asked_to_stop_finishes_its_mail_and_leaves(bd: BD, tmp_path: Path) -> None:
    deposer_plusieurs(bd, COURRIELS, maintenant=MAINTENANT)
    facteur = FacteurLent()
    with serveur_smtp(facteur) as port:
        ecrire_commune(tmp_path / "instance", bd, port)
        with travailleur(tmp_path / "instance") as processus:
            assert attendre(lambda: facteur.enveloppes, LIMITE_SECONDES)
            processus.send_signal(signal.SIGTERM)
            assert processus.wait(timeout=LIMITE_SECONDES) == 0
    etats = [courriel.etat for courriel in courriels_de(bd)]
    assert etats.count("envoye") == len(facteur.enveloppes) < COURRIELS
    assert "en_cours" not in etats


@pytest.mark.parametrize("defaut", ["nom = [", "inconnue = 1"])
def test_one_broken_town_does_not_stop_the_mail_of_the_others(bd: BD, tmp_path: Path, defaut: str) -> None:
    deposer_plusieurs(bd, 2, maintenant=MAINTENANT)
    facteur = FacteurEssai()
    cassee = tmp_path / "instance" / "a-cassee"
    cassee.mkdir(parents=True)
    (cassee / "commune.toml").write_text(defaut, encoding="utf-8")
    with serveur_smtp(facteur) as port:
        ecrire_commune(tmp_path / "instance", bd, port)
        with travailleur(tmp_path / "instance"):
            assert attendre(lambda: len(facteur.enveloppes) == 2, LIMITE_SECONDES)
