"""What a password must hold (the guides' rule, and the third class of characters that CNIL 2022-100 asks)."""

import unicodedata

LONGUEUR_MINIMALE, LONGUEUR_MAXIMALE = 8, 256
REGLE = "Au moins 8 caractères, dont une majuscule, une minuscule et un chiffre."


def manques(mot_de_passe: str) -> tuple[str, ...]:
    """What is missing, in words that follow « il manque »; empty when nothing is."""
    mot = unicodedata.normalize("NFC", mot_de_passe)
    absents = []
    if len(mot) < LONGUEUR_MINIMALE:
        reste = LONGUEUR_MINIMALE - len(mot)
        absents.append(f"{reste} caractère{'s' if reste > 1 else ''}")
    if not any(signe.isupper() for signe in mot):
        absents.append("une majuscule")
    if not any(signe.islower() for signe in mot):
        absents.append("une minuscule")
    if not any(signe.isdecimal() for signe in mot):
        absents.append("un chiffre")
    return tuple(absents)
