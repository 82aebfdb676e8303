"""The login form."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length


def _sans_controle(texte: str | None) -> str:
    """Characters that no keyboard writes; PostgreSQL refuses to compare some of them."""
    return "".join(signe for signe in texte or "" if signe.isprintable())


class FormulaireConnexion(FlaskForm):  # type: ignore[misc]
    """Lengths are capped: hashing a megabyte costs the server, not the one who sends it."""

    identifiant = StringField(
        "Identifiant",
        validators=[
            DataRequired("Écrivez votre identifiant."),
            Length(max=254, message="Cet identifiant est trop long."),
        ],
        filters=[_sans_controle],
    )
    mot_de_passe = PasswordField(
        "Mot de passe",
        validators=[
            DataRequired("Écrivez votre mot de passe."),
            Length(max=256, message="Ce mot de passe est trop long."),
        ],
    )
    durable = BooleanField("Rester connecté sur cet appareil")
    suite = HiddenField()
