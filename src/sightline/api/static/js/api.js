// Calls of the HTTP API; a refusal becomes an Error with the server's sentence.

async function call(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { headers: { accept: "application/json", ...(options.headers ?? {}) }, ...options });
  } catch {
    throw new Error("The server does not answer.");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ?? `The server answered ${answer.status}.`);
  return body;
}

const camera = (name) => `/api/v1/cameras/${encodeURIComponent(name)}`;

export async function fetchLines(name) { return (await call(`${camera(name)}/lines`)).lines; }

export async function putLines(name, lines) {
  const body = JSON.stringify({ lines: lines.map(({ name: line, start, end }) => ({ name: line, start, end })) });
  const headers = { "content-type": "application/json", accept: "application/json" };
  return (await call(`${camera(name)}/lines`, { method: "PUT", headers, body })).lines;
}

export async function fetchCounts(name, minutes) { return (await call(`${camera(name)}/counts?minutes=${minutes}`)).counts; }

export async function fetchMap() { return (await call("/api/v1/map")).features; }

// Crossings by camera, all lines, directions and classes together; a camera without lines is not in it.
export async function fetchTotals() {
  const sum = (tree) => (typeof tree === "number" ? tree : Object.values(tree).reduce((total, branch) => total + sum(branch), 0));
  const { cameras } = await call("/api/v1/summary");
  return new Map(Object.entries(cameras).filter(([, { counts }]) => Object.keys(counts).length).map(([name, { counts }]) => [name, sum(counts)]));
}

export function csvAddress(name, minutes) { return `${camera(name)}/counts.csv?minutes=${minutes}`; }
