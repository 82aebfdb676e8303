"""The calendar an agent can edit: school holidays of the commune's zone and public holidays (domain.md §2)."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base


class PeriodeScolaire(Base):
    """A school holiday, first and last days off included."""

    __tablename__ = "periode_scolaire"
    __table_args__ = (CheckConstraint("au >= du", name="dates"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    nom: Mapped[str] = mapped_column(String(80))
    du: Mapped[date] = mapped_column(Date, unique=True)
    au: Mapped[date] = mapped_column(Date)


class JourFerie(Base):
    """A public holiday."""

    __tablename__ = "jour_ferie"

    jour: Mapped[date] = mapped_column(Date, primary_key=True)
    nom: Mapped[str] = mapped_column(String(80))


class VersionRegles(Base):
    """Counters that say when a process must read its rules again: 'catalogue' and 'calendrier'."""

    __tablename__ = "version_regles"

    cle: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, default=0)
