import { setImmediate } from 'node:timers/promises';

/**
 * A pause for long computations: awaited between steps, it gives the event loop a turn once the steps
 * since the last one took `ms`.
 */
export function eventLoopYielder(ms = 10): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < ms) return;
    await setImmediate();
    since = performance.now();
  };
}
