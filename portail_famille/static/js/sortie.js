/* Logged out: what this browser kept of the family goes. The next person on a shared phone finds nothing. */
(() => {
  "use strict";
  const {slug} = document.documentElement.dataset;
  try { sessionStorage.removeItem(`cases-perdues-${slug}`); } catch { /* storage may be forbidden */ }
  // Only private pages; the offline page and the styles say nothing about anybody. Towns share one origin.
  if ("caches" in window) {
    caches.keys().then((noms) => noms.filter((nom) => nom.startsWith(`portail-${slug}.prive`)).forEach((nom) => caches.delete(nom)));
  }
})();
