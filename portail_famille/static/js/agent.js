/* The desk: lines of a list by keyboard, models that fill their field. Without this script the lines are links and a
   model is added by the server. */
(() => {
  "use strict";
  // Only while the focus is in the list: a letter typed elsewhere stays a letter (WCAG 2.1.4).
  const PAS = {j: 1, ArrowDown: 1, k: -1, ArrowUp: -1};
  document.addEventListener("keydown", (e) => {
    const pas = PAS[e.key];
    const ligne = e.target.closest("[data-file] > li");
    if (!pas || !ligne || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return;
    e.preventDefault();
    const voisine = pas > 0 ? ligne.nextElementSibling : ligne.previousElementSibling;
    voisine?.querySelector("a").focus();
  });
  document.addEventListener("change", (e) => {
    const champ = e.target.dataset?.modele && document.getElementById(e.target.dataset.modele);
    if (!champ || !e.target.value) return;
    champ.value = [champ.value.trim(), e.target.value].filter(Boolean).join("\n");
    e.target.value = "";
    champ.focus();
  });
})();
