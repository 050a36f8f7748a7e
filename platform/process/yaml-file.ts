import { isMap, isPair, isScalar, LineCounter, type Pair, parseAllDocuments } from 'yaml';

/** One document of a YAML or JSON file. */
export interface YamlDocument {
  /** Plain objects, lists, strings, numbers, booleans and null. */
  readonly value: unknown;
  /** The line of the value at a path, counted from 1; if there is none, that of its nearest ancestor. */
  lineOf(path: YamlPath): number;
}

export type YamlPath = readonly (string | number)[];

/** An error because of which a file cannot be read. */
export interface YamlFault {
  /** Counted from 1. */
  readonly line: number;
  readonly detail: string;
}

/** The number of times that anchors may be expanded; more is an error. */
const aliasesMax = 100;

/**
 * Parses the documents of a YAML text; JSON is YAML too. Anchors and merge keys are supported; a duplicate key in an
 * object is a fault.
 * @returns no documents if there is a fault
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

/** The offset of the key or list entry at a path; if there is none, that of its nearest ancestor. */
function offsetOf(contents: unknown, path: YamlPath): number | undefined {
  let node = contents;
  let offset: number | undefined;
  for (const step of path) {
    const items: unknown = typeof node === 'object' && node !== null && 'items' in node ? node.items : null;
    if (!Array.isArray(items)) break;
    const child: unknown = isMap(node)
      ? items.find(item => isPair(item) && keyOf(item) === String(step))
      : items[Number(step)];
    if (child === undefined) break;
    offset = startOf(isPair(child) ? child.key : child) ?? offset;
    node = isPair(child) ? child.value : child;
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
