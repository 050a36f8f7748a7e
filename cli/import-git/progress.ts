import { Presets, SingleBar } from 'cli-progress';

/** Shows the user the progress of the import. */
export interface Progress {
  /** @param done the number of commits so far */
  update(done: number): void;
  stop(): void;
}

/** A progress bar on a terminal. Elsewhere a line at each tenth, so that the log of a CI job stays short. */
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
