"""Flask extensions, made once and attached to each commune's app."""

from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect

connexion = LoginManager()
# A session is a row of the database, checked at each request: nothing to guess from the browser's address or name.
connexion.session_protection = None
csrf = CSRFProtect()
