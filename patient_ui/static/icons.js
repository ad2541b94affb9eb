// Small drawings beside words; never instead of them.

import { s } from "./dom.js";

const PATHS = {
  today: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  history: "M3 3v18h18M7 15l4-5 3 3 6-7", sent: "M4 12.5l5 5L20 6.5", settings: "M4 7h10M18 7h2M4 17h2M10 17h10M14 4.5v5M10 14.5v5", visit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  temperature: "M10 4a2 2 0 0 1 4 0v9.5a4.5 4.5 0 1 1-4 0zM12 9v8", pressure: "M12 21a8 8 0 1 0-8-8M12 13l4-4M4 13h2M12 5v2M20 13h-2", saturation: "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11zM9 14a3 3 0 0 0 3 3",
  pulse: "M12 20S4 15 4 9a4 4 0 0 1 8-1 4 4 0 0 1 8 1c0 6-8 11-8 11z", weight: "M5 6h14l2 14H3zM12 6v0M9 11a3 3 0 0 1 6 0zM12 11l1-2", other: "M12 5v14M5 12h14",
  symptom: "M4 5h16v11H10l-5 4v-4H4zM8 9h8M8 12h5", dose: "M4 14l10-10a4.2 4.2 0 0 1 6 6L10 20a4.2 4.2 0 0 1-6-6zM9 9l6 6", call: "M6 3h3l2 5-2.5 1.5a12 12 0 0 0 6 6L16 13l5 2v3a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z", swap: "M4 8h14l-4-4M20 16H6l4 4",
};

export const icon = (name) => s("svg", { viewBox: "0 0 24 24", cls: "icon", "aria-hidden": "true", focusable: "false" }, s("path", { d: PATHS[name] ?? PATHS.other }));
