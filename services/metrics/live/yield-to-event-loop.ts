import { setImmediate } from 'node:timers/promises';

/**
 * A function for long computations to await between their steps: it yields to the event loop when the steps since the
 * last yield took `ms` or more.
 */
export function eventLoopYielder(ms = 10): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < ms) return;
    await setImmediate();
    since = performance.now();
  };
}
