// Says in one sentence why a request by htmx changed nothing on the page.
(() => {
  const sentences = {
    403: "You may not do that. Ask an owner.",
    404: "That no longer exists. Reload.",
    413: "The file is larger than 20 MB.",
  };
  const sentence = (response) => {
    if (!response) return "No connection to the server. Your work is still here.";
    if (response.status === 429) return `Too many tries. Wait ${response.headers.get("Retry-After") ?? 30} s.`;
    if (response.status >= 500) return "That did not work on our side. Nothing was changed.";
    return sentences[response.status] ?? "The server refused that. Reload the page and try again.";
  };
  const toast = (text) => {
    const note = document.createElement("p");
    note.className = "toast";
    note.textContent = text;
    document.getElementById("toasts").replaceChildren(note);
    setTimeout(() => note.remove(), 10_000);
  };
  const swapped = [401, 409, 422]; // 401 leads to the sign-in page, the other two show themselves
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    if (!swapped.includes(ctx.response.status)) toast(sentence(ctx.response));
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (ctx && !ctx.response) toast(sentence());
  });
})();
