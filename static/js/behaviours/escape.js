// Escape leaves a form that took the place of a value, as its Cancel link does.
document.addEventListener("keydown", ({ key, target }) => {
  if (key === "Escape") target.closest?.("form")?.querySelector("[data-cancel]")?.click();
});
