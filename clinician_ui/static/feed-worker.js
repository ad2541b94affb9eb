// The feed, in a worker because a page in the background is slowed down. Keeps the socket, the cursor and the watch on beats.
// To the page: {kind: "state"|"frames"|"resync"|"ended", ...}; a state every second is the worker's own heartbeat.

const SILENT_AFTER = 8000;
let cursor = null, socket = null, opening = false, closing = false;
let lastBeat = 0, liveSince = 0, retry = 0, retryAt = 0;
// What the page has drawn while somebody could see it, what the hub was told of it on this socket, and when.
let drawn = 0, told = 0, toldAt = 0, visible = false;

const wall = () => performance.now();

function say() {
  const silent = lastBeat === 0 ? null : wall() - lastBeat;
  postMessage({ kind: "state", live: silent !== null && silent < SILENT_AFTER && socket?.readyState === 1, silent, cursor });
}

/** Tell the hub what the page says it shows: at each beat, and within a second of a new event. Nothing while nobody can see it. */
function receipt() {
  if (!visible || socket?.readyState !== 1) return;
  socket.send(JSON.stringify({ got: drawn, visible }));
  told = drawn; toldAt = wall();
}

async function open() {
  if (opening || cursor === null || closing) return;
  opening = true;
  try {
    const answer = await fetch("/api/feed-ticket", { method: "POST", credentials: "same-origin", signal: AbortSignal.timeout(5000) });
    if (answer.status === 401 || answer.status === 403) { postMessage({ kind: "ended", status: answer.status }); closing = true; return; }
    if (!answer.ok) throw new Error(String(answer.status));
    const { ticket } = await answer.json();
    connect(ticket);
  } catch { later(); } finally { opening = false; }
}

function connect(ticket) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = new WebSocket(`${scheme}://${location.host}/api/feed?ticket=${encodeURIComponent(ticket)}&cursor=${cursor}`);
  socket = mine;
  told = 0;
  mine.onmessage = (event) => { if (socket === mine) take(JSON.parse(event.data)); };
  mine.onclose = (event) => { if (socket === mine) closed(event.code); };
}

function take(frame) {
  if (frame.kind === "beat") {
    lastBeat = wall(); retry = 0;
    cursor = Math.max(cursor, frame.cursor);
    postMessage({ kind: "beat", now: frame.now, speed: frame.speed, away: frame.away || [], awaySince: frame.away_since || null });
    say();
    return;
  }
  // Everything up to the cursor is here. An event whose predecessor lies after it means that one is missing.
  if (frame.prev > cursor) { resync("hole"); return; }
  if (frame.id <= cursor) return;
  cursor = frame.id;
  postMessage({ kind: "frame", frame });
}

function closed(code) {
  socket = null;
  if (code === 4401) { closing = true; postMessage({ kind: "ended", status: 401 }); return; }
  if (code === 4408 || code === 4409) { resync(String(code)); return; }
  later();
}

function resync(why) {
  cursor = null;
  const old = socket; socket = null; old?.close();
  postMessage({ kind: "resync", why });
}

function later() {
  retry = Math.min(retry + 1, 5);
  retryAt = wall() + Math.min(250 * 2 ** retry, 4000) * (0.5 + Math.random());
}

// One clock for everything: reconnect, beat watch, heartbeat to the page. Also lets go of a socket that has gone quiet.
setInterval(() => {
  if (socket && socket.readyState === 1 && lastBeat && wall() - lastBeat > SILENT_AFTER * 2) { const old = socket; socket = null; old.close(); }
  if (!socket && cursor !== null && wall() >= retryAt) open();
  if (drawn > told && wall() - toldAt >= 1000) receipt();
  say();
}, 500);

onmessage = (event) => {
  const heard = event.data;
  if (heard.kind === "shown") { drawn = heard.upto; visible = heard.visible; if (wall() - toldAt >= 1000) receipt(); }
  if (heard.kind === "here" && socket?.readyState === 1) socket.send(JSON.stringify({ visible: heard.visible, sounds: heard.sounds }));
  if (heard.kind === "from") { closing = false; cursor = heard.cursor; retryAt = 0; const old = socket; socket = null; old?.close(); open(); }
  if (heard.kind === "poke" && !socket) { retryAt = 0; open(); }
  if (heard.kind === "stop") { closing = true; cursor = null; const old = socket; socket = null; old?.close(); }
};
