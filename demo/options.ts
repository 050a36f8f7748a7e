import { parseArgs } from 'node:util';
import type { DemoSize } from './fill.ts';
import { servicesMax } from './story/company.ts';

export interface DemoOptions {
  /** Whether the data of an earlier demo is deleted first. */
  readonly fresh: boolean;
  /** The parameters on the command line. The others come from the database, or are the defaults. */
  readonly size: Partial<DemoSize>;
}

export const usage = `Usage: npm run demo -- [options]

  --fresh          delete the data of the last run and begin anew
  --services N     how many services the company has, from 1 to ${servicesMax} (default ${servicesMax})
  --weeks N        how long its past is, from 8 to 104 weeks (default 52)
  --seed N         tell another story (default 1)
`;

const ranges = { services: [1, servicesMax], weeks: [8, 104], seed: [0, 999_999] } as const;

/** Parses the command line. @throws {Error} with a sentence for the user */
export function readOptions(args: readonly string[]): DemoOptions & { readonly help: boolean } {
  const number = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { fresh: flag, help: flag, services: number, weeks: number, seed: number },
  });
  const size: { -readonly [name in keyof DemoSize]?: number } = {};
  for (const [name, [from, to]] of Object.entries(ranges) as [keyof DemoSize, readonly [number, number]][]) {
    const text = values[name];
    if (text === undefined) continue;
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to)
      throw new Error(`--${name} must be a whole number from ${from} to ${to}.`);
    size[name] = value;
  }
  return { fresh: values.fresh, help: values.help, size };
}
