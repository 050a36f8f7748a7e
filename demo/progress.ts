import { Presets, SingleBar } from 'cli-progress';

/** Shows the user how much of the demo's data is stored. */
export interface ProgressLine {
  /** @param share from 0 to 1 */
  update(share: number): void;
  stop(): void;
}

/** A progress bar on a terminal, elsewhere a line at each tenth. */
export function progressOn(stream: NodeJS.WriteStream): ProgressLine {
  if (!stream.isTTY) return { update: linesOn(stream), stop: () => {} };
  const bar = new SingleBar(
    { stream, format: '  The sample company {bar} {percentage}% | {eta_formatted} left' },
    Presets.shades_classic,
  );
  bar.start(100, 0);
  return { update: share => bar.update(Math.floor(share * 100)), stop: () => bar.stop() };
}

function linesOn(stream: NodeJS.WriteStream): (share: number) => void {
  let printed = 0;
  return share => {
    const tenths = Math.floor(share * 10);
    if (tenths > printed) stream.write(`  The sample company: ${tenths * 10} %\n`);
    printed = Math.max(printed, tenths);
  };
}
