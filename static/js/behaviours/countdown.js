// Counts down what is left of a clock, from the seconds that the server gave: the browser's own clock may be wrong.
(() => {
  const ends = new WeakMap();
  const words = (seconds) => {
    const minutes = Math.max(1, Math.ceil(seconds / 60));
    const parts = [[Math.floor(minutes / 1440), "d"], [Math.floor(minutes / 60) % 24, "h"], [minutes % 60, "min"]];
    return parts.filter(([amount]) => amount).slice(0, 2).map(([amount, unit]) => `${amount} ${unit}`).join(" ");
  };
  const count = () => {
    for (const each of document.querySelectorAll("[data-left]")) {
      const known = ends.get(each);
      const end = known?.given === each.dataset.left ? known.end : performance.now() + 1000 * each.dataset.left;
      ends.set(each, { given: each.dataset.left, end });
      const said = words((end - performance.now()) / 1000);
      if (each.textContent !== said) each.textContent = said;
    }
  };
  count();
  setInterval(count, 1000);
})();
