"""A new commune: its folder, its commented file, its keys, its database, its calendar."""

import secrets
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from portail_famille.config import FICHIER, ReglagesCommune, charger_reglages, est_slug
from portail_famille.domain.horloge import PARIS
from portail_famille.migrations import migrer
from portail_famille.models.bd import BD
from portail_famille.services.calendrier import semer_calendrier
from portail_famille.services.conditions import modele, publier

ANNEES_SEMEES = 3
"""This year and the next two: a school year is entered in spring for the following September."""


class CreationRefusee(Exception):
    """The commune cannot be made; the message says why, in French. Nothing is left behind."""


@dataclass(frozen=True, slots=True)
class Fiche:
    """What a commune's file starts with; the town completes it."""

    nom: str
    courriel: str = "mairie@a-completer.invalid"
    telephone: str = "à compléter"
    adresse: str = ""
    presentation: str = ""
    url_publique: str = ""
    zone: str = "C"
    alsace_moselle: bool = False
    couleur: str = "#0b5563"
    base_de_donnees: str = ""
    est_exemple: bool = False
    smtp_hote: str = "localhost"
    smtp_port: int = 25
    smtp_securite: str = "starttls"


def creer_commune(instance: Path, slug: str, fiche: Fiche, maintenant: datetime) -> ReglagesCommune:
    """Make a commune that works. Raises CreationRefusee, or ReglagesInvalides when the given values are refused."""
    if not est_slug(slug):
        raise CreationRefusee(
            f"« {slug} » ne peut pas servir de préfixe : 40 caractères au plus, a-z, 0-9 et tirets à l’intérieur."
        )
    dossier = instance / slug
    instance.mkdir(parents=True, exist_ok=True)
    try:
        dossier.mkdir(mode=0o700)
    except FileExistsError:
        raise CreationRefusee(f"{dossier} existe déjà : rien n’a été changé.") from None
    try:
        fichier = dossier / FICHIER
        fichier.touch(mode=0o600)
        fichier.write_text(ecrire_fiche(slug, fiche), encoding="utf-8")
        reglages = charger_reglages(dossier)
        _preparer_base(reglages, maintenant)
    except BaseException:
        shutil.rmtree(dossier)
        raise
    return reglages


def _preparer_base(reglages: ReglagesCommune, maintenant: datetime) -> None:
    bd = BD(reglages.base_de_donnees, connexions=1)
    try:
        migrer(bd)
        annees = range(maintenant.year, maintenant.year + ANNEES_SEMEES)
        with bd.session_ecriture() as session:
            semer_calendrier(session, reglages.zone, annees, reglages.alsace_moselle)
            publier(session, modele(reglages.nom), maintenant.astimezone(PARIS).date(), maintenant)
    finally:
        bd.fermer()


def ecrire_fiche(slug: str, fiche: Fiche) -> str:
    """The text of commune.toml, with a key drawn at random."""
    url = fiche.url_publique or f"http://localhost:8000/{slug}"
    base = f"base_de_donnees = {_texte(fiche.base_de_donnees)}" if fiche.base_de_donnees else _BASE_PAR_DEFAUT
    return _MODELE.format(
        nom=_texte(fiche.nom),
        courriel=_texte(fiche.courriel),
        telephone=_texte(fiche.telephone),
        adresse=_texte(fiche.adresse),
        presentation=_texte(fiche.presentation),
        url_publique=_texte(url),
        slug=slug,
        zone=_texte(fiche.zone),
        alsace_moselle="true" if fiche.alsace_moselle else "false",
        couleur=_texte(fiche.couleur),
        base=base,
        est_exemple="true" if fiche.est_exemple else "false",
        cle_secrete=_texte(secrets.token_urlsafe(48)),
        cle_coffre=_texte(secrets.token_urlsafe(48)),
        smtp_hote=_texte(fiche.smtp_hote),
        smtp_port=fiche.smtp_port,
        smtp_securite=_texte(fiche.smtp_securite),
    )


def _texte(valeur: str) -> str:
    """A TOML basic string."""
    echappe = valeur.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in echappe) + '"'


_BASE_PAR_DEFAUT = '# base_de_donnees = "postgresql+psycopg://utilisateur:motdepasse@serveur/base"'
_MODELE = """\
# Réglages du portail de la commune. Une clé inconnue ou mal remplie empêche le démarrage, en disant laquelle.
# Après un changement, redémarrez le portail.
# Ce fichier contient des secrets : il n'est lisible que par son propriétaire.

nom = {nom}
# Montrés en bas de chaque page, et dans chaque mail.
courriel = {courriel}
telephone = {telephone}
adresse = {adresse}
# Une phrase de bienvenue sur la page d'accueil ; vide : celle du portail.
presentation = {presentation}
# true affiche partout qu'il s'agit d'une ville fictive, et permet d'y inventer des familles.
est_exemple = {est_exemple}

# Adresse de l'accueil telle que les familles la voient ; les liens des mails commencent ainsi. https en production.
url_publique = {url_publique}
# Combien de serveurs mandataires (nginx, Caddy...) sont devant le portail : 0 s'il est joint directement.
mandataires = 0

# Zone de vacances scolaires : A, B ou C ; alsace_moselle = true ajoute le Vendredi saint et le 26 décembre.
# Les dates sont dans la base : après un changement de l'un ou de l'autre, lancez
#   portail-famille calendrier semer --remplacer --commune {slug}
zone = {zone}
alsace_moselle = {alsace_moselle}

# Tirée au hasard à la création. La changer déconnecte tout le monde.
cle_secrete = {cle_secrete}
# Chiffre les documents et les données de santé : gardez-en une copie hors de ce serveur, et ne la changez pas.
cle_coffre = {cle_coffre}

# Vide ou absente : un fichier SQLite à côté de celui-ci.
{base}

[smtp]
hote = {smtp_hote}
port = {smtp_port}
# tls, starttls, ou aucune (seulement pour un serveur sur la même machine).
securite = {smtp_securite}
identifiant = ""
mot_de_passe = ""
# Vide : le courriel de la commune.
expediteur = ""
# Secondes avant d'abandonner un serveur qui ne répond pas.
delai = 15
# Fichier PEM d'une autorité propre à la commune ; vide : celles du système.
autorites = ""

[apparence]
# Couleur des boutons et des liens ; son contraste est vérifié au démarrage.
couleur = {couleur}
# Celle du mode sombre se déduit de la première si elle n'est pas donnée.
# couleur_sombre = "#82cbd8"
# Fichier .svg ou .png placé à côté de celui-ci ; vide : les initiales de la commune.
logo = ""

[session]
# Sans activité pendant ce temps, il faut se reconnecter.
inactivite_minutes = 30
# Au bout de ce temps, aussi.
duree_heures = 12
# « Rester connecté » sur son téléphone : jours sans visite avant de redemander le mot de passe ; 0 : pas proposé.
durable_jours = 90
durable_maximum_jours = 365

[comptes]
# Durée des liens envoyés par mail, et du code à 6 chiffres écrit à côté.
lien_activation_jours = 30
lien_oubli_minutes = 60
code_minutes = 15
# Chaque famille vérifie son dossier à la première visite, puis à cet intervalle.
verification_mois = 12
# « Créer mon espace » pour une famille que la mairie ne connaît pas encore.
creation_ouverte = true

[conservation]
# Ce que « portail-famille purger » efface, et quand (RGPD). En mois, sauf la dernière ligne.
journal_mois = 12
actes_mois = 36
demarches_mois = 24
foyers_partis_mois = 12
comptes_jamais_actives_mois = 12
# Ce qui a été facturé : dix ans.
reservations_annees = 10

[champs]
# Ce que les familles peuvent faire d'une information : "cache", "lecture", "direct" (modifiable tout de suite)
# ou "demande" (modifiable après accord d'un agent). Sans ligne ici, le réglage du portail vaut.
# "foyer.adresse" = "demande"

[documents]
# Place du porte-documents d'un foyer, en Mo, et jours avant la fin d'un document où la famille est prévenue.
quota_mo = 200
rappel_jours = 30
# Antivirus (clamd) : "unix:/run/clamav/clamd.ctl" ou "localhost:3310" ; vide : aucun.
antivirus = ""
# Où sont gardés les documents, toujours chiffrés : "disque" (dossier coffre/ d'ici) ou "s3", qui demande
# « pip install portail-famille[s3] ».
# stockage = "s3"
# s3_adresse = "https://s3.exemple.fr"
# s3_region = "fr-par"
# s3_panier = "documents"
# s3_cle = ""
# s3_secret = ""

[quotient]
# Jusqu'à quand vaut un quotient accepté : "annee_civile", "annee_scolaire" ou "mois" (validite_mois).
validite = "annee_civile"
# À partir de quand il compte : "jour" de la déclaration, "mois" (son premier jour) ou "mois_suivant".
effet = "jour"
rappel_jours = 30
# Sans allocations : le quotient se calcule sur l'avis d'imposition (revenu fiscal / avis_mois / parts).
avis_imposition = true
# API Particulier : la mairie demande le quotient à la CAF ou à la MSA, sans document. Il faut un jeton de l'État.
# api_particulier_url = "https://particulier.api.gouv.fr"
# api_particulier_jeton = "…"
# api_particulier_siret = "…"

# Le paiement en ligne : les deux adresses de PayFiP. Vides ou absentes : celles de l'État.
# [payfip]
# service = "https://www.payfip.gouv.fr/tpa/services/securite"
# paiement = "https://www.payfip.gouv.fr/tpa/paiementws.web"

# Une régie : qui facture et encaisse quelles activités. Sans régie, rien n'est facturé. Voir docs/factures.md.
# Avec un numero_client, saisie est obligatoire : T (essais, sans argent), X (activation) ou W (service).
# [regies.enfance]
# nom = "Enfance et éducation"
# serie = "EE"
# numero_client = "012345"
# saisie = "T"
# activites = ["cantine", "periscolaire"]
# structures = []
# echeance = "jour 20"
# libelle = "Périscolaire, {{mois}}"
# minimum = "1,00"
# relances = [7, 21]
# moyens = ["carte", "cheque", "especes", "cesu", "virement", "prelevement"]
# ordre_cheques = "Trésor public"
# signataire = "Le régisseur"
# adresse = ""
# courriel = ""
# telephone = ""
# est_importee = false

# Une démarche, un genre de document : chacun a sa table. Tout ce qui peut s'y écrire est dans docs/demarches.md.
# [demarches.quotient]
# pieces = ["attestation_caf"]
# [pieces.certificat_medical]
# nom = "Certificat médical"
"""
