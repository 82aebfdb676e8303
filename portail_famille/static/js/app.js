/* Everything works without this script; with it, a tick needs no button and nothing ticked is ever lost in silence.
   What the screen shows and the server has not confirmed is kept in `touches`, told to the parent, and sent again. */
(() => {
  "use strict";
  const racine = document.documentElement;
  const $ = (selecteur, dans = document) => dans.querySelector(selecteur);
  const $$ = (selecteur, dans = document) => [...dans.querySelectorAll(selecteur)];
  const garde = (action) => { try { return action(); } catch { return null; } }; // storage may be forbidden
  const CLE_PERDU = `cases-perdues-${racine.dataset.slug}`;
  const CLE_REFUS = `installation-refusee-${racine.dataset.slug}`;
  const DEUX_POINTS = "\u00a0: ";
  racine.classList.add("js");

  /* ---- Agenda: the form is the state, posted whole a moment after a change ---- */
  const form = $("#form-agenda");
  if (form) {
    const DELAIS = [1000, 2000, 4000, 8000, 15000, 30000];
    const touches = new Map(); // value → {coche, avant, nom, envoi: number of the request that carries it, 0 = none}
    let rapides = []; // quick ticks not confirmed yet, in order
    let mois = null, quitte = form.elements.mois.value; // month asked for and not shown yet, month shown
    let numero = 0, essais = 0, minuterie = 0, efface = 0, suite = null, depart = false;

    const cases = () => $$("input[name=c]", form);
    const enAttente = () => touches.size > 0 || rapides.length > 0 || mois !== null;
    const dire = (texte) => { clearTimeout(efface); $("#etat").textContent = texte; };
    const alerter = (texte, bouton, action) => {
      const zone = $("#alerte");
      if (zone.dataset.texte === texte) return; // said once, not at every retry
      zone.dataset.texte = texte;
      zone.textContent = texte;
      if (!bouton) return;
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = bouton;
      b.addEventListener("click", action);
      zone.append(" ", b);
    };
    const taire = () => { $("#alerte").textContent = ""; delete $("#alerte").dataset.texte; };
    const nommer = (champ) => {
      const jour = $("legend .vh", champ.closest("fieldset"))?.textContent ?? "";
      return `${$("b", champ.parentNode)?.textContent.trim() ?? ""}, ${jour}`;
    };
    const envoyer = () => { clearTimeout(minuterie); htmx.trigger(form, "change"); };
    const donnees = () => {
      const corps = new URLSearchParams(new FormData(form));
      corps.set("seq", numero);
      // A quick tick goes with every box shown: tried again, it starts again from there.
      if (rapides.length) {
        corps.set("vite", rapides[0]);
        return corps;
      }
      // Otherwise only the boxes not confirmed yet: the server leaves alone those a post does not speak of.
      corps.set("vus", [...touches.keys()].map((valeur) => valeur.split("-").reverse().join("*")).join("_"));
      corps.delete("c");
      for (const [valeur, t] of touches) if (t.coche) corps.append("c", valeur);
      if (mois) corps.set("vers", mois);
      return corps;
    };

    form.addEventListener("change", (e) => {
      const champ = e.target;
      if (champ.name !== "c") return;
      const avant = touches.get(champ.value)?.avant ?? !champ.checked;
      touches.set(champ.value, {coche: champ.checked, avant, nom: nommer(champ), envoi: 0});
    });

    form.addEventListener("click", (e) => {
      const bouton = e.target.closest("button[name=vite]");
      if (!bouton) return;
      e.preventDefault();
      rapides.push(bouton.value);
      envoyer();
    });

    // Leaving with unsent ticks through one of our buttons: send them first, then go.
    form.addEventListener("submit", (e) => {
      if (e.submitter?.value.startsWith("mois:")) {
        e.preventDefault();
        mois = e.submitter.value;
        envoyer();
        return;
      }
      if (enAttente() || !navigator.onLine) {
        e.preventDefault();
        suite = e.submitter;
        if (enAttente()) envoyer();
        else alerter(`Pas de réseau${DEUX_POINTS}réessayez dans un instant.`);
        return;
      }
      depart = true;
      form.elements.seq.value = ++numero;
    });

    // Every request, queued or tried again, carries the form as it is now and a higher number than any before.
    form.addEventListener("htmx:before:request", (e) => {
      const {ctx} = e.detail;
      if (ctx.sourceElement !== form) return;
      clearTimeout(minuterie);
      ctx.numero = ++numero;
      ctx.vite = rapides[0];
      ctx.mois = rapides.length ? null : mois;
      ctx.request.body = donnees();
      for (const nom of ["HX-Current-URL", "HX-Source", "HX-Target"]) delete ctx.request.headers[nom];
      for (const t of touches.values()) t.envoi = ctx.numero;
      if (!essais) dire("Enregistrement…");
    });

    form.addEventListener("htmx:after:request", (e) => {
      const {ctx} = e.detail;
      if (ctx.sourceElement !== form) return;
      if (ctx.hx.redirect) return perdre();
      // A 200 that is not ours (the log-in page of a Wi-Fi network): not an answer.
      if (ctx.response.status < 300 && !ctx.text.includes('id="resume"')) { ctx.etrangere = true; e.preventDefault(); }
      // Boxes were changed since another month was asked for: theirs go first, they would be taken for the new month's.
      const depuis = rapides.length || [...touches.values()].some((t) => t.envoi !== ctx.numero);
      if (ctx.mois && depuis && ctx.response.status < 300) { ctx.mois = null; e.preventDefault(); }
    });

    form.addEventListener("htmx:finally:request", (e) => {
      const {ctx} = e.detail;
      if (ctx.sourceElement !== form || depart) return;
      const statut = ctx.response?.status ?? 0;
      if (!statut || ctx.etrangere || statut >= 500 || statut === 429 || ctx.status.startsWith("error")) echouer(statut);
      else if (statut >= 400 && statut !== 409) refuser();
      else confirmer(ctx);
    });

    const confirmer = (ctx) => {
      for (const [valeur, t] of touches) if (t.envoi && t.envoi <= ctx.numero) touches.delete(valeur);
      if (ctx.vite && rapides[0] === ctx.vite) rapides.shift();
      if (ctx.mois && ctx.mois === mois) tourner();
      essais = 0;
      taire();
      if (ctx.response.status < 300) $("#avis").replaceChildren();
      reposer();
      if (enAttente()) return envoyer();
      if (ctx.response.status >= 400) dire("");
      else if (ctx.mois === null) dire("Enregistré");
      efface = setTimeout(() => dire(""), 4000);
      const aller = suite;
      suite = null;
      if (aller && ctx.response.status < 300) form.requestSubmit(aller.isConnected ? aller : $(`button[name=vers][value="${CSS.escape(aller.value)}"]`));
      else if (ctx.response.status === 409) $("#mois [tabindex='-1']")?.focus();
    };

    // Another month is shown: it has its address, and the arrow that was pressed keeps the focus.
    const tourner = () => {
      const sens = mois > `mois:${quitte}` ? "Mois suivant" : "Mois précédent";
      mois = null;
      const montre = form.elements.mois.value;
      if (quitte === montre) return;
      history.pushState(null, "", `?mois=${montre}`);
      dire($("#mois h2").textContent);
      quitte = montre;
      ($(`#mois [aria-label="${sens}"]`) ?? $("#mois .mois button"))?.focus();
    };

    const echouer = (statut) => {
      for (const t of touches.values()) t.envoi = 0;
      dire("");
      alerter(statut && navigator.onLine
        ? `Le portail ne répond pas${DEUX_POINTS}vos cases sont gardées ici, nous réessayons.`
        : `Pas de réseau${DEUX_POINTS}vos cases sont gardées ici, nous réessayons.`, "Réessayer", envoyer);
      clearTimeout(minuterie);
      minuterie = setTimeout(envoyer, DELAIS[Math.min(essais++, DELAIS.length - 1)]);
    };

    // The server said no, and will again: show what it holds, name what was not taken.
    const refuser = () => {
      const noms = [...touches.values()].map((t) => t.nom);
      for (const champ of cases()) {
        const t = touches.get(champ.value);
        if (t) champ.checked = t.avant;
      }
      touches.clear();
      rapides = [];
      mois = suite = null;
      essais = 0;
      dire("");
      alerter(`Non enregistré${noms.length ? `${DEUX_POINTS}${noms.join("\u202f; ")}` : ""}.`, "Recharger l’agenda", () => { depart = true; location.reload(); });
    };

    // The session is over: htmx goes to the login page, which tells what was not sent.
    const perdre = () => {
      depart = true;
      const noms = [...touches.values()].map((t) => `${t.nom} (${t.coche ? "à cocher" : "à décocher"})`);
      if (noms.length) garde(() => sessionStorage.setItem(CLE_PERDU, JSON.stringify(noms)));
    };

    // A new month came while other boxes were being ticked: tick them again.
    const reposer = () => {
      for (const champ of cases()) {
        const t = touches.get(champ.value);
        if (t) champ.checked = t.coche;
      }
      const presentes = new Set(cases().map((champ) => champ.value));
      for (const [valeur, t] of touches) {
        if (presentes.has(valeur)) continue;
        touches.delete(valeur);
        alerter(`${t.nom} ne peut plus être changé.`);
      }
    };

    document.addEventListener("htmx:after:swap", (e) => {
      const {ctx} = e.detail;
      if (ctx.sourceElement?.id !== "rythme-form" && ctx.request?.form?.id !== "rythme-form") return;
      if (ctx.response.status >= 400) return $("#rythme-form #erreurs, #avis [tabindex='-1']")?.focus();
      $("#rythme").open = false;
      taire();
      reposer();
      if (enAttente()) envoyer();
      $("#mois [tabindex='-1']")?.focus();
    });

    // A rhythm is not tried again by itself: its button is still there.
    document.addEventListener("htmx:finally:request", (e) => {
      const {ctx} = e.detail;
      const statut = ctx.response?.status ?? 0;
      if (ctx.sourceElement?.id !== "rythme-form" || (statut && statut < 500)) return;
      $("#apercu [role=status]").textContent = `Le portail ne répond pas${DEUX_POINTS}le rythme n’est pas appliqué. Réessayez dans un instant.`;
    });

    addEventListener("online", () => { if (enAttente()) envoyer(); });
    addEventListener("offline", () => { if (enAttente()) echouer(0); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && essais && enAttente()) envoyer(); });
    addEventListener("beforeunload", (e) => { if (enAttente() && !depart) e.preventDefault(); });
    addEventListener("popstate", () => location.reload());
    addEventListener("pageshow", (e) => { if (e.persisted) location.reload(); }); // the draft may have moved on
  }

  /* ---- A fragment goes where its id says, whatever was asked for ---- */
  document.addEventListener("htmx:before:swap", (e) => {
    for (const tache of e.detail.tasks) {
      const premier = tache.fragment.firstElementChild;
      const place = tache.type === "main" && premier?.id && document.getElementById(premier.id);
      if (!place || place === tache.target) continue;
      tache.target = place;
      tache.swapSpec.style = "outerHTML";
    }
  });

  /* ---- The rhythm's sheet ---- */
  const feuille = $("#rythme");
  if (feuille) {
    const ajuster = () => { const au = $("#bloc-au"); if (au) au.hidden = $("#jusqua").value !== "date"; };
    const fermer = () => { feuille.open = false; $("summary", feuille).focus(); };
    ajuster();
    feuille.addEventListener("change", ajuster);
    feuille.addEventListener("click", (e) => {
      if (e.target.closest("[data-fermer]")) return fermer();
      const preset = e.target.closest("[data-jours]");
      if (!preset) return;
      for (const champ of $$("input[name=jours]", feuille)) champ.checked = preset.dataset.jours.includes(champ.value);
      $("#jours").dispatchEvent(new Event("change", {bubbles: true}));
    });
    document.addEventListener("keydown", (e) => { if (e.key === "Escape" && feuille.open) fermer(); });
    document.addEventListener("focusin", (e) => { if (feuille.open && !feuille.contains(e.target)) feuille.open = false; });
    document.addEventListener("htmx:after:swap", ajuster);
  }

  /* ---- One press is enough (the server counts it once anyway), until an answer that is not the way out ---- */
  const unique = (e) => e.detail.ctx.sourceElement.closest("[data-une-fois]");
  const liberer = (f) => { delete f.dataset.parti; $("[aria-disabled]", f)?.removeAttribute("aria-disabled"); };
  document.addEventListener("submit", (e) => {
    const f = e.target;
    if (!f.matches("[data-une-fois]")) return;
    if (f.dataset.parti) { e.preventDefault(); return e.stopPropagation(); }
    f.dataset.parti = "1";
    $("#avis").replaceChildren();
    e.submitter?.setAttribute("aria-disabled", "true");
  }, true);
  // A way out or a refusal: anything else is not ours.
  document.addEventListener("htmx:after:request", (e) => {
    const {ctx} = e.detail;
    if (unique(e) && ctx.response.status < 400 && !ctx.hx.redirect) e.preventDefault();
  });
  document.addEventListener("htmx:finally:request", (e) => {
    const {ctx} = e.detail, f = unique(e);
    if (!f || ctx.hx?.redirect) return;
    liberer(f);
    const statut = ctx.response?.status;
    if (statut >= 400 && statut < 500) return;
    const avis = document.createElement("p");
    avis.className = "avis erreur";
    avis.setAttribute("role", "alert");
    avis.textContent = `Le portail ne répond pas${DEUX_POINTS}réessayez dans un instant. ${f.dataset.uneFois}`;
    $("#avis").replaceChildren(avis);
  });
  addEventListener("pageshow", () => $$("[data-une-fois]").forEach(liberer));

  /* ---- Passwords can be read, ticks that were lost are told, a home page looked at again is fresh ---- */
  document.addEventListener("click", (e) => {
    const bouton = e.target.closest("[data-voir]");
    if (!bouton) return;
    const champ = document.getElementById(bouton.dataset.voir);
    const cache = champ.type === "password";
    champ.type = cache ? "text" : "password";
    bouton.setAttribute("aria-pressed", String(cache));
  });
  const perdues = garde(() => JSON.parse(sessionStorage.getItem(CLE_PERDU)));
  const place = $("#perdu") ?? (form && $("#avis"));
  if (perdues?.length && place) {
    if (form) garde(() => sessionStorage.removeItem(CLE_PERDU));
    const avis = document.createElement("div");
    avis.className = "avis attention";
    avis.setAttribute("role", "alert");
    const texte = document.createElement("div");
    texte.append(`Votre session s’est terminée avant l’envoi. Pas enregistré${DEUX_POINTS}`);
    const liste = document.createElement("ul");
    for (const nom of perdues) liste.appendChild(document.createElement("li")).textContent = nom;
    texte.append(liste);
    avis.append(texte);
    place.append(avis);
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) document.body.dispatchEvent(new Event("retour")); });

  /* ---- On the home screen: asked once, after something succeeded ---- */
  const carte = $("#installer");
  addEventListener("beforeinstallprompt", (e) => {
    e.preventDefault();
    const refusee = $("[data-refuser]", carte ?? document) && garde(() => localStorage.getItem(CLE_REFUS));
    if (!carte || refusee) return;
    carte.hidden = false;
    carte.addEventListener("click", (clic) => {
      if (clic.target.closest("[data-installer]")) e.prompt();
      else if (clic.target.closest("[data-refuser]")) garde(() => localStorage.setItem(CLE_REFUS, "1"));
      else return;
      carte.hidden = true;
    });
  });
  if ("serviceWorker" in navigator && racine.dataset.sw) navigator.serviceWorker.register(racine.dataset.sw).catch(() => {});
})();
