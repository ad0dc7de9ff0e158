// Speeds of vehicles from stored events, and their quantiles.

import { fetchEvents } from "./calls.js";

const TOPICS = ["RuleEngine/SpeedDetector/Measured", "RuleEngine/LineDetector/Crossed"];
const PAGE = 1000;
const MOST_PAGES = 5; // 5000 events draw a week of a busy street in about a second; more is for the exports

// {found: [{at (seconds, UTC), kmh, limit (km/h or null), where}], more: whether older ones were left out}
export async function fetchSpeeds({ from, to, camera }) {
  const found = [];
  let after = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await fetchEvents({ from, to, camera, topic: TOPICS, concerns: "vehicle", limit: PAGE, after });
    for (const { time, camera: name, source, data } of answer.events) {
      if (data.Speed === undefined) continue;
      const limit = data.SpeedLimit === undefined ? null : data.SpeedLimit * 3.6;
      found.push({ at: Date.parse(time) / 1000, kmh: data.Speed * 3.6, limit, where: `${name} · ${source.Rule}` });
    }
    after = answer.next;
    if (after === null) break;
  }
  return { found, more: after !== null };
}

// The value that a share of the values is at most (nearest rank).
export function shareAt(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
