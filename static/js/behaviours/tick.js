// Fires "nimbus:tick" on body, for the parts of a page that keep themselves fresh:
// every 10 s until two minutes after the last sign of life, then every 60 s, never in a hidden tab.
(() => {
  let active = Date.now(), ticked = active;
  const alive = () => { active = Date.now(); };
  for (const sign of ["pointerdown", "pointermove", "keydown", "scroll", "visibilitychange"]) {
    document.addEventListener(sign, alive, { capture: true, passive: true });
  }
  setInterval(() => {
    const now = Date.now();
    if (document.hidden || now - ticked < (now - active < 120_000 ? 10_000 : 60_000)) return;
    ticked = now;
    document.body.dispatchEvent(new CustomEvent("nimbus:tick"));
  }, 1000);
})();
