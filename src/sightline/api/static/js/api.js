// Calls of the HTTP API; a refusal becomes an Error with the server's sentence.

const OPEN = new Set(["/api/v1/login", "/api/v1/invitation"]); // for who is not signed in

let session = null; // of a service with people; the live page of `watch` has none

export function useSession(given) { session = given; }

export class Refused extends Error {
  constructor(sentence, status, waitS = null) {
    super(sentence);
    this.status = status;
    this.waitS = waitS;
  }
}

export async function call(path, options = {}) {
  const { method = "GET" } = options;
  if (session?.over && !OPEN.has(path)) throw new Refused("Sign in again to go on.", 401); // views go on asking meanwhile
  const word = method !== "GET" && session?.word ? { "x-csrf-token": session.word } : {};
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { accept: "application/json", ...word, ...(options.headers ?? {}) } });
  } catch {
    throw new Refused("The server does not answer.", 0);
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const said = body.error ?? `The server answered ${answer.status}.`;
  if (answer.status === 401 && said.startsWith("access:")) session?.end();
  throw new Refused(said, answer.status, Number(answer.headers.get("retry-after")) || null);
}

// A call with a JSON body.
export function send(path, method, body) {
  return call(path, { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } });
}

const camera = (name) => `/api/v1/cameras/${encodeURIComponent(name)}`;

export async function fetchLines(name) { return (await call(`${camera(name)}/lines`)).lines; }

export async function putLines(name, lines) {
  const body = JSON.stringify({ lines: lines.map(({ name: line, start, end }) => ({ name: line, start, end })) });
  const headers = { "content-type": "application/json" };
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
