// Wires the page of a service: the way in, the views a person may use, and the live page behind it.

import { useSession } from "../api.js";
import { live, page, start } from "../app.js";
import { el } from "../dom.js";
import { AccountView } from "./account.js";
import { AuditView } from "./audit.js";
import { CamerasView } from "./cameras.js";
import { CountsView } from "./counts.js";
import { Door, takeToken } from "./door.js";
import { EventsView } from "./events.js";
import { HealthView } from "./health.js";
import { PeopleView } from "./people.js";
import { RuleEditor } from "./rules.js";
import { Session } from "./session.js";

const byId = (id) => document.getElementById(id);
const session = new Session();
const door = new Door(session, byId("door"));

// kind -> tab's words, who may, what opens. Statistics are for viewers and the privacy officer.
const VIEWS = {
  counts: { title: "Counts", may: () => session.somewhere(["viewer", "privacy_officer"]), open: () => new CountsView(session) },
  events: { title: "Events", may: () => session.somewhere("viewer"), open: () => new EventsView(session) },
  cameras: { title: "Cameras", may: () => session.somewhere("operator"), open: () => new CamerasView(session, page) },
  people: { title: "People", may: () => session.may("admin"), open: () => new PeopleView(session) },
  audit: { title: "Audit", may: () => session.may(["admin", "privacy_officer"]), open: () => new AuditView() },
  health: { title: "Health", may: () => session.may("operator"), open: () => new HealthView() },
  account: { title: "Your account", may: () => true, open: () => new AccountView(session) },
};

function tabs(views) {
  const sees = session.somewhere("viewer");
  const named = [...(sees ? [["wall", "Wall", "#/"], ["map", "Map", "#/map"]] : []),
    ...Object.entries(views).filter(([kind]) => kind !== "account").map(([kind, { title }]) => [kind, title, `#/${kind}`])];
  byId("tabs").replaceChildren(...named.map(([kind, title, href]) => el("a", { href, "data-tab": kind }, title)));
  const account = byId("account");
  account.hidden = false;
  account.textContent = session.me.name;
  account.setAttribute("aria-label", `Your account, ${session.me.name}`);
  byId("sign-out").hidden = false;
}

let begun = false;

function begin() {
  const views = Object.fromEntries(Object.entries(VIEWS).filter(([, { may }]) => may()));
  tabs(views);
  const sees = session.somewhere("viewer");
  if (sees) live.release();
  if (begun) return;
  begun = true;
  page.makeEditor = (feed, stage, changed) => new RuleEditor({ feed, stage, changed, page, mayEdit: session.may("operator", feed.name) });
  if (!sees) { // no pictures and no events for this person
    live.hold();
    byId("link").hidden = true;
  }
  const home = sees ? null : "counts" in views ? "counts" : "account";
  start({ views, home });
}

session.addEventListener("begun", ({ detail }) => {
  if (detail.another) { location.replace("/"); return; } // nothing of the one before stays
  begin();
});
session.addEventListener("over", () => {
  live.hold();
  byId("lost").hidden = true;
  door.ask();
});
// A lost line may be the end of the session: ask, so that the sign-in comes and not a strip about the network.
live.addEventListener("link", ({ detail }) => {
  if (detail.connected || session.over) return;
  session.check().catch(() => { /* the server is away; the strip says so */ });
});
byId("sign-out").addEventListener("click", () => session.signOut().catch(() => location.reload()));

// A one-time address opened in a window that is already here changes the hash only.
addEventListener("hashchange", () => {
  const given = takeToken();
  if (given !== null) door.ask(given);
});

useSession(session);
const token = takeToken();
if (token !== null) door.ask(token);
else session.check().catch(() => door.ask()); // check() itself asks at the door where nobody is signed in
