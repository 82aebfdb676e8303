/* Sends the chosen files one by one and says how far it is: a file that fails does not take the others with it, and a
   slow network shows that something happens. Without this script the form sends them all at once. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-envoi]");
  if (!form || !window.FormData || !window.DataTransfer) return;
  const champ = form.elements.fichiers;
  const zone = document.getElementById("envoi");
  const bouton = form.querySelector("button.plein");
  const DEUX_POINTS = "\u00a0: ";
  let occupe = false;

  const element = (nom, texte = "", classe = "") => {
    const e = document.createElement(nom);
    e.textContent = texte;
    if (classe) e.className = classe;
    return e;
  };

  /* {ok, ailleurs, page, message}: `page` when it is the form itself that is badly filled. */
  const envoyer = (fichier, avancer) => new Promise((rendre) => {
    const corps = new FormData(form);
    corps.delete("fichiers");
    corps.append("fichiers", fichier);
    const requete = new XMLHttpRequest();
    requete.open("POST", form.action);
    requete.setRequestHeader("HX-Request", "true");
    requete.setRequestHeader("HX-Request-Type", "partial");
    requete.upload.addEventListener("progress", (e) => { if (e.lengthComputable) avancer(e.loaded / e.total); });
    requete.addEventListener("error", () => rendre({message: "pas de réseau, réessayez."}));
    requete.addEventListener("load", () => {
      const vers = requete.getResponseHeader("HX-Redirect");
      if (vers) {
        const ailleurs = new URL(vers, location.href).pathname !== new URL(form.dataset.envoi, location.href).pathname;
        return rendre(ailleurs ? {ailleurs: vers} : {ok: true});
      }
      const lu = new DOMParser().parseFromString(requete.responseText, "text/html");
      const message = lu.querySelector("#refus li span");
      if (message) return rendre({message: message.textContent});
      rendre(requete.status === 422 ? {page: true} : {message: "le portail ne l’a pas reçu, réessayez."});
    });
    requete.send(corps);
  });

  /* A form that comes back has lost its photos: what must be said is asked for before anything leaves. */
  const estDecrit = () => {
    const manque = (nom, message) => {
      const [premier] = form.querySelectorAll(`[name="${nom}"]`);
      return new FormData(form).get(nom) ? null : [premier, message];
    };
    const manques = [
      manque("genre", "Choisissez ce qu’est ce document."),
      manque("a_qui", "Dites à qui est ce document."),
    ].filter(Boolean);
    zone.replaceChildren();
    if (!manques.length) return true;
    const alerte = element("div", "", "avis erreur");
    const liste = element("ul");
    for (const [, message] of manques) liste.append(element("li", message));
    alerte.setAttribute("role", "alert");
    alerte.append(liste);
    zone.append(alerte);
    manques[0][0].focus();
    return false;
  };

  form.addEventListener("submit", async (e) => {
    const fichiers = [...champ.files];
    if (e.submitter && e.submitter !== bouton || !fichiers.length) return;
    e.preventDefault();
    if (occupe) return;
    if (!estDecrit()) return;
    occupe = true;
    document.getElementById("refus").replaceChildren();
    const barre = element("progress");
    const texte = element("p");
    barre.max = fichiers.length;
    barre.setAttribute("aria-label", "Envoi des documents");
    zone.replaceChildren(texte, barre);
    const refuses = [];
    for (const [rang, fichier] of fichiers.entries()) {
      texte.textContent = `Envoi de ${fichier.name} (${rang + 1} sur ${fichiers.length})…`;
      const reponse = await envoyer(fichier, (part) => { barre.value = rang + part * 0.9; });
      if (reponse.ailleurs) return location.assign(reponse.ailleurs);
      if (reponse.page) return form.submit(); // what is missing in the form is shown by the page itself
      if (!reponse.ok) refuses.push([fichier, reponse.message]);
      barre.value = rang + 1;
    }
    occupe = false;
    if (!refuses.length) return location.assign(`${form.dataset.envoi}?fait=ajoute`);
    dire(fichiers.length - refuses.length, refuses);
  });

  /* What is kept, what is not and why; the field holds only what is still to be sent. */
  const dire = (gardes, refuses) => {
    zone.replaceChildren();
    const alerte = element("div", "", "avis erreur");
    alerte.tabIndex = -1;
    const dedans = element("div");
    dedans.append(element("h2", refuses.length === 1 ? "Un fichier n’est pas gardé" : `${refuses.length} fichiers ne sont pas gardés`));
    const liste = element("ul");
    for (const [fichier, message] of refuses) {
      const ligne = element("li");
      ligne.append(element("b", fichier.name), DEUX_POINTS + message);
      liste.append(ligne);
    }
    dedans.append(liste);
    if (gardes) {
      const lien = element("a", gardes === 1 ? "Voir le document gardé" : `Voir les ${gardes} documents gardés`);
      lien.href = form.dataset.envoi;
      lien.className = "lien";
      const phrase = element("p");
      phrase.append(lien);
      dedans.append(phrase);
    }
    alerte.append(dedans);
    alerte.setAttribute("role", "alert");
    document.getElementById("refus").replaceChildren(alerte);
    const reste = new DataTransfer();
    for (const [fichier] of refuses) reste.items.add(fichier);
    champ.files = reste.files;
    alerte.focus();
  };
})();
