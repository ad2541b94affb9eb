// Trusted Types: the two script addresses that this page ever hands to the browser, and nothing else.

const KNOWN = /^\/static\/(feed-worker\.js|push-sw\.js\?lang=(fr|en))$/;
const policy = window.trustedTypes?.createPolicy("vigie", { createScriptURL: (asked) => { if (!KNOWN.test(asked)) throw new TypeError(asked); return asked; } });

export const trusted = (url) => policy?.createScriptURL(url) ?? url;
