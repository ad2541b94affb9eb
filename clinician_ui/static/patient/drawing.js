// What is drawn on a chart's canvas besides the line: limits with their words, marks of late and doubtful values.

const LINES = { high: [7, 4], medium: [3, 3], low: [1, 4] };

/** The colours of the page as they are now. */
export function inkOf() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["accent", "muted", "line", "high", "medium", "low", "surface", "ink"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Each limit once, the most severe where two fall together; a dash of its own, so that colour is not alone. */
export function drawLimits(u, limits, ink) {
  const { ctx } = u, ratio = devicePixelRatio || 1, done = [];
  for (const limit of limits) {
    const y = u.valToPos(limit.edge, "y", true);
    if (y < u.bbox.top || y > u.bbox.top + u.bbox.height || done.some((at) => Math.abs(at - y) < 3 * ratio)) continue;
    done.push(y);
    ctx.save();
    ctx.strokeStyle = ink[limit.severity];
    ctx.lineWidth = 1.2 * ratio;
    ctx.setLineDash(LINES[limit.severity].map((each) => each * ratio));
    ctx.beginPath(); ctx.moveTo(u.bbox.left, y); ctx.lineTo(u.bbox.left + u.bbox.width, y); ctx.stroke();
    ctx.restore();
  }
}

/** A hollow diamond for what came late, a hollow square for what is doubtful. */
export function drawMarks(u, marks, ink) {
  const { ctx } = u, ratio = devicePixelRatio || 1, r = 5 * ratio;
  ctx.save();
  ctx.lineWidth = 1.6 * ratio;
  ctx.fillStyle = ink.surface;
  for (const { series, n, kind } of marks) {
    const x = u.valToPos(u.data[0][n], "x", true), y = u.valToPos(u.data[series][n], "y", true);
    ctx.strokeStyle = kind === "late" ? ink.low : ink.medium;
    ctx.beginPath();
    if (kind === "late") { ctx.moveTo(x, y - r); ctx.lineTo(x + r, y); ctx.lineTo(x, y + r); ctx.lineTo(x - r, y); ctx.closePath(); }
    else ctx.rect(x - r * 0.8, y - r * 0.8, r * 1.6, r * 1.6);
    ctx.fill(); ctx.stroke();
  }
  ctx.restore();
}
