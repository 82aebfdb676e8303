// Service worker of one town. Keeps public, hashed files and the offline page; never a page about a family.
"use strict";
const PREFIXE = {{ prefixe|tojson }};
const CACHE = PREFIXE + {{ version|tojson }};
const ADRESSES = {{ adresses|tojson }};
const HORS_LIGNE = {{ hors_ligne|tojson }};

self.addEventListener("install", (evenement) => {
  evenement.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll(ADRESSES);
    // Without cookies: what is kept must be the same for everyone.
    await cache.put(HORS_LIGNE, await fetch(HORS_LIGNE, { credentials: "omit", cache: "reload" }));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (evenement) => {
  evenement.waitUntil((async () => {
    const noms = await caches.keys();
    // Towns share one origin: only our own old caches.
    await Promise.all(noms.filter((nom) => nom.startsWith(PREFIXE) && nom !== CACHE).map((nom) => caches.delete(nom)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (evenement) => {
  const demande = evenement.request;
  if (demande.method !== "GET" || demande.headers.has("HX-Request")) return;
  if (demande.mode === "navigate") {
    evenement.respondWith(fetch(demande).catch(async () => (await caches.match(HORS_LIGNE)) || Response.error()));
    return;
  }
  const adresse = new URL(demande.url);
  if (adresse.origin === location.origin && ADRESSES.includes(adresse.pathname + adresse.search)) {
    evenement.respondWith(caches.match(demande, { cacheName: CACHE }).then((gardee) => gardee || fetch(demande)));
  }
});
