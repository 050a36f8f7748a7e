/**
 * Parses CSV strictly by RFC 4180, and removes the apostrophe that protects a cell.
 * @throws {Error} when the text is not CSV, or has rows of different lengths
 */
export function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let rest = text;
  while (rest !== '') {
    const match = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest);
    if (!match) throw new Error(`not CSV: ${rest.slice(0, 80)}`);
    const [whole, quoted, bare, end] = match;
    row.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"').replace(/^'/, ''));
    if (end === '\r\n') {
      rows.push(row);
      row = [];
    }
    rest = rest.slice(whole.length);
  }
  const [head = [], ...body] = rows;
  return body.map(cells => {
    if (cells.length !== head.length) throw new Error(`a row of ${cells.length} cells, not ${head.length}`);
    return Object.fromEntries(head.map((name, i) => [name, cells[i] ?? '']));
  });
}

/**
 * Parses the tables of a Markdown text, by the heading before each. A row is an object by the cells of the head row.
 * @see https://github.github.com/gfm/#tables-extension-
 */
export function parseMarkdownTables(text: string): Map<string, Record<string, string>[]> {
  const tables = new Map<string, Record<string, string>[]>();
  let heading = '';
  let head: string[] | null = null;
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
    if (!line.startsWith('|')) {
      head = null;
      continue;
    }
    const cells = line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map(unescapeCell);
    if (head === null) head = cells;
    else if (cells.length !== head.length)
      throw new Error(`a row of ${cells.length} cells, not ${head.length}`);
    else if (!cells.every(cell => cell === '---')) {
      const names = head;
      const row = Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']));
      tables.set(heading, [...(tables.get(heading) ?? []), row]);
    }
  }
  return tables;
}

function unescapeCell(cell: string): string {
  return cell
    .trim()
    .replaceAll(
      /\\([!-/:-@[-`{-~])|&(lt|gt);/g,
      (_, mark: string | undefined, entity: string) => mark ?? (entity === 'lt' ? '<' : '>'),
    );
}

const secondsOf: Readonly<Record<string, number>> = { d: 86_400, h: 3600, min: 60, s: 1 };

/**
 * Parses a number of a report with its precision: `8 % (3 of 37)`, `3 h 12 min (18 changes)`, `5.3 (37 rollouts)`.
 * A percentage becomes a ratio, and a duration seconds; null for a dash, which means that there is no value.
 */
export function parseReportedNumber(text: string): { value: number; within: number; samples: number } | null {
  const plain = text.replaceAll('\u00a0', ' ');
  if (plain === '–') return null;
  const match = /^(?<less>< )?(?<number>.+?) \((?:\d+ of )?(?<samples>\d+|no)\b[^)]*\)$/.exec(plain);
  const { less, number = '', samples = '' } = match?.groups ?? {};
  const sampleSize = { samples: samples === 'no' ? 0 : Number(samples) };
  const half = less === undefined ? 0.5 : 1; // "less than one" may differ from one by up to one
  if (/^[\d.]+ %$/.test(number)) {
    const step = number.includes('.') ? 0.001 : 0.01;
    return { value: Number.parseFloat(number) / 100, within: half * step, ...sampleSize };
  }
  const parts = [...number.matchAll(/(\d+) (d|h|min|s)\b/g)];
  if (parts.length > 0) {
    const value = parts.reduce(
      (sum, [, count, unit = '']) => sum + Number(count) * (secondsOf[unit] ?? 0),
      0,
    );
    const step = value < 600 ? 1 : value < 86_400 ? 60 : 3600;
    return { value, within: half * step, ...sampleSize };
  }
  if (!/^[\d.]+$/.test(number)) throw new Error(`not a number: ${text}`);
  const digits = number.split('.')[1]?.length ?? 0;
  return { value: Number(number), within: half * 10 ** -digits, ...sampleSize };
}
