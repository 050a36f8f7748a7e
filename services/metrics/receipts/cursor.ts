import { isKind, type Kind } from '../../../store/explain/kinds.ts';
import type { RowPosition } from '../../../store/explain/receipts.ts';

/** Where the next page of a receipt begins: in which of its two lists, and after which row. */
export interface Cursor {
  readonly list: 'counted' | 'leftOut';
  /** The end of the period, which stays the same from page to page; milliseconds since 1970. */
  readonly to: number;
  readonly position: RowPosition;
}

/** A cursor as the parameter of an address. */
export function formatCursor({ list, to, position }: Cursor): string {
  const { stream, kind, subject, at, value } = position;
  return Buffer.from(JSON.stringify([list, to, stream, kind, subject, at, value])).toString('base64url');
}

/** The cursor in a parameter; null where it holds none. */
export function readCursor(text: string): Cursor | null {
  const parts = parseArray(Buffer.from(text, 'base64url').toString());
  const [list, to, stream, kind, subject, at, value] = parts;
  if ((list !== 'counted' && list !== 'leftOut') || !isKind(kind)) return null;
  const numbers = [to, stream, subject, at, value];
  if (!numbers.every(Number.isSafeInteger)) return null;
  // The bounds of a JavaScript date and of an id.
  if (Math.abs(Number(to)) > 8.64e15 || Math.abs(Number(stream)) > 0x7fffffff) return null;
  return {
    list,
    to: Number(to),
    position: {
      stream: Number(stream),
      kind: kind as Kind,
      subject: Number(subject),
      at: Number(at),
      value: Number(value),
    },
  };
}

function parseArray(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length === 7 ? value : [];
  } catch {
    return [];
  }
}
