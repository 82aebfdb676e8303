"""Entrance of the web server: `gunicorn portail_famille.wsgi:application`."""

from portail_famille.communes import Communes
from portail_famille.config import dossier_instance

application = Communes(dossier_instance())
