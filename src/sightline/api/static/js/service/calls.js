// Calls of the service's HTTP API: cameras' entries, what is stored, people and the log.

import { call, send } from "../api.js";

const entryOf = (camera) => `/api/v1/cameras/${encodeURIComponent(camera)}/entry`;

export async function fetchEntry(camera) { return (await call(entryOf(camera))).entry; }
export async function addCamera(camera, entry) { return (await send(entryOf(camera), "POST", entry)).entry; }
export async function changeCamera(camera, members) { return (await send(entryOf(camera), "PATCH", members)).entry; }
export function removeCamera(camera) { return call(entryOf(camera), { method: "DELETE" }); }
export async function fetchCameras() { return (await call("/api/v1/cameras")).cameras; }
export function fetchSchema() { return call("/api/v1/site/camera-schema"); }

// names: values that may stand several times, such as camera and topic.
export function query(values) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of [value].flat()) if (one !== null && one !== undefined && one !== "") found.append(name, String(one));
  }
  return found.toString();
}

export function fetchEvents(values) { return call(`/api/v1/store/events?${query(values)}`); }
export async function fetchStoredCounts(values) { return (await call(`/api/v1/store/counts?${query(values)}`)).counts; }
export function exportAddress(values) { return `/api/v1/store/export/counts?${query(values)}`; }
export function fetchStore() { return call("/api/v1/store"); }

export async function fetchUsers() { return (await call("/api/v1/users")).users; }
export function invite(name, roles) { return send("/api/v1/users", "POST", { name, roles }); }
export function changeUser(id, change) { return send(`/api/v1/users/${id}`, "PATCH", change); }
export function inviteAgain(id) { return call(`/api/v1/users/${id}/invitation`, { method: "POST" }); }
export function removeUser(id) { return call(`/api/v1/users/${id}`, { method: "DELETE" }); }

export async function fetchTokens() { return (await call("/api/v1/tokens")).tokens; }
export function makeToken(name, roles, days) { return send("/api/v1/tokens", "POST", { name, roles, days }); }
export function revokeToken(id) { return call(`/api/v1/tokens/${id}`, { method: "DELETE" }); }

export async function fetchAudit(values) { return (await call(`/api/v1/audit?${query(values)}`)).entries; }
export function checkAudit() { return call("/api/v1/audit/check"); }

export async function fetchMetrics() {
  const answer = await fetch("/metrics");
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return answer.text();
}
