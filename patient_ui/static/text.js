// What people write, before it goes into a message: nothing that no message can carry.

const LIMIT = 10_000;

/** {text, note}: without U+0000 and halves of letters; `note` names what was changed. Characters are counted as the hub counts them. */
export function clean(written) {
  const without = written.replace(/\u0000/g, "").replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "");
  const letters = [...without];
  return { text: letters.length > LIMIT ? letters.slice(0, LIMIT).join("") : without, note: letters.length > LIMIT ? "textTooLong" : without !== written ? "textCleaned" : "", length: letters.length };
}
export const TEXT_LIMIT = LIMIT;
