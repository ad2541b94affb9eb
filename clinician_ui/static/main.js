// The page: who is logged in, which part is shown, the feed's frames to the store and from there to the views.

import { makeAdmin, mayAdminister } from "./admin/page.js";
import { makeAnswers } from "./answers/box.js";
import { makeAlarm } from "./alarm.js";
import { call, Refusal } from "./api.js";
import { makeBoard } from "./board.js";
import { askedDay, makeDay } from "./day/page.js";
import { makeFigures } from "./figures.js";
import { hubNow, setClock } from "./clock.js";
import { h, show, toast } from "./dom.js";
import { filterAddress, readAddress } from "./filters.js";
import { makeFrozen } from "./frozen.js";
import { makeHeader } from "./header.js";
import { oneKey } from "./keyboard.js";
import { watchLinks } from "./linked.js";
import { listReceived } from "./shift/printed.js";
import { makeShift } from "./shift/page.js";
import { showLogin, showPasswordChange } from "./login.js";
import { refreshAges } from "./marks.js";
import { makePanel } from "./panel.js";
import { asked as askedPatient, makePatientPage } from "./patient/page.js";
import { makeQuarantine } from "./quarantine.js";
import { settled } from "./components/alert-actions.js";
import { burst, canSound } from "./sound.js";
import { alertsOf, may, state, takeFrame, takePatients, takeSnapshot, takeWindows } from "./store.js";
import { trusted } from "./trusted.js";
import { makeUnit } from "./unit/page.js";
import { t } from "./words.js";

const root = document.getElementById("app"), alarm = makeAlarm(burst);
const narrow = matchMedia("(max-width: 760px)"); // where the panel takes the place of the list
let worker = null, parts = null, dirty = new Set(), drawing = 0, refreshing = 0, asking = false, upto = 0, latest = 0, took = 0;

async function begin() {
  try { enter(await call("GET", "/api/me")); }
  catch (error) {
    if (error instanceof Refusal && error.status === 401) showLogin(root, enter);
    else { show(root, h("p", { cls: "empty" }, error.message)); setTimeout(begin, 3000); }
  }
}

function enter(me) {
  state.me = me;
  if (me.must_change) { showPasswordChange(root, enter); return; }
  build();
  if (may("see")) startFeed();
}

function build(shown = "board") {
  const header = makeHeader({ go, redraw: () => rebuild(), logout, mute });
  const panel = makePanel((patient, alert) => board.select(patient, alert), (left, alert) => { board.select(null); board.focusRow(left, alert); tellShown(); }, refresh, alarm.saw);
  const answers = makeAnswers();
  const board = makeBoard((id, alert) => panel.open(id, alert), answers.node);
  const quarantine = makeQuarantine((count) => header.unseen(count));
  const figures = makeFigures();
  const shift = makeShift();
  const admin = makeAdmin();
  const unit = makeUnit();
  const day = makeDay();
  const patient = makePatientPage({ back: () => go("board"), openAlert: (id, alert) => { go("board"); panel.open(id, alert); }, handed: refresh });
  const blind = h("p", { cls: "empty" }, t("noSee", t(state.me.role)));
  const main = h("main", null, may("see") && board.node, blind, quarantine.node, figures.node, shift.node, admin.node, unit.node, patient.node, day.node);
  parts = { ...parts, header, panel, board, answers, quarantine, figures, shift, admin, unit, patient, day, blind, frozen: parts?.frozen ?? makeFrozen() };
  show(root, header.node, header.silent, h("div", { cls: "stage" }, main, panel.node));
  showUnstored();
  go(asked(shown));
  board.draw();
}

function rebuild() {
  const shown = parts.shown, open = parts.panel.patient(), alert = parts.panel.alert();
  document.body.classList.remove("has-panel");
  build(shown);
  parts.frozen.redraw();
  if (open) parts.panel.open(open, alert ?? alertsOf(open)[0]?.id);
}

/** The part to show: what the address says, if this role has it. */
function asked(shown) {
  const named = askedDay() ? "day" : askedPatient() ? "patient" : /^#\/(figures|quarantine|shift|unit|admin)(?:$|\/)/.exec(location.hash)?.[1] ?? shown;
  if (named === "admin" && mayAdminister()) return named;
  if (may({ board: "see", patient: "see", day: "see", shift: "see", unit: "see" }[named] ?? named)) return named;
  return ["see", "quarantine", "figures"].find(may)?.replace("see", "board") ?? "board";
}

function go(where) {
  parts.shown = where;
  for (const name of ["quarantine", "figures", "shift", "unit", "admin", "patient", "day"]) parts[name].node.hidden = where !== name;
  if (may("see")) parts.board.node.hidden = where !== "board";
  parts.blind.hidden = may("see") || ["figures", "admin"].includes(where);
  parts.header.at(where);
  tellShown();
  if (where !== "patient") parts.patient.close();
  if (where !== "day") parts.day.close();
  const address = { board: location.pathname + filterAddress(), patient: location.hash, day: location.hash, admin: /^#\/admin/.test(location.hash) ? location.hash : "#/admin" }[where] ?? `#/${where}`;
  if (location.hash !== address.replace(location.pathname, "")) history.replaceState(history.state, "", address);
  if (where !== "board") { parts.panel.close(); parts[where].load(); }
}
window.addEventListener("hashchange", () => { if (!parts || !state.me) return; readAddress(); parts.board.draw(); go(asked("board")); });
const follow = watchLinks((patient, alert) => { go("board"); parts.panel.open(patient, alert); });

async function logout() {
  worker?.postMessage({ kind: "stop" });
  try { await call("DELETE", "/api/session"); } finally { location.reload(); }
}

function startFeed() {
  parts.frozen.watch();
  worker = new Worker(trusted("/static/feed-worker.js"));
  worker.onmessage = (event) => hear(event.data);
  // A held lock keeps the browser from freezing a page in the background.
  navigator.locks?.request("vigie-console", { mode: "shared" }, () => new Promise(() => {}));
  document.addEventListener("visibilitychange", () => { tellShown(); if (!document.hidden) { worker.postMessage({ kind: "poke" }); refresh(); } });
  window.addEventListener("online", () => worker.postMessage({ kind: "poke" }));
  snapshot();
  setInterval(refresh, 30_000);
  setInterval(windows, 60_000);
}

async function snapshot() {
  if (asking) return;
  asking = true;
  try {
    const found = await call("GET", "/api/snapshot");
    setClock(found.now, found.speed);
    takeSnapshot(found);
    listReceived();
    if (["shift", "unit"].includes(parts.shown)) parts[parts.shown].load();
    parts.board.draw();
    parts.header.quarantined();
    parts.panel.draw();
    worker.postMessage({ kind: "from", cursor: found.cursor });
    latest = found.cursor;
    tellShown();
    follow();
    windows();
  } catch (error) {
    if (error instanceof Refusal && (error.status === 401 || error.status === 403)) { ended(); return; }
    setTimeout(snapshot, 1500);
  } finally { asking = false; }
}

/** What is drawn, and whether anybody could see it: the hub writes "delivered" from it. */
function tellShown() {
  if (!document.hidden && parts.shown === "board" && !(narrow.matches && parts.panel.isOpen())) upto = latest;
  worker?.postMessage({ kind: "shown", upto, visible: !document.hidden });
}

/** Which windows are open, which clocks run, which answers nobody has read: once a minute, and after a snapshot. */
async function windows() {
  if (!state.loaded || document.hidden) return;
  parts.answers.load();
  try { if (takeWindows(await call("GET", "/api/windows"))) parts.board.draw(); } catch { /* the next minute asks again */ }
}

/** Values, devices and contacts between alerts; the alerts themselves come by the feed only. */
async function refresh() {
  if (!state.loaded || document.hidden) return;
  try { takePatients(await call("GET", "/api/snapshot")); listReceived(); parts.board.draw(); parts.panel.refreshed(); parts.patient.refreshed(); parts.unit.refreshed(); parts.header.quarantined(); } catch { /* the beat watch says when it matters */ }
}

function hear(told) {
  // The worker's beat of half a second rings too: timers of a page in the background are slowed down.
  if (told.kind === "state") { ring(); parts.frozen.heard(told); parts.header.feed(told, parts.frozen.frozen()); }
  if (told.kind === "beat") { setClock(told.now, told.speed); state.away = told.away; state.awaySince = told.awaySince; showUnstored(); here(); tellShown(); }
  if (told.kind === "frame") take(told.frame);
  if (told.kind === "resync") snapshot();
  if (told.kind === "ended") ended();
}

/** Each beat is answered by the page itself: a page that hangs, or whose alarm cannot be heard, does not attend. */
function here() { worker.postMessage({ kind: "here", visible: !document.hidden, sounds: canSound() }); }

function showUnstored() { parts.header.unstored.heard(state.away, state.awaySince); retitle(); }

/** The tab says it too; a dead feed says its own. */
function retitle() {
  if (!parts.frozen.frozen()) document.title = parts.header.unstored.on() ? `⚠ ${t("unstored")} · Vigie` : "Vigie";
}

function take(frame) {
  if (frame.kind === "forecast.changed") { latest = frame.id; parts.panel.forecastChanged(frame.patient); parts.patient.forecastChanged(frame.patient); tellShown(); return; }
  const became = takeFrame(frame);
  if (became.unreadable) { snapshot(); return; }
  if (became.unknownPatient && !refreshing) refreshing = setTimeout(() => { refreshing = 0; refresh(); }, 300);
  ring();
  settled(frame);
  if (frame.kind === "alert.refused") toast(`${t("refusedAction")}${frame.note ? `: ${frame.note}` : ""}`, "bad");
  dirty.add(frame.patient);
  latest = frame.id;
  parts.panel.changed(became.alert);
  // In a flood drawing takes a third of the time at most, and nobody waits longer than a quarter of a second.
  drawing ||= setTimeout(drawChanged, Math.min(Math.max(60, 2 * took), 250));
}

function drawChanged() {
  const began = performance.now();
  drawing = 0;
  parts.board.draw(dirty);
  parts.unit.changed(dirty);
  dirty = new Set();
  tellShown();
  took = performance.now() - began;
}

/** One look at what rings: a burst when it is time, and the button that mutes. */
function ring() {
  if (!state.loaded) return;
  const told = alarm.tick([...state.alerts.values()], hubNow(), performance.now());
  if (!told.heard) parts.header.mute();
  parts.header.rings(told);
}

function mute(on) {
  if (on) alarm.muteFor([...state.alerts.values()], performance.now());
  else alarm.unmute();
  ring();
}

function ended() {
  worker?.terminate();
  worker = null;
  parts.frozen.over(t("expired"));
}

document.addEventListener("keydown", (event) => {
  if (!parts || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog:modal")) return; // a window in front takes every key; it closes itself
  if (event.key === "Escape") { parts.panel.escape(); return; }
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(/** @type {HTMLElement} */ (event.target).tagName)) return;
  const deeds = { j: () => parts.board.step(1), ArrowDown: () => parts.board.step(1), k: () => parts.board.step(-1), ArrowUp: () => parts.board.step(-1), "?": () => parts.header.keys(), r: () => parts.board.sort(true), a: acknowledge, e: () => parts.board.expand(), "/": () => parts.board.search(), c: () => { ofRow(); parts.panel.call(); }, h: () => { ofRow(); parts.panel.home(); }, t: () => act("assign"), s: () => act("snooze"), x: () => act("close"), m: () => act("comment") };
  const inPanel = parts.panel.node.contains(event.target);
  if (!deeds[event.key] || (event.key.length === 1 && !oneKey()) || (inPanel && event.key.startsWith("Arrow")) || parts.board.node.hidden) return;
  event.preventDefault();
  deeds[event.key]();
});

const acknowledge = () => act("acknowledge");

/** Numbers and home are those of the row that the keyboard stands in, never of whoever was open before. */
function ofRow() {
  const row = parts.board.at();
  if (row && (row.patient !== parts.panel.patient() || !parts.panel.isOpen())) parts.panel.open(row.patient, row.members[0]?.id);
}

/** An action by one key: on the row that the keyboard stands in, else on the alert of the panel. */
function act(action) {
  const row = parts.board.at();
  if (row) parts.panel.open(row.patient, row.members[0]?.id);
  parts.panel.begin(action);
}

setInterval(() => { if (parts) { refreshAges(root); parts.header.sound(canSound()); parts.header.unstored.check(); retitle(); } }, 1000);
begin();
