import { dirname } from 'node:path';
import type { PassedFile } from './footprint.ts';

/** The files that an action, or a step of one, passes. */
export interface Walk {
  readonly name: string;
  readonly files: readonly PassedFile[];
}

/** What every request passes, whatever it means. */
const frame = /^(platform|services\/standalone)\//;

export function printTable(walks: readonly Walk[]): void {
  console.table(
    walks.map(({ name, files }) => {
      const inner = files.filter(({ path }) => !frame.test(path));
      return {
        action: name,
        files: files.length,
        lines: sumOf(files, 'lines'),
        'lines that ran': sumOf(files, 'linesRun'),
        'files without the frame': inner.length,
        'their lines': sumOf(inner, 'lines'),
        'of them ran': sumOf(inner, 'linesRun'),
      };
    }),
  );
}

/** One block per folder: its files, each with its lines and the lines of the functions that ran. */
export function printFiles({ name, files }: Walk): void {
  console.log(`\n${name}`);
  for (const [folder, inside] of Map.groupBy(files, ({ path }) => dirname(path))) {
    console.log(
      `  ${folder}: ${inside.length} files, ${sumOf(inside, 'lines')} / ${sumOf(inside, 'linesRun')} lines`,
    );
    for (const { path, lines, linesRun } of inside) console.log(`    ${path} ${lines} / ${linesRun}`);
  }
}

const sumOf = (files: readonly PassedFile[], key: 'lines' | 'linesRun'): number =>
  files.reduce((total, file) => total + file[key], 0);
