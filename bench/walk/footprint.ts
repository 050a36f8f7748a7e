import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { FunctionCoverage, ScriptCoverage } from './inspector.ts';

/** A source file that an action passes. */
export interface PassedFile {
  /** Relative to the repository. */
  readonly path: string;
  /** All lines of the file. */
  readonly lines: number;
  /** Lines of the functions that ran, without those that hold types only. */
  readonly linesRun: number;
}

/** The functions that ran, by script and range. */
export type Footprint = ReadonlyMap<string, FunctionCoverage & { readonly url: string }>;

/** Not the product's own code. */
const otherCode = /^(node_modules|migrations|test|bench)\//;

/** Every function that ran; the top level of a module is none. */
export function footprintOf(scripts: readonly ScriptCoverage[]): Footprint {
  const ran = new Map<string, FunctionCoverage & { url: string }>();
  for (const { url, functions } of scripts)
    for (const each of functions) {
      const [whole] = each.ranges;
      if (!whole || whole.count === 0 || (each.functionName === '' && whole.startOffset === 0)) continue;
      ran.set(`${url} ${whole.startOffset}-${whole.endOffset}`, { ...each, url });
    }
  return ran;
}

/** The functions that ran every time: a timer that fired during one of the runs does not count. */
export function common([first = new Map(), ...others]: readonly Footprint[]): Footprint {
  return new Map([...first].filter(([key]) => others.every(other => other.has(key))));
}

/** The functions that ran in any of them. */
export function merged(footprints: readonly Footprint[]): Footprint {
  return new Map(footprints.flatMap(each => [...each]));
}

/** The files of a repository in which these functions are, in the order of their paths. */
export function filesOf(footprint: Footprint, root: URL): PassedFile[] {
  const functions = Map.groupBy(footprint.values(), ({ url }) => url);
  return [...functions]
    .filter(([url]) => url.startsWith(root.href) && !otherCode.test(url.slice(root.href.length)))
    .map(([url, ran]) => ({ path: url.slice(root.href.length), ...linesOf(fileURLToPath(url), ran) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function linesOf(path: string, ran: readonly FunctionCoverage[]): { lines: number; linesRun: number } {
  const source = readFileSync(path, 'utf8');
  // Node replaces types with blanks, so that every offset stays.
  const code = path.endsWith('.ts') ? stripTypeScriptTypes(source) : source;
  let linesRun = 0;
  let offset = 0;
  for (const line of code.split('\n')) {
    const end = offset + line.length;
    const isRun = ran.some(
      ({ ranges: [whole] }) => whole && whole.startOffset <= end && offset < whole.endOffset,
    );
    if (isRun && line.trim() !== '') linesRun += 1;
    offset = end + 1;
  }
  return { lines: source.trimEnd().split('\n').length, linesRun };
}
