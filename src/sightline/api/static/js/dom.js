// Building elements without a framework: el("button", {class: "main", onclick: go}, "Save").

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "tone") node.style.setProperty("--tone", value);
    else if (name === "share") node.style.width = `${Math.round(Math.max(0, Math.min(1, value)) * 1000) / 10}%`;
    else if (name in node && name !== "list" && name !== "form") node[name] = value;
    else node.setAttribute(name === "class" ? "class" : name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Replaces the children only when their description changed, so that focus and scroll survive live updates.
export function refill(node, key, build) {
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(...[build()].flat(Infinity).filter((child) => child !== null));
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A row of buttons of which one is chosen: choices = [[value, text], ...].
export function chooser(label, choices, current, choose) {
  const buttons = choices.map(([value, text]) => el("button", {
    type: "button",
    "aria-pressed": String(value === current),
    onclick: () => {
      for (const [i, [other]] of choices.entries()) buttons[i].setAttribute("aria-pressed", String(other === value));
      choose(value);
    },
  }, text));
  return el("span", { class: "switches joined", role: "group", "aria-label": label }, buttons);
}
