// What this browser keeps: one IndexedDB for all tabs and the service worker. A function here is one transaction, and what it
// returned is on the disk ("strict"): a crash, a closed tab, a flat battery lose nothing.

const STORES = {
  meta: {},                                     // name -> value: install, session, me
  boots: {},                                    // device -> {boot, last, session, number}
  messages: { keyPath: "id", autoIncrement: true },  // the outbox, and for a while what has left it
  notes: { keyPath: "id", autoIncrement: true },     // what the next message must tell: boot, dropped
  drafts: {},                                   // "patient/what" -> what was begun
  kept: {},                                     // "patient/what" -> {at, value}: last answers of the hub
};
let opening = null;

function open() {
  opening ??= new Promise((done, failed) => {
    const asked = indexedDB.open("vigie-app", 1);
    asked.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) asked.result.createObjectStore(name, options);
      asked.transaction.objectStore("messages").createIndex("lane", ["device", "state"]);
      asked.transaction.objectStore("messages").createIndex("key", ["device", "boot", "seq"], { unique: true });
      asked.transaction.objectStore("messages").createIndex("patient", "patient");
      asked.transaction.objectStore("notes").createIndex("device", "device");
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => { asked.result.close(); opening = null; };
      asked.result.onclose = () => { opening = null; };
      done(asked.result);
    };
    asked.onerror = () => { opening = null; failed(asked.error); };
  });
  return opening;
}

export const asked = (request) => new Promise((done, failed) => { request.onsuccess = () => done(request.result); request.onerror = () => failed(request.error); });

/** One transaction over `names`; `work(stores)` may await requests of it only. Resolves when it is committed. */
export async function inTransaction(names, mode, work) {
  const database = await open();
  const transaction = database.transaction(names, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
  const ended = new Promise((done, failed) => {
    transaction.oncomplete = () => done();
    transaction.onabort = () => failed(transaction.error ?? new Error("aborted"));
  });
  ended.catch(() => {});
  let result;
  try { result = await work(Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]))); }
  catch (error) { try { transaction.abort(); } catch { /* it is over already */ } throw error; }
  await ended;
  return result;
}

export const get = (store, key) => inTransaction([store], "readonly", (stores) => asked(stores[store].get(key)));
export const put = (store, key, value) => inTransaction([store], "readwrite", (stores) => asked(stores[store].put(value, key)));
export const remove = (store, key) => inTransaction([store], "readwrite", (stores) => asked(stores[store].delete(key)));

/** Forget what is shown and kept of a patient, or of all: not what waits to be sent. */
export const forget = (patient, names = ["drafts", "kept"]) => inTransaction(["drafts", "kept", "messages"], "readwrite", async (stores) => {
  const range = patient === undefined ? IDBKeyRange.lowerBound("") : IDBKeyRange.bound(`${patient}/`, `${patient}/\uffff`);
  for (const name of names) stores[name].delete(range);
  for (const row of await asked(patient === undefined ? stores.messages.getAll() : stores.messages.index("patient").getAll(patient))) {
    if (row.state === "stored") stores.messages.delete(row.id);
  }
});
