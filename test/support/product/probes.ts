import { expect } from 'vitest';
import type { Service } from './service.ts';

/** Waits until the probes of every service have the wanted status; a service may need a while to notice a fault. */
export async function expectProbes(
  services: readonly Service[],
  wanted: { readonly livez: number; readonly readyz: number },
): Promise<void> {
  const state = async (service: Service) => ({
    livez: (await service.get('/livez')).status,
    readyz: (await service.get('/readyz')).status,
  });
  await expect
    .poll(() => Promise.all(services.map(state)), { timeout: 60_000, interval: 100 })
    .toEqual(services.map(() => wanted));
}
