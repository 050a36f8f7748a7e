import { Presets, SingleBar } from 'cli-progress';

/** Tells a person how much of the sample is there. */
export interface ProgressLine {
  /** @param share from 0 to 1 */
  update(share: number): void;
  stop(): void;
}

/** A bar on a terminal, elsewhere a line at each tenth. */
export function progressOn(stream: NodeJS.WriteStream): ProgressLine {
  const tellTenths = tenthsOn(stream);
  if (!stream.isTTY) return { update: tellTenths, stop: () => {} };
  const bar = new SingleBar(
    { stream, format: '  The sample company {bar} {percentage}% | {eta_formatted} left' },
    Presets.shades_classic,
  );
  bar.start(100, 0);
  return { update: share => bar.update(Math.floor(share * 100)), stop: () => bar.stop() };
}

function tenthsOn(stream: NodeJS.WriteStream): (share: number) => void {
  let told = 0;
  return share => {
    const tenths = Math.floor(share * 10);
    if (tenths > told) stream.write(`  The sample company: ${tenths * 10} %\n`);
    told = Math.max(told, tenths);
  };
}
