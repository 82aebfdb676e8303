/* The button of a long text waits until its end was seen, or reached by keyboard or screen reader. Without this script
   it is simply a button. */
(() => {
  "use strict";
  const bouton = document.querySelector("button[data-apres]");
  const texte = bouton && document.getElementById(bouton.dataset.apres);
  if (!texte || !("IntersectionObserver" in window)) return;
  const aide = document.getElementById(bouton.getAttribute("aria-describedby"));
  const phrase = aide.textContent;
  const attendre = (attend) => {
    if (attend) bouton.setAttribute("aria-disabled", "true");
    else bouton.removeAttribute("aria-disabled");
    aide.textContent = attend ? "Lisez le texte jusqu’à la fin pour activer ce bouton." : phrase;
  };
  const fin = document.createElement("span");
  texte.append(fin);
  const vue = new IntersectionObserver((entrees) => { if (entrees.some((e) => e.isIntersecting)) lu(); });
  const lu = () => { vue.disconnect(); attendre(false); };
  attendre(true);
  vue.observe(fin);
  bouton.addEventListener("focus", lu);
  bouton.form.addEventListener("submit", (e) => { if (bouton.hasAttribute("aria-disabled")) e.preventDefault(); });
})();
