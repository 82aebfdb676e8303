"""Invoices, avoirs and receipts of payment as PDF, to keep or to print."""

from flask import Blueprint

bp = Blueprint("factures_pdf", __name__, url_prefix="/factures")
