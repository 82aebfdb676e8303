/* Passkeys: asks the server for a challenge, has the device sign it, sends it back. Pages work without it: what it
   brings is shown only when the browser can. */
(() => {
  "use strict";
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const DEUX_POINTS = "\u00a0: ";
  const octets = (texte) => Uint8Array.from(atob(texte.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const texte = (tampon) => btoa(String.fromCharCode(...new Uint8Array(tampon)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  class Refus extends Error {
    constructor(message, champ) { super(message); this.champ = champ; }
  }

  const poster = async (adresse, jeton, corps) => {
    let reponse;
    try {
      reponse = await fetch(adresse, {
        method: "POST",
        headers: {"Content-Type": "application/json", "X-CSRFToken": jeton},
        body: JSON.stringify(corps),
      });
    } catch {
      throw new Refus(`Pas de réseau${DEUX_POINTS}réessayez dans un instant.`);
    }
    // The session ended, or the server is away: the page itself says it better.
    if (!reponse.headers.get("Content-Type")?.startsWith("application/json")) {
      location.reload();
      return new Promise(() => {});
    }
    const lu = await reponse.json();
    if (!reponse.ok) throw new Refus(lu.message, lu.champ);
    return lu;
  };

  const creer = async (options) => {
    options.challenge = octets(options.challenge);
    options.user.id = octets(options.user.id);
    for (const connue of options.excludeCredentials ?? []) connue.id = octets(connue.id);
    const cle = await navigator.credentials.create({publicKey: options});
    return {
      id: cle.id, rawId: texte(cle.rawId), type: cle.type, clientExtensionResults: cle.getClientExtensionResults(),
      response: {
        clientDataJSON: texte(cle.response.clientDataJSON),
        attestationObject: texte(cle.response.attestationObject),
      },
    };
  };

  const signer = async (options) => {
    options.challenge = octets(options.challenge);
    const cle = await navigator.credentials.get({publicKey: options});
    const {clientDataJSON, authenticatorData, signature, userHandle} = cle.response;
    return {
      id: cle.id, rawId: texte(cle.rawId), type: cle.type, clientExtensionResults: cle.getClientExtensionResults(),
      response: {
        clientDataJSON: texte(clientDataJSON), authenticatorData: texte(authenticatorData),
        signature: texte(signature), userHandle: userHandle ? texte(userHandle) : null,
      },
    };
  };

  const dire = (erreur) => {
    if (erreur instanceof Refus) return erreur.message;
    if (erreur.name === "InvalidStateError") return "Cet appareil a déjà une clé d’accès pour ce portail.";
    if (erreur.name === "NotAllowedError") return "La demande a été annulée, ou cet appareil n’a pas de clé d’accès pour ce portail.";
    return "Cet appareil n’a pas pu se servir d’une clé d’accès. Utilisez votre mot de passe.";
  };

  const brancher = (bloc) => {
    const bouton = bloc.querySelector("button:not([data-voir])"); // not the one that shows the password
    const message = bloc.querySelector("[role=alert]");
    const champ = (nom) => (bouton.form ?? bloc).querySelector(`[name=${nom}]`) ?? document.querySelector(`#formulaire [name=${nom}]`);
    bloc.hidden = false;
    // A form is sent by the Enter key of its fields too.
    (bouton.form ?? bouton).addEventListener(bouton.form ? "submit" : "click", async (e) => {
      e.preventDefault();
      if (bouton.getAttribute("aria-disabled")) return;
      bouton.setAttribute("aria-disabled", "true");
      message.hidden = true;
      const jeton = champ("csrf_token").value, suite = champ("suite")?.value ?? "";
      try {
        const {defi, envoi} = bloc.dataset;
        const demande = bloc.dataset.cle === "creer" ? {mot_de_passe: champ("mot_de_passe")?.value ?? ""} : {};
        const options = await poster(defi, jeton, demande);
        const reponse = await (bloc.dataset.cle === "creer" ? creer : signer)(options);
        const {vers} = await poster(envoi, jeton, {
          reponse, suite, nom: champ("nom")?.value ?? "", durable: champ("durable")?.checked ?? false,
        });
        taire();
        location.assign(vers);
      } catch (erreur) {
        message.textContent = dire(erreur);
        message.hidden = false; // an empty alert is none
        bouton.removeAttribute("aria-disabled");
        if (erreur.champ) champ(erreur.champ)?.focus();
      }
    });
  };
  document.querySelectorAll("[data-cle]").forEach(brancher);

  /* Offered until there is one on this device, or the parent said later. */
  const CLE_OFFRE = `cle-proposee-${document.documentElement.dataset.slug}`;
  const garde = (action) => { try { return action(); } catch { return null; } }; // storage may be forbidden
  const taire = () => garde(() => localStorage.setItem(CLE_OFFRE, "1"));
  const offre = document.querySelector("[data-cle-offre]");
  if (offre && !garde(() => localStorage.getItem(CLE_OFFRE))) {
    offre.hidden = false;
    offre.querySelector("button").addEventListener("click", () => { taire(); offre.hidden = true; });
  }
})();
