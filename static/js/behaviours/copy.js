// Copies the text of the element that a button names. Without clipboard access (plain http) it is selected instead.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("button[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.lastElementChild.textContent = "Copied";
    setTimeout(() => { button.lastElementChild.textContent = "Copy"; }, 2000);
  } catch {
    getSelection().selectAllChildren(source);
  }
});
