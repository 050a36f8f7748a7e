import { isMap, isPair, isScalar, LineCounter, type Pair, parseAllDocuments } from 'yaml';

/** One document of a YAML or JSON file. */
export interface YamlDocument {
  /** As plain objects, lists, texts, numbers, booleans and null. */
  readonly value: unknown;
  /** The line, counted from 1, of what lies at a path; of the nearest that is there where nothing does. */
  lineOf(path: YamlPath): number;
}

export type YamlPath = readonly (string | number)[];

/** Something that keeps a file from being read. */
export interface YamlFault {
  /** Counted from 1. */
  readonly line: number;
  readonly detail: string;
}

/** Merge keys and anchors are known; what repeats itself beyond this is not unfolded. */
const aliasesMax = 100;

/**
 * The documents of a YAML text; JSON is YAML too. A key that stands twice in one object is a fault.
 * @returns no documents where there is a fault
 * @see https://yaml.org/spec/1.2.2/
 */
export function parseYaml(text: string): {
  readonly documents: readonly YamlDocument[];
  readonly faults: readonly YamlFault[];
} {
  const lines = new LineCounter();
  const lineAt = (offset: number | undefined) => Math.max(1, lines.linePos(offset ?? 0).line);
  const parsed = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true })];
  const faults = parsed.flatMap(({ errors }) =>
    errors.map(({ pos, message }) => ({ line: lineAt(pos[0]), detail: sentenceOf(message) })),
  );
  if (faults.length > 0) return { documents: [], faults };
  const documents: YamlDocument[] = [];
  for (const document of parsed) {
    const start = document.contents?.range?.[0] ?? document.range[0];
    try {
      const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
      documents.push({ value, lineOf: path => lineAt(offsetOf(document.contents, path) ?? start) });
    } catch (error) {
      faults.push({ line: lineAt(start), detail: error instanceof Error ? error.message : String(error) });
    }
  }
  return faults.length > 0 ? { documents: [], faults } : { documents, faults };
}

/** Where a key or an entry of a list begins, or the last one on the way to it. */
function offsetOf(contents: unknown, path: YamlPath): number | undefined {
  let node = contents;
  let offset: number | undefined;
  for (const step of path) {
    const items: unknown = typeof node === 'object' && node !== null && 'items' in node ? node.items : null;
    if (!Array.isArray(items)) break;
    const found: unknown = isMap(node)
      ? items.find(item => isPair(item) && keyOf(item) === String(step))
      : items[Number(step)];
    if (found === undefined) break;
    offset = startOf(isPair(found) ? found.key : found) ?? offset;
    node = isPair(found) ? found.value : found;
  }
  return offset;
}

const keyOf = ({ key }: Pair) => String(isScalar(key) ? key.value : key);

function startOf(node: unknown): number | undefined {
  const range: unknown = typeof node === 'object' && node !== null && 'range' in node ? node.range : null;
  return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : undefined;
}

function sentenceOf(message: string): string {
  return message.split('\n', 1)[0]?.replace(/ at line \d+.*$/, '') ?? message;
}
