// Ticks of the list: how many there are, all of a page at once, and a range with Shift held down.
// "All that match" is given up when the list becomes another one, of which others match.
(() => {
  let last = "", shown;
  const address = () => document.getElementById("list")?.getAttribute("hx-get");
  const ticks = () => [...document.querySelectorAll("#list input[name=id]")];
  const show = () => {
    const all = ticks(), ticked = all.filter((each) => each.checked).length;
    const count = document.querySelector("#bulk [data-count]");
    if (!count) return;
    if (shown !== address()) {
      shown = address();
      document.getElementById("scope-these").checked = true;
    }
    count.textContent = ticked ? String(ticked) : "ticked";
    const whole = document.querySelector("#list [data-all]");
    whole.checked = ticked > 0 && ticked === all.length;
    whole.indeterminate = ticked > 0 && !whole.checked;
  };
  document.addEventListener("click", ({ target, shiftKey }) => {
    if (target.matches?.("#list [data-all]")) for (const each of ticks()) each.checked = target.checked;
    else if (!target.matches?.("#list input[name=id]")) return;
    else {
      const all = ticks(), from = all.findIndex((each) => each.id === last), to = all.indexOf(target);
      if (shiftKey && from >= 0) {
        for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = target.checked;
      }
      last = target.id;
    }
    show();
  });
  for (const event of ["htmx:finally:request", "pageshow"]) addEventListener(event, () => setTimeout(show));
})();
