// Whoever works with the keyboard stays where they were when a request replaces or disables what had the focus:
// at the same element, or at the first control of the nearest part of the page that still exists.
(() => {
  const controls = "a[href], button, input:not([type=hidden]), select";
  const restore = ([element, ...ids]) => {
    if (document.activeElement !== document.body) return;
    const place = ids.map((id) => document.getElementById(id)).find(Boolean);
    const next = element?.isConnected ? element : place?.querySelector(controls);
    next?.focus({ preventScroll: true });
  };
  document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
    if (document.activeElement === document.body) return;
    ctx.focused = [document.activeElement];
    for (let part = document.activeElement; part; part = part.parentElement) {
      if (part.id) ctx.focused.push(part.id);
    }
  });
  // A moment later, when htmx has enabled its buttons again and has given the focus to what asks for it.
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    if (ctx.focused) setTimeout(restore, 0, ctx.focused);
  });
})();
