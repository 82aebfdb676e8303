"""Mail over SMTP, by Flask-Mail, with what it lacks: a verified certificate, time-outs, sorted refusals.

Flask-Mail 0.10 accepts any certificate under STARTTLS and waits for ever (design notes, trap 3): its connection is
subclassed. Nothing here knows the outbox: the worker hands a `Pli` over and learns what became of it.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.header import Header
from email.utils import formataddr
from typing import Any, Protocol

from flask_mail import BadHeaderError, Connection, Mail, Message

# RFC 3463: X.7.X is about policy and authorisation, that is to say our settings. An agent can mend them: we try again.
_STATUT_ETENDU = re.compile(r"^[245]\.(\d{1,3})\.\d{1,3}\b")
_POLITIQUE = "7"
# "Service not available, closing transmission channel", "authentication required": about the server, not the mail.
_CODES_DU_SERVEUR = frozenset({421, 530, 534, 535, 538})


class ReglagesSmtp(Protocol):
    """What the gateway reads of commune.toml.

    `securite`: tls, starttls or aucune; `delai` in seconds, per exchange; `autorites`: a file of authorities to trust
    instead of the system's, or empty.
    """

    @property
    def hote(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def securite(self) -> str: ...
    @property
    def identifiant(self) -> str: ...
    @property
    def mot_de_passe(self) -> str: ...
    @property
    def expediteur(self) -> str: ...
    @property
    def delai(self) -> int: ...
    @property
    def autorites(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Pli:
    """A mail ready to go. The same one sent twice is the same bytes under the same Message-ID and date."""

    message_id: str
    destinataire: str
    objet: str
    texte: str
    html: str
    date: datetime


class ServeurInjoignable(Exception):
    """No conversation with the server (network, certificate, login, shutdown): no mail is at fault."""


class RefusProvisoire(Exception):
    """This mail was not taken, now; later perhaps."""


class RefusDefinitif(Exception):
    """This mail will never be taken: the address does not exist, the message itself is refused."""


class Tournee(Protocol):
    """An open conversation with the server, for as many mails as there are."""

    def envoyer(self, pli: Pli) -> None:
        """Returns once the server has answered for it. Raises RefusProvisoire, RefusDefinitif or ServeurInjoignable.

        The sentences raised never hold an address: servers repeat it in their answers, and it would end up in the log.
        """
        ...


class CourrielSmtp:
    """The town's own server. `app`: a Flask application for Flask-Mail to live in; its MAIL_* settings are ours."""

    def __init__(self, app: Any, smtp: ReglagesSmtp, nom: str, repondre_a: str) -> None:
        self._app = app
        self._smtp = smtp
        self._nom = nom
        self._repondre_a = repondre_a
        app.config.update(
            MAIL_SERVER=smtp.hote,
            MAIL_PORT=smtp.port,
            MAIL_USE_SSL=smtp.securite == "tls",
            MAIL_USE_TLS=smtp.securite == "starttls",
            MAIL_USERNAME=smtp.identifiant or None,
            MAIL_PASSWORD=smtp.mot_de_passe or None,
            MAIL_DEBUG=0,
            MAIL_MAX_EMAILS=None,
            MAIL_SUPPRESS_SEND=False,
        )
        self._mail = Mail(app)

    @contextmanager
    def ouvrir(self) -> Iterator[Tournee]:
        """Raises ServeurInjoignable before any mail is touched."""
        connexion = ConnexionVerifiee(self._mail.state, self._smtp.delai, self._smtp.autorites)
        with self._app.app_context():
            try:
                connexion.ouvrir()
            except (OSError, smtplib.SMTPException) as erreur:
                raise ServeurInjoignable(_decrire(erreur)) from None
            try:
                yield _TourneeSmtp(connexion, self._smtp.expediteur, self._nom, self._repondre_a)
            finally:
                connexion.fermer()


class CourrielNul:
    """The twin without a network: keeps what it is given. `refus`: recipient → exception to raise."""

    def __init__(self, refus: dict[str, Exception] | None = None, est_joignable: bool = True) -> None:
        self.plis: list[Pli] = []
        self.refus = refus or {}
        self.est_joignable = est_joignable

    @contextmanager
    def ouvrir(self) -> Iterator[Tournee]:
        if not self.est_joignable:
            raise ServeurInjoignable("serveur éteint")
        yield self

    def envoyer(self, pli: Pli) -> None:
        if pli.destinataire in self.refus:
            raise self.refus[pli.destinataire]
        self.plis.append(pli)


class ConnexionVerifiee(Connection):
    """Flask-Mail's connection with verified certificates, the host name checked, a time-out on every exchange."""

    host: smtplib.SMTP | None

    def __init__(self, mail: Any, delai: int, autorites: str) -> None:
        super().__init__(mail)
        self._delai = delai
        self._autorites = autorites

    def ouvrir(self) -> None:
        self.host = self.configure_host()

    def fermer(self) -> None:
        """Says goodbye if the server still listens; what it already accepted stays accepted."""
        if self.host is not None:
            with suppress(OSError, smtplib.SMTPException):
                self.host.quit()
            self.host.close()
            self.host = None

    def configure_host(self) -> smtplib.SMTP:
        contexte = ssl.create_default_context(cafile=self._autorites or None)
        # The machine's own name, without asking the DNS for a longer one: that question has no time-out.
        nom = socket.gethostname()
        hote: smtplib.SMTP
        if self.mail.use_ssl:
            hote = smtplib.SMTP_SSL(self.mail.server, self.mail.port, nom, timeout=self._delai, context=contexte)
        else:
            hote = smtplib.SMTP(self.mail.server, self.mail.port, nom, timeout=self._delai)
        try:
            if self.mail.use_tls:
                hote.starttls(context=contexte)
            if self.mail.username and self.mail.password:
                hote.login(self.mail.username, self.mail.password)
        except BaseException:
            hote.close()
            raise
        return hote


class _Courrier(Message):
    """Flask-Mail's message, with a subject and a sender that arrive letter for letter.

    Flask-Mail encodes them, then folds the result afresh, which on Python 3.11 loses the space between two encoded
    words (« reçun° »); and a comma in the town's name cuts its sender in two.
    """

    def __init__(self, pli: Pli, nom: str, expediteur: str, repondre_a: str) -> None:
        super().__init__(
            subject=pli.objet,
            recipients=[pli.destinataire],
            body=pli.texte,
            html=pli.html,
            sender=expediteur,
            reply_to=repondre_a or None,
            date=pli.date.timestamp(),
            extra_headers={"Auto-Submitted": "auto-generated"},
        )
        self.msgId = pli.message_id
        self._de = _expediteur(nom, expediteur)

    def _message(self) -> Any:
        message: Any = super()._message()
        message.policy = policy.compat32.clone(linesep="\r\n")
        del message["Subject"], message["From"]
        message["Subject"] = Header(
            self.subject, "us-ascii" if self.subject.isascii() else "utf-8", header_name="Subject"
        )
        message["From"] = self._de
        return message


def _expediteur(nom: str, adresse: str) -> Header:
    propre = " ".join(nom.split())
    if propre.isascii():
        return Header(formataddr((propre, adresse)), header_name="From")
    entete = Header(propre, "utf-8", header_name="From")
    entete.append(f"<{adresse}>", "us-ascii")
    return entete


class _TourneeSmtp:
    def __init__(self, connexion: ConnexionVerifiee, expediteur: str, nom: str, repondre_a: str) -> None:
        self._connexion = connexion
        self._expediteur = expediteur
        self._nom = nom
        self._repondre_a = repondre_a

    def envoyer(self, pli: Pli) -> None:
        message = _Courrier(pli, self._nom, self._expediteur, self._repondre_a)
        try:
            self._connexion.send(message, envelope_from=self._expediteur)
        except smtplib.SMTPRecipientsRefused as erreur:
            code, texte = next(iter(erreur.recipients.values()))
            raise _classer(code, texte) from None
        except smtplib.SMTPResponseException as erreur:
            raise _classer(erreur.smtp_code, erreur.smtp_error) from None
        except (OSError, smtplib.SMTPServerDisconnected) as erreur:
            raise ServeurInjoignable(_decrire(erreur)) from None
        except (smtplib.SMTPException, BadHeaderError, ValueError) as erreur:
            raise RefusDefinitif(f"message impossible à former ({type(erreur).__name__})") from None


def _classer(code: int, reponse: bytes | str) -> Exception:
    texte = reponse.decode("ascii", "replace") if isinstance(reponse, bytes) else reponse
    statut = _STATUT_ETENDU.match(texte)
    resume = f"réponse {code} {statut[0] if statut else ''}".strip()
    if code in _CODES_DU_SERVEUR:
        return ServeurInjoignable(resume)
    if code >= 500 and not (statut and statut[1] == _POLITIQUE):
        return RefusDefinitif(resume)
    return RefusProvisoire(resume)


def _decrire(erreur: Exception) -> str:
    """The kind of failure, without what the server wrote: it may hold a login or an address."""
    if isinstance(erreur, ssl.SSLCertVerificationError):
        return f"certificat refusé ({erreur.verify_message})"
    if isinstance(erreur, smtplib.SMTPAuthenticationError):
        return f"identifiant ou mot de passe refusé (réponse {erreur.smtp_code})"
    if isinstance(erreur, smtplib.SMTPNotSupportedError):
        return "le serveur ne propose pas STARTTLS ou la connexion par mot de passe"
    if isinstance(erreur, smtplib.SMTPResponseException):
        return f"réponse {erreur.smtp_code}"
    # smtplib turns a time-out while it waits for an answer into a disconnection.
    if isinstance(erreur, TimeoutError) or isinstance(erreur.__context__, TimeoutError):
        return "délai dépassé"
    return type(erreur).__name__
