import { dayMs, windows } from '../../domain/definitions.ts';
import { breather } from './breathe.ts';
import { indexAt, type LineSamples } from './columns.ts';
import { counterText, headerText, type Prefix, prefixes, scopeMetrics, scopeTexts } from './exposition.ts';
import { fleetScopes, serviceScope, shownLines, teamScopes } from './scopes.ts';

/** Prints all lines as they are at `now`, in turns that leave the event loop free for others. */
export type Printer = (lines: readonly LineSamples[], now: number) => Promise<Buffer>;

interface Kept {
  readonly texts: readonly string[];
  /** The texts hold from `from` to `until`, both included. */
  readonly from: number;
  readonly until: number;
}

/**
 * Most services have no sample that entered or left a window since the last print; their texts are kept,
 * so that a print costs what has changed and not what there is.
 */
export function createPrinter(): Printer {
  const kept = new WeakMap<LineSamples, Kept>();

  const textsOf = (samples: LineSamples, now: number) => {
    const known = kept.get(samples);
    if (known && known.from <= now && now <= known.until) return known.texts;
    const texts = scopeTexts(prefixes.service, serviceScope(samples), now);
    kept.set(samples, { texts, from: now, until: unchangedUntil(samples, now) });
    return texts;
  };

  return async (lines, now) => {
    const breathe = breather();
    const parts: Buffer[] = [];
    const print = async (prefix: Prefix, scopes: readonly (readonly string[])[]) => {
      for (const [i, metric] of scopeMetrics.entries()) {
        const series = scopes.map(texts => texts[i]).join('');
        if (series === '') continue;
        parts.push(Buffer.from(headerText(prefix + metric.name, metric.help, metric.type) + series));
        await breathe();
      }
    };

    const shown = shownLines(lines, now);
    const services: (readonly string[])[] = [];
    for (const samples of shown) {
      services.push(textsOf(samples, now));
      await breathe();
    }
    await print(prefixes.service, services);
    for (const [prefix, scopes] of [
      [prefixes.team, teamScopes(shown)],
      [prefixes.fleet, fleetScopes(shown)],
    ] as const) {
      const texts: string[][] = [];
      for (const scope of scopes) {
        texts.push(scopeTexts(prefix, scope, now));
        await breathe();
      }
      await print(prefix, texts);
    }
    parts.push(Buffer.from(counterText(lines.map(({ line }) => line))));
    return Buffer.concat(parts);
  };
}

/** The last moment at which every window still holds the same samples of this line as at `now`. */
export function unchangedUntil({ columns }: LineSamples, now: number): number {
  let until = Infinity;
  for (const { moments } of columns.values()) {
    until = Math.min(until, moments[indexAt(moments, now)] ?? Infinity);
    for (const days of windows) {
      const oldest = moments[indexAt(moments, now - days * dayMs)] ?? Infinity;
      until = Math.min(until, oldest + days * dayMs);
    }
  }
  return until;
}
