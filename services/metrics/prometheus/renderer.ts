import { isUnchanged, type StreamWindows, windowsOf } from '../live/cache/window-aggregates.ts';
import type { StreamColumns } from '../live/columns.ts';
import { byName, fleetScopes, serviceScope, teamScopes } from '../live/scopes.ts';
import { eventLoopYielder } from '../live/yield-to-event-loop.ts';
import { prefixes } from './exposition.ts';
import { RenderedText } from './rendered-blocks.ts';
import { countedEnvironments, countedStreams, RenderedCounters } from './rendered-counters.ts';
import { RenderedScopes } from './rendered-scopes.ts';

/** Renders all streams as they are at `now`, milliseconds since 1970. */
export type Renderer = (streams: readonly StreamColumns[], now: number) => Promise<RenderedText>;

/**
 * A renderer that remembers its last text. Between two renderings no observation of most services enters or leaves a
 * window; what was rendered of them is kept, so that a rendering costs what has changed. The text is that of a renderer
 * without memory.
 */
export function createRenderer(): Renderer {
  const windowsOfStreams = new WindowsOfStreams();
  const scopes = [
    new RenderedScopes(prefixes.service, streams => streams.map(serviceScope)),
    new RenderedScopes(prefixes.team, teamScopes),
    new RenderedScopes(prefixes.fleet, fleetScopes),
  ];
  const streamCounters = new RenderedCounters(prefixes.service);
  const fleetCounters = new RenderedCounters(prefixes.fleet);
  return async (streams, now) => {
    const yieldToEventLoop = eventLoopYielder();
    const windows = await windowsOfStreams.at(streams, now, yieldToEventLoop);
    const shown = streams
      .filter(each => windows.get(each)?.any || each.stream.openSince.length > 0)
      .sort((a, b) => byName(a.stream, b.stream));
    const parts: Buffer[] = [];
    for (const each of scopes) parts.push(...(await each.render(shown, windows, yieldToEventLoop)));
    const exposed = streams.map(({ stream }) => stream).filter(stream => stream.exposedTotal > 0);
    parts.push(...(await streamCounters.render(countedStreams(exposed), yieldToEventLoop)));
    parts.push(...(await fleetCounters.render(countedEnvironments(exposed), yieldToEventLoop)));
    return new RenderedText(parts);
  };
}

/** {@link windowsOf} each stream, with memory. */
class WindowsOfStreams {
  #known: ReadonlyMap<StreamColumns, StreamWindows> = new Map();

  async at(
    streams: readonly StreamColumns[],
    now: number,
    yieldToEventLoop: () => Promise<void>,
  ): Promise<ReadonlyMap<StreamColumns, StreamWindows>> {
    const windows = new Map<StreamColumns, StreamWindows>();
    for (const stream of streams) {
      const known = this.#known.get(stream);
      windows.set(stream, known && isUnchanged(known, stream, now) ? known : windowsOf(stream, now));
      await yieldToEventLoop();
    }
    this.#known = windows;
    return windows;
  }
}
