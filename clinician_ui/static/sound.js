// Playing sound. A browser plays nothing before a person pressed something: "start shift" does that and proves it.

import { BURSTS, HARMONICS } from "./alarm-sounds.js";

let context = null, wave = null;

/** Unlock and play the test tone. False when this browser cannot sound. */
export async function startShift() {
  try {
    context ??= new (window.AudioContext || window.webkitAudioContext)();
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 1500))]);
    if (context.state !== "running") return false;
    [660, 880].forEach((frequency, place) => pulse(frequency, context.currentTime + place * 0.16, 0.16));
    return true;
  } catch { return false; }
}

export const canSound = () => context !== null && context.state === "running";

/** One burst of a severity. False when it could not be heard. */
export function burst(severity) {
  if (!canSound()) return false;
  const { frequency, long, pulses } = BURSTS[severity];
  for (const start of pulses) pulse(frequency, context.currentTime + start, long);
  return true;
}

function pulse(frequency, start, length) {
  // The place of a harmonic in the wave is its multiple of the pulse frequency; place 0 is silence.
  wave ??= context.createPeriodicWave(new Float32Array(HARMONICS.length + 1), new Float32Array([0, ...HARMONICS]));
  const voice = context.createOscillator(), gain = context.createGain();
  voice.setPeriodicWave(wave);
  voice.frequency.value = frequency;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(0.4, start + length * 0.15);
  gain.gain.setValueAtTime(0.4, start + length * 0.8);
  gain.gain.linearRampToValueAtTime(0, start + length);
  voice.connect(gain).connect(context.destination);
  voice.start(start);
  voice.stop(start + length);
}
