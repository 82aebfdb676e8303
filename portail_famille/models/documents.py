"""Documents: pieces of the porte-documents. The bytes are in the coffre, encrypted; the row says what they are."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Instant


class Piece(Base):
    """A document of a foyer, of one of its adults or of one of its children."""

    __tablename__ = "piece"
    __table_args__ = (CheckConstraint("taille > 0", name="taille"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), index=True)
    personne_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)
    enfant_id: Mapped[int | None] = mapped_column(ForeignKey("enfant.id"), index=True)
    est_du_foyer: Mapped[bool] = mapped_column(default=False, server_default=false())
    """All its adults read it. False with no child and no adult: for whoever gave it (what proves a child asked for)."""
    genre: Mapped[str] = mapped_column(String(30))
    """livret_famille, justificatif_domicile, jugement, pai…: a key of `ReglagesCommune.pieces`."""
    nom: Mapped[str] = mapped_column(String(120))
    """Shown to the family; the object's name in the coffre is drawn at random."""
    type_mime: Mapped[str] = mapped_column(String(40))
    taille: Mapped[int] = mapped_column(Integer)
    """Bytes of the document as it is kept, before encryption."""
    objet: Mapped[str] = mapped_column(String(64), unique=True)
    """Name in the coffre."""
    deposee_utc: Mapped[datetime] = mapped_column(Instant)
    deposee_par: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    valable_jusqua: Mapped[date | None] = mapped_column(Date)
    datee_du: Mapped[date | None] = mapped_column(Date)
    """The date written on the document."""
    rappelee_utc: Mapped[datetime | None] = mapped_column(Instant)
    """When the family was told that it expires soon."""
    remplacee_par: Mapped[int | None] = mapped_column(ForeignKey("piece.id"), index=True)
    """The newer version of the same document."""
    retiree_utc: Mapped[datetime | None] = mapped_column(Instant)
    """Taken out by the family: the bytes are dropped by `purger`, the row while a démarche refers to it stays."""
