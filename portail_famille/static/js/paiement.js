/* Back from PayFiP: the portal asks for the result by itself a few times, then leaves it to the button. */
(() => {
  "use strict";
  const etat = document.getElementById("etat"), form = document.getElementById("verifier"), suivi = document.getElementById("suivi");
  // A little over two minutes in all: until then, PayFiP's « cancelled » may still be begun again on its own page.
  const attentes = [1, 4, 11, 11, 15, 20, 30, 35];
  const dire = (texte) => { if (suivi) suivi.textContent = texte; };
  const demander = async () => {
    try {
      const reponse = await fetch(form ? form.action : location.href, form ? {method: "POST", body: new FormData(form)} : {});
      const neuf = new DOMParser().parseFromString(await reponse.text(), "text/html").getElementById("etat");
      if (neuf && neuf.dataset.etat !== etat.dataset.etat) return location.reload();
    } catch { /* no network: the next time, or the button */ }
    attendre();
  };
  const attendre = () => {
    const secondes = attentes.shift();
    if (!secondes) return dire("");
    dire("Le portail demande le résultat à PayFiP…");
    setTimeout(demander, secondes * 1000);
  };
  attendre();
})();
