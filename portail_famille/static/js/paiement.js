/* Back from PayFiP: the portal asks for the result by itself a few times, then leaves it to the button. */
(() => {
  "use strict";
  const etat = document.getElementById("etat"), form = document.getElementById("verifier"), suivi = document.getElementById("suivi");
  // A little over two minutes in all: until then, PayFiP's « cancelled » may still be begun again on its own page.
  const attentes = [1, 4, 11, 11, 15, 20, 30, 35];
  let reponse = "";
  const dire = (texte) => { if (suivi && suivi.textContent !== texte) suivi.textContent = texte; };
  const demander = async () => {
    try {
      const recue = await fetch(form ? form.action : location.href, form ? {method: "POST", body: new FormData(form)} : {});
      const page = new DOMParser().parseFromString(await recue.text(), "text/html"), neuf = page.getElementById("etat");
      if (neuf && neuf.dataset.etat !== etat.dataset.etat) return location.reload();
      // « PayFiP ne répond pas », « PayFiP ne le sait pas encore »: as the button would say it.
      reponse = page.querySelector("#reponse b")?.textContent ?? "";
    } catch { /* no network: the next time, or the button */ }
    attendre();
  };
  const attendre = () => {
    const secondes = attentes.shift();
    dire(secondes ? `${reponse} Le portail demande le résultat à PayFiP…`.trim() : reponse);
    if (secondes) setTimeout(demander, secondes * 1000);
  };
  attendre();
})();
