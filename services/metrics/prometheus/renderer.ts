import { isUnchanged, type StreamWindows, windowsOf } from '../live/cache/window-aggregates.ts';
import type { StreamColumns } from '../live/columns.ts';
import { byName, fleetScopes, serviceScope, teamScopes } from '../live/scopes.ts';
import { eventLoopYielder } from '../live/yield-to-event-loop.ts';
import { prefixes } from './exposition.ts';
import { RenderedText } from './rendered-blocks.ts';
import { countedEnvironments, countedStreams, RenderedCounters } from './rendered-counters.ts';
import { RenderedScopes } from './rendered-scopes.ts';

/** Prints all streams as they are at `now`, in turns that leave the event loop free for others. */
export type Renderer = (streams: readonly StreamColumns[], now: number) => Promise<RenderedText>;

/**
 * Most services have no observation that entered or left a window since the last print; what was printed of them is kept,
 * so that a print costs what has changed and not what there is.
 */
export function createRenderer(): Renderer {
  const windows = new Windows();
  const scopes = [
    new RenderedScopes(prefixes.service, streams => streams.map(serviceScope)),
    new RenderedScopes(prefixes.team, teamScopes),
    new RenderedScopes(prefixes.fleet, fleetScopes),
  ];
  const streamCounters = new RenderedCounters(prefixes.service);
  const fleetCounters = new RenderedCounters(prefixes.fleet);
  return async (streams, now) => {
    const breathe = eventLoopYielder();
    const held = await windows.of(streams, now, breathe);
    const shown = streams
      .filter(of => held.get(of)?.any || of.stream.openSince.length > 0)
      .sort((a, b) => byName(a.stream, b.stream));
    const parts: Buffer[] = [];
    for (const each of scopes) parts.push(...(await each.print(shown, held, breathe)));
    const exposed = streams.map(({ stream }) => stream).filter(stream => stream.exposedTotal > 0);
    parts.push(...(await streamCounters.print(countedStreams(exposed), breathe)));
    parts.push(...(await fleetCounters.print(countedEnvironments(exposed), breathe)));
    return new RenderedText(parts);
  };
}

/** What the windows hold of each stream, computed again where that has changed. */
class Windows {
  #known: ReadonlyMap<StreamColumns, StreamWindows> = new Map();

  async of(
    streams: readonly StreamColumns[],
    now: number,
    breathe: () => Promise<void>,
  ): Promise<ReadonlyMap<StreamColumns, StreamWindows>> {
    const held = new Map<StreamColumns, StreamWindows>();
    for (const observations of streams) {
      const known = this.#known.get(observations);
      held.set(
        observations,
        known && isUnchanged(known, observations, now) ? known : windowsOf(observations, now),
      );
      await breathe();
    }
    this.#known = held;
    return held;
  }
}
