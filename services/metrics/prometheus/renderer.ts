import { type LineWindows, stillHolds, windowsOf } from '../live/cache/window-aggregates.ts';
import type { LineSamples } from '../live/columns.ts';
import { byName, fleetScopes, serviceScope, teamScopes } from '../live/scopes.ts';
import { breather } from '../live/yield-to-event-loop.ts';
import { prefixes } from './exposition.ts';
import { Printed } from './rendered-blocks.ts';
import { countedEnvironments, countedLines, PrintedCounters } from './rendered-counters.ts';
import { PrintedScopes } from './rendered-scopes.ts';

/** Prints all lines as they are at `now`, in turns that leave the event loop free for others. */
export type Printer = (lines: readonly LineSamples[], now: number) => Promise<Printed>;

/**
 * Most services have no sample that entered or left a window since the last print; what was printed of them is kept,
 * so that a print costs what has changed and not what there is.
 */
export function createPrinter(): Printer {
  const windows = new Windows();
  const scopes = [
    new PrintedScopes(prefixes.service, lines => lines.map(serviceScope)),
    new PrintedScopes(prefixes.team, teamScopes),
    new PrintedScopes(prefixes.fleet, fleetScopes),
  ];
  const lineCounters = new PrintedCounters(prefixes.service);
  const fleetCounters = new PrintedCounters(prefixes.fleet);
  return async (lines, now) => {
    const breathe = breather();
    const held = await windows.of(lines, now, breathe);
    const shown = lines
      .filter(of => held.get(of)?.any || of.line.openSince.length > 0)
      .sort((a, b) => byName(a.line, b.line));
    const parts: Buffer[] = [];
    for (const each of scopes) parts.push(...(await each.print(shown, held, breathe)));
    const exposed = lines.map(({ line }) => line).filter(line => line.exposedTotal > 0);
    parts.push(...(await lineCounters.print(countedLines(exposed), breathe)));
    parts.push(...(await fleetCounters.print(countedEnvironments(exposed), breathe)));
    return new Printed(parts);
  };
}

/** What the windows hold of each line, computed again where that has changed. */
class Windows {
  #known: ReadonlyMap<LineSamples, LineWindows> = new Map();

  async of(
    lines: readonly LineSamples[],
    now: number,
    breathe: () => Promise<void>,
  ): Promise<ReadonlyMap<LineSamples, LineWindows>> {
    const held = new Map<LineSamples, LineWindows>();
    for (const samples of lines) {
      const known = this.#known.get(samples);
      held.set(samples, known && stillHolds(known, samples, now) ? known : windowsOf(samples, now));
      await breathe();
    }
    this.#known = held;
    return held;
  }
}
