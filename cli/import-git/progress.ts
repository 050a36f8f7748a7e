import { Presets, SingleBar } from 'cli-progress';

/** Tells a person how far the import is. */
export interface Progress {
  /** @param done commits so far */
  update(done: number): void;
  stop(): void;
}

/** A bar on a terminal, and elsewhere a line at each tenth, so that the log of a CI job stays short. */
export function progressOn(stream: NodeJS.WriteStream, total: number): Progress {
  if (!stream.isTTY) return linesOn(stream, total);
  const bar = new SingleBar(
    { stream, format: '{bar} {percentage}% | {value} of {total} commits | {eta_formatted} left' },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { update: done => bar.update(done), stop: () => bar.stop() };
}

function linesOn(stream: NodeJS.WriteStream, total: number): Progress {
  let tenths = 0;
  return {
    update(done) {
      const reached = Math.floor((done * 10) / total);
      if (reached <= tenths) return;
      tenths = reached;
      stream.write(`${done} of ${total} commits\n`);
    },
    stop() {},
  };
}
