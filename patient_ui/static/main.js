// The first look: who is known here decides between signing in and the app. Small, because it comes over a slow network.

import { show } from "./dom.js";
import { showClaim, showLogin } from "./login.js";

const root = document.getElementById("app");
const code = /^#code=([A-Za-z0-9-]{4,20})$/.exec(location.hash)?.[1];

async function enter(me) {
  const { open } = await import("./app.js");
  await open(root, me);
}

/** Without a store nobody was ever signed in here. (localStorage would be quicker, but a crash can lose what it just took.) */
async function stored() {
  const found = await indexedDB.databases?.();
  return found ? found.some((each) => each.name === "vigie-app") : true;
}

async function begin() {
  if (code) history.replaceState(null, "", location.pathname);
  if (code) showClaim(root, enter, code);
  else if (await stored()) await enter(null);
  else showLogin(root, enter);
}

begin().catch((error) => show(root, document.createTextNode(error.message)));
if ("serviceWorker" in navigator) import("./worker.js").then((worker) => worker.register());
