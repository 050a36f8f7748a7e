import type { Random } from './random.ts';

/** Random titles, flag names, alerts and reasons. */

const verbs = ['Add', 'Speed up', 'Simplify', 'Fix', 'Retry', 'Cache', 'Measure', 'Remove', 'Split'] as const;
const things = [
  'the totals',
  'slow queries',
  'the empty state',
  'address lookup',
  'translations',
  'the timeout',
  'rounding of prices',
  'the retry queue',
  'old endpoints',
  'image sizes',
  'the session store',
  'logging',
] as const;
const signs = ['Error rate', 'Latency of the slowest 1 %', 'Failed health checks', 'Empty answers'] as const;
const roots = [
  'connection pool exhausted',
  'a missing index',
  'null in an optional field',
  'a cache that was never warmed',
  'a library update',
  'a certificate that had run out',
  'a wrong time zone',
] as const;
const flagWords = [
  'one-click',
  'dark-mode',
  'new-ranking',
  'gift-cards',
  'late-slots',
  'smart-search',
] as const;

export const titleBy = (random: Random) => `${random.pick(verbs)} ${random.pick(things)}`;
export const alertBy = (random: Random, service: string) => `${random.pick(signs)} of ${service}`;
export const rootBy = (random: Random) => random.pick(roots);
export const flagBy = (random: Random, service: string) => `${service}.${random.pick(flagWords)}`;
export const ticketBy = (random: Random) => `SHOP-${random.whole(100, 9999)}`;
