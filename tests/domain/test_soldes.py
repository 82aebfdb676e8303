"""The ledger's rules: whatever is paid, credited, taken back and given back, nothing is lost to the centime."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from portail_famille.domain.soldes import Creance, Credit, Emploi, Livre, Solde, Source

JOUR = date(2026, 12, 1)


def livre(*creances: int, credits: tuple[tuple[Source, int, int | None], ...] = ()) -> Livre:
    """Invoices 1, 2, 3… due one after the other; credits 1, 2, 3… (source, centimes, own invoice)."""
    return Livre(
        {n: Creance(n, reste, JOUR + timedelta(days=n)) for n, reste in enumerate(creances, 1)},
        {
            (source, n): Credit(source, n, reste, JOUR + timedelta(days=n), pour)
            for n, (source, reste, pour) in enumerate(credits, 1)
        },
    )


def restes(du: Livre) -> list[int]:
    return [creance.reste_centimes for creance in du.creances.values()]


def test_a_payment_pays_what_it_names_in_that_order_and_keeps_the_rest() -> None:
    du = livre(1000, 2000, 3000, credits=((Source.REGLEMENT, 3500, None),))
    credit = du.credits[Source.REGLEMENT, 1]
    emplois = du.employer(credit, [3, 1])
    assert [(e.facture_id, e.centimes) for e in emplois] == [(3, 3000), (1, 500)]
    assert (restes(du), credit.reste_centimes) == ([500, 2000, 0], 0)
    assert du.employer(credit, [1, 2]) == []


def test_credits_pay_the_oldest_invoices_the_oldest_credit_first() -> None:
    du = livre(1000, 2000, credits=((Source.REGLEMENT, 1500, None), (Source.REGLEMENT, 2000, None)))
    du.creances[2].echeance = JOUR
    emplois = du.utiliser_credits()
    assert [(e.source_id, e.facture_id, e.centimes) for e in emplois] == [(1, 2, 1500), (2, 2, 500), (2, 1, 1000)]
    assert (restes(du), du.credit_centimes, du.solde_centimes) == ([0, 0], 500, -500)


def test_an_avoir_goes_to_its_own_invoice_before_an_older_one() -> None:
    du = livre(1000, 2000, credits=((Source.AVOIR, 2500, 2),))
    assert [(e.facture_id, e.centimes) for e in du.utiliser_credits()] == [(2, 2000), (1, 500)]


def test_an_invoice_that_somebody_else_collects_is_not_paid_by_a_credit_but_by_its_own_avoir() -> None:
    du = livre(1000, credits=((Source.REGLEMENT, 400, None),))
    du.creances[1].est_automatique = False
    assert du.utiliser_credits() == []
    du.credits[Source.AVOIR, 9] = Credit(Source.AVOIR, 9, 300, JOUR, pour=1)
    assert [(e.source_id, e.centimes) for e in du.utiliser_credits()] == [(9, 300)]
    assert (restes(du), du.credit_centimes) == ([700], 400)


def test_a_refund_gives_back_the_oldest_credits_and_can_be_taken_back() -> None:
    du = livre(credits=((Source.REGLEMENT, 300, None), (Source.AVOIR, 500, None)))
    rendus = du.rendre(7, 600)
    assert [(e.source, e.remboursement_id, e.centimes) for e in rendus] == [
        (Source.REGLEMENT, 7, 300),
        (Source.AVOIR, 7, 300),
    ]
    repris = du.reprendre(rendus)
    assert [e.centimes for e in repris] == [-300, -300]
    assert du.credit_centimes == 800


def test_the_balance_is_what_was_billed_less_avoirs_and_payments() -> None:
    assert Solde(10_000, -2_000, 5_000, 3_000, 0).centimes == 3_000


@dataclass
class Grand:
    """A ledger and, apart from it, the plain sums that it must agree with."""

    livre: Livre = field(default_factory=Livre)
    totaux: dict[tuple[str, int], int] = field(default_factory=dict)
    emplois: list[Emploi] = field(default_factory=list)
    du: int = 0
    """Invoices less avoirs less payments, refunds and reversals counted back."""

    def nouveau(self, genre: str, centimes: int) -> int:
        self.totaux[genre, len(self.totaux) + 1] = centimes
        return len(self.totaux)

    def noter(self, emplois: list[Emploi]) -> None:
        self.emplois += emplois + self.livre.utiliser_credits()


ACTES = st.lists(
    st.tuples(
        st.sampled_from(["facturer", "payer", "avoir", "annuler", "rembourser", "transmettre"]),
        st.integers(1, 20_000),
        st.integers(0, 30),
    ),
    max_size=40,
)


def jouer(grand: Grand, acte: str, centimes: int, choix: int) -> None:
    le, ouvert = grand.livre, sorted(grand.livre.creances)
    vises = [ouvert[choix % len(ouvert)]] if ouvert else []
    if acte == "facturer":
        n = grand.nouveau("facture", centimes)
        le.creances[n] = Creance(n, centimes, JOUR + timedelta(days=choix))
        grand.du += centimes
        grand.noter([])
    elif acte == "transmettre" and vises:
        le.creances[vises[0]].est_automatique = False
    elif acte in ("payer", "avoir") and (vises or acte == "payer"):
        source = Source.REGLEMENT if acte == "payer" else Source.AVOIR
        if source is Source.AVOIR:
            centimes = min(centimes, grand.totaux["facture", vises[0]])
        n = grand.nouveau(source, centimes)
        credit = Credit(source, n, centimes, JOUR + timedelta(days=choix), vises[0] if acte == "avoir" else None)
        le.credits[source, n] = credit
        grand.du -= centimes
        grand.noter(le.employer(credit, vises) if acte == "payer" else [])
    elif acte == "rembourser":
        rendu = min(centimes, le.credit_centimes)
        grand.noter(le.rendre(grand.nouveau("remboursement", rendu), rendu))
        grand.du += rendu
    elif acte == "annuler":
        payes = [n for genre, n in grand.totaux if genre == Source.REGLEMENT]
        payes = [n for n in payes if not any(e.source_id == n and e.remboursement_id for e in grand.emplois)]
        if payes:
            n = payes[choix % len(payes)]
            siens: dict[int | None, int] = {}
            for emploi in grand.emplois:
                if (emploi.source, emploi.source_id) == (Source.REGLEMENT, n):
                    siens[emploi.facture_id] = siens.get(emploi.facture_id, 0) + emploi.centimes
            repris = le.reprendre([Emploi(Source.REGLEMENT, n, f, None, c) for f, c in siens.items() if c])
            grand.du += le.credits.pop((Source.REGLEMENT, n)).reste_centimes
            del grand.totaux[Source.REGLEMENT, n]
            grand.totaux["annule", n] = 0
            grand.noter(repris)


@settings(max_examples=150, deadline=None)
@given(ACTES)
def test_whatever_is_done_the_ledger_adds_up(actes: list[tuple[str, int, int]]) -> None:
    grand = Grand()
    for acte, centimes, choix in actes:
        jouer(grand, acte, centimes, choix)
        le = grand.livre
        assert le.solde_centimes == grand.du
        for creance in le.creances.values():
            paye = sum(e.centimes for e in grand.emplois if e.facture_id == creance.id)
            assert 0 <= creance.reste_centimes == grand.totaux["facture", creance.id] - paye
        for (source, n), credit in le.credits.items():
            parti = sum(e.centimes for e in grand.emplois if (e.source, e.source_id) == (source, n))
            assert 0 <= credit.reste_centimes == grand.totaux[source, n] - parti
        en_attente = [c for c in le.creances.values() if c.est_automatique and c.reste_centimes]
        assert le.credit_centimes == 0 or en_attente == []
