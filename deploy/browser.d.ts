// What browsers have and the checker's library does not know yet. Read by `tsc` alone (tsconfig.json).

interface Window {
  trustedTypes?: any;
  webkitAudioContext?: typeof AudioContext;
}
interface ServiceWorkerRegistration {
  sync?: { register(tag: string): Promise<void> };
}
