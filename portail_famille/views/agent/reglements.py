"""The ledger: payments entered by hand, daily statement, unpaid invoices, what goes to the Treasury."""

from flask import Blueprint

bp = Blueprint("agent_reglements", __name__, url_prefix="/agent/reglements")
