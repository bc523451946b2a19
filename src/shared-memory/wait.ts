// Sleeping with the whole thread, for the few places that have a reason to.

const neverNotified = new Int32Array(new SharedArrayBuffer(4))

/** Blocks the calling thread, its event loop included. */
export function blockThread(milliseconds: number): void {
  if (milliseconds > 0) Atomics.wait(neverNotified, 0, 0, milliseconds)
}
