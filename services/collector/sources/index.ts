import type { Source } from './source.ts';

const all: readonly Source[] = [];

/** Every tool's webhook by the word behind `/v1/webhooks/`. */
export const sources: ReadonlyMap<string, Source> = new Map(all.map(source => [source.tool, source]));
