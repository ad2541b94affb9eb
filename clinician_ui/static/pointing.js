// Whether a pointer holds the rows: while it moves over them, and from a press until the press has reached what it was meant for.

/** ms: a pointer that has not moved for so long points at nothing. */
export const STILL_AFTER = 20_000;
const REACHED = 400; // ms: a browser may click so long after the finger has left

/**
 * @param {HTMLElement} zone
 * @param {() => void} rest nothing has changed here for a while: the rows may be sorted
 */
export function makePointing(zone, rest) {
  let inside = false, movedAt = -Infinity, x = NaN, y = NaN, waiting = 0, releasing = 0;
  /** While a press lasts. @type {AbortController | null} */
  let pressed = null;
  const still = () => performance.now() - movedAt >= STILL_AFTER;

  /** The browser also tells of pointers that rest while something moves below them. */
  function moved(event) {
    if (event.type === "pointermove" && event.clientX === x && event.clientY === y) return;
    [x, y] = [event.clientX, event.clientY];
    movedAt = performance.now();
    waiting ||= setTimeout(look, STILL_AFTER);
  }
  function look() {
    waiting = still() ? 0 : setTimeout(look, movedAt + STILL_AFTER - performance.now() + 1);
    if (still()) rest();
  }
  function press(event) {
    clearTimeout(releasing);
    pressed?.abort();
    pressed = new AbortController();
    const { signal } = pressed;
    for (const end of ["pointerup", "pointercancel", "blur"]) window.addEventListener(end, release, { signal });
    // The end of a press may be told to nobody, as where a menu of the system opens.
    window.addEventListener("pointermove", (after) => { if (after.buttons === 0) release(); }, { signal, passive: true });
    moved(event);
  }
  function release() {
    pressed.abort();
    releasing = setTimeout(() => { pressed = null; rest(); }, REACHED);
  }

  zone.addEventListener("pointerenter", (event) => { if (event.pointerType !== "touch") inside = true; });
  zone.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") { inside = false; rest(); } });
  for (const kind of ["pointermove", "wheel"]) zone.addEventListener(kind, moved, { passive: true });
  zone.addEventListener("pointerdown", press);

  return {
    /** @param {Element | null} focused what stands below the rows in focus: put there by the keyboard it holds them, by a pointer as the pointer does */
    holds: (focused) => pressed !== null || (!still() && (inside || focused !== null)) || Boolean(focused?.matches(":focus-visible")),
  };
}
