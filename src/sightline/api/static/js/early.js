// Sets the chosen theme before the first paint; a classic script because modules run later.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("sightline.theme"); } catch { /* storage is off: the system's choice it is */ }
  const light = matchMedia("(prefers-color-scheme: light)").matches;
  document.documentElement.dataset.theme = chosen ?? (light ? "light" : "dark");
})();
