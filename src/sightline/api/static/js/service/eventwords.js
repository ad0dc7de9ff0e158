// Stored events in words: what each topic is called, and a sentence from its data.

import { spaced } from "../words.js";

export const TOPICS = {
  "RuleEngine/LineDetector/Crossed": "Line crossed",
  "RuleEngine/TurningDetector/Turned": "Turning movement",
  "RuleEngine/FieldDetector/ObjectsInside": "In or out of a zone",
  "RuleEngine/CountAggregation/OccupancyCounter": "How many in a zone",
  "RuleEngine/LoiteringDetector/ObjectIsLoitering": "Long stay",
  "RuleEngine/QueueDetector/Changed": "Queue",
  "RuleEngine/StoppedDetector/ObjectIsStopped": "Stopped vehicle",
  "RuleEngine/WrongWayDetector/ObjectIsWrongWay": "Wrong way",
  "RuleEngine/CarriagewayDetector/PersonsInside": "Persons on the carriageway",
  "RuleEngine/NearMissDetector/NearMiss": "Near miss",
  "RuleEngine/CrowdDetector/Crowded": "Crowd",
  "RuleEngine/SpeedDetector/Measured": "Speed",
  "VideoSource/SignalLoss": "Signal",
  "VideoSource/GlobalSceneChange/AnalyticsService": "Camera covered or turned",
  "VideoSource/ImageTooBlurry/AnalyticsService": "Picture blurred",
  "VideoSource/ImageTooDark/AnalyticsService": "Picture dark",
  "VideoSource/ImageFrozen/AnalyticsService": "Picture frozen",
};

export const CONCERNS = { person: "Persons", vehicle: "Vehicles", nobody: "Nobody" };
const BEGUN = new Set(["VideoSource/SignalLoss", "VideoSource/GlobalSceneChange/AnalyticsService"]);

export function topicText(topic) { return TOPICS[topic] ?? topic.split("/").slice(1).join(" "); }

// What deserves a second look: a lost or tampered camera, and what rules about danger say.
export function isFlagged({ topic, data }) {
  if (BEGUN.has(topic)) return data.State === "lost" || data.State === "began";
  return data.State === "began" && /WrongWay|Carriageway|Stopped/.test(topic) || topic.endsWith("NearMiss");
}

function who(data) {
  if (!data.Label) return "";
  const id = data.ObjectId ? ` #${data.ObjectId}` : "";
  const other = data.OtherLabel ? ` and ${data.OtherLabel}${data.OtherObjectId ? ` #${data.OtherObjectId}` : ""}` : "";
  return `${data.Label}${id}${other}`;
}

function numbers(data) {
  return [
    data.Speed === undefined ? "" : `${Math.round(data.Speed * 3.6)} km/h${data.SpeedError ? ` ± ${Math.max(1, Math.round(data.SpeedError * 3.6))}` : ""}`,
    data.SpeedLimit === undefined ? "" : `limit ${Math.round(data.SpeedLimit * 3.6)}`,
    data.Length === undefined ? "" : `${Math.round(data.Length)} m`,
    data.Distance === undefined ? "" : `${data.Distance.toFixed(1)} m apart`,
    data.Seconds === undefined ? "" : `${spaced(data.Measure ?? "")} ${data.Seconds.toFixed(1)} s`,
    data.Duration ? `after ${Math.round(data.Duration)} s` : "",
  ].filter(Boolean);
}

export function eventSentence({ topic, source, data }) {
  const said = [];
  if (source.Rule) said.push(source.Rule);
  const subject = who(data);
  if (subject) said.push(subject);
  if (data.ByClass) said.push(Object.entries(data.ByClass).map(([name, n]) => `${n} ${name}`).join(", ") || "empty");
  else if (data.Count !== undefined) said.push(`${data.Count} there`);
  if (data.Direction) said.push(data.Direction);
  if (data.IsInside !== undefined) said.push(data.IsInside ? "entered" : "left");
  if (data.Entry) said.push(`${data.Entry} → ${data.Exit}`);
  if (data.Kind) said.push(data.Kind);
  if (data.State) said.push(topic === "VideoSource/SignalLoss" ? { lost: "lost", returned: "is back", ended: "ended" }[data.State] : data.State);
  if (data.Reason) said.push(data.Reason);
  return [...said, ...numbers(data)].join(" · ");
}
