// The bursts of the alarm by severity: pure numbers, played by sound.js. After IEC 60601-1-8 (2006, with amendments 1 and 2).
// Pulse frequency 150 to 1000 Hz and at least four harmonics in 300 to 4000 Hz, within 15 dB, are read in secondary sources; the
// number of pulses, their lengths and the pauses are from memory of tables 3 and 4 (docs/clinicians: needs clinical sign-off).

/** Strength of the pulse frequency and of its harmonics: all within 15 dB (a ratio of 5.6). */
export const HARMONICS = [1, 0.8, 0.65, 0.5, 0.4];

/** `pulses`: starts in s after the burst's own; `long`: of one pulse, s; `every`: from one burst's start to the next, s; null: once. */
export const BURSTS = {
  high: { frequency: 523, long: 0.15, every: 8, pulses: ten(0.15, 0.1) },
  medium: { frequency: 440, long: 0.2, every: 20, pulses: [0, 0.4, 0.8] },
  low: { frequency: 330, long: 0.2, every: null, pulses: [0, 0.4] },
};

/** Twice "three and two": a longer gap after the third pulse (twice the pause and a pulse) and after the fifth (0.5 s). */
function ten(long, pause) {
  const step = long + pause, five = [0, step, 2 * step, 3 * step + pause + long, 4 * step + pause + long];
  const second = five[4] + long + 0.5;
  return [...five, ...five.map((start) => second + start)];
}

/** How long one burst lasts, in seconds. */
export const lasts = ({ pulses, long }) => pulses.at(-1) + long;
