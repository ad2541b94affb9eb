// The alarm tone. A browser plays nothing before a person pressed something: "start shift" does that and proves it.

let context = null;

/** Unlock and play the test tone. False when this browser cannot sound. */
export async function startShift() {
  try {
    context ??= new (window.AudioContext || window.webkitAudioContext)();
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 1500))]);
    if (context.state !== "running") return false;
    tone([660, 880], 0.16);
    return true;
  } catch { return false; }
}

/** A new high alert. False when it could not be heard. */
export function alarm() {
  if (!canSound()) return false;
  tone([988, 784, 988, 784, 988], 0.2);
  return true;
}

export const canSound = () => context !== null && context.state === "running";

function tone(notes, length) {
  notes.forEach((frequency, place) => {
    const start = context.currentTime + place * length;
    const voice = context.createOscillator(), gain = context.createGain();
    voice.type = "triangle";
    voice.frequency.value = frequency;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.35, start + 0.02);
    gain.gain.linearRampToValueAtTime(0, start + length * 0.95);
    voice.connect(gain).connect(context.destination);
    voice.start(start);
    voice.stop(start + length);
  });
}
