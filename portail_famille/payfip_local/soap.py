"""SOAP 1.1 document/literal as PayFiP speaks it: questions read strictly, replies and faults written."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lxml import etree

NS = (
    "http://securite.service.tpa.cp.finances.gouv.fr/services/mas_securite/"
    "contrat_paiement_securise/PaiementSecuriseService"
)
ENVELOPPE = "http://schemas.xmlsoap.org/soap/envelope/"
_EXCEPTIONS = "fr.gouv.finances.cp.tpa.webservice.exceptions."
_CHAMPS = {
    "creerPaiementSecurise": (
        "exer", "mel", "montant", "numcli", "objet", "refdet", "saisie", "urlnotif", "urlredirect",
    ),
    "recupererDetailPaiementSecurise": ("idOp",),
    "recupererDetailClient": ("numCli",),
}  # fmt: skip
"""In the order of the schema."""
_ADRESSE = b"https://www.payfip.gouv.fr/tpa/services/securite"
_FICHIERS = ("PaiementSecuriseService.wsdl", *(f"PaiementSecuriseService_schema{rang}.xsd" for rang in (1, 2, 3)))


class QuestionIllisible(Exception):
    """Not what the description of the service says: TechProtocolaireErreur."""


@dataclass(frozen=True, slots=True)
class Question:
    operation: str
    champs: Mapping[str, str]


def lire(corps: bytes) -> Question:
    """Raises `QuestionIllisible`."""
    lecteur = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        racine = etree.fromstring(corps, lecteur)
    except (etree.XMLSyntaxError, ValueError):
        raise QuestionIllisible("XML") from None
    if racine.getroottree().docinfo.doctype:
        raise QuestionIllisible("DTD")
    operation = racine.find(f"{{{ENVELOPPE}}}Body/{{{NS}}}*")
    nom = "" if operation is None else etree.QName(operation).localname
    if racine.tag != f"{{{ENVELOPPE}}}Envelope" or operation is None or nom not in _CHAMPS:
        raise QuestionIllisible("opération")
    arguments = operation.findall("*")
    if [argument.tag for argument in arguments] != ["arg0"]:
        raise QuestionIllisible("arg0")
    champs = [(champ.tag, (champ.text or "").strip()) for champ in arguments[0]]
    noms = [nom_champ for nom_champ, _ in champs]
    # Each once at most, in the order of the schema.
    if noms != [attendu for attendu in _CHAMPS[nom] if attendu in noms]:
        raise QuestionIllisible("champs")
    return Question(nom, dict(champs))


def repondre(operation: str, champs: Mapping[str, str]) -> bytes:
    """`champs` in the order of the schema; what is empty is left out, as PayFiP does."""
    enveloppe, corps = _enveloppe()
    reponse = etree.SubElement(corps, f"{{{NS}}}{operation}Response", nsmap={"ns2": NS})
    retour = etree.SubElement(reponse, "return")
    for nom, valeur in champs.items():
        if valeur:
            etree.SubElement(retour, nom).text = valeur
    return _octets(enveloppe)


def faute(genre: str, code: str, libelle: str) -> bytes:
    """`genre`: FonctionnelleErreur, TechIndisponibiliteErreur…"""
    enveloppe, corps = _enveloppe()
    bloc = etree.SubElement(corps, f"{{{ENVELOPPE}}}Fault")
    etree.SubElement(bloc, "faultcode").text = "S:Server"
    etree.SubElement(bloc, "faultstring").text = _EXCEPTIONS + genre
    detail = etree.SubElement(etree.SubElement(bloc, "detail"), f"{{{NS}}}{genre}", nsmap={"ns1": NS})
    for nom, valeur in (("code", code), ("descriptif", ""), ("libelle", libelle), ("severite", "2")):
        etree.SubElement(detail, nom).text = valeur
    return _octets(enveloppe)


def description(nom: str, adresse: str) -> bytes | None:
    """The WSDL, or one of its schemas by its file's name; None: there is no such file."""
    if nom not in _FICHIERS:
        return None
    return files("eopayment").joinpath("resource", nom).read_bytes().replace(_ADRESSE, adresse.encode())


def _enveloppe() -> tuple[Any, Any]:
    enveloppe = etree.Element(f"{{{ENVELOPPE}}}Envelope", nsmap={"S": ENVELOPPE})
    return enveloppe, etree.SubElement(enveloppe, f"{{{ENVELOPPE}}}Body")


def _octets(enveloppe: Any) -> bytes:
    return bytes(etree.tostring(enveloppe, xml_declaration=True, encoding="UTF-8"))
