// The port follows the chosen security as long as it is one of the usual ports, that is, not typed by hand.
document.addEventListener("change", ({ target }) => {
  if (!target.matches("input[data-port]")) return;
  const port = document.getElementById(target.dataset.portInput);
  const usual = [...document.getElementsByName(target.name)].map((choice) => choice.dataset.port);
  if (port.value === "" || usual.includes(port.value)) port.value = target.dataset.port;
});
