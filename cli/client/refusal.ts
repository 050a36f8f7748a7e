import { exitStatus, Failure } from './failure.ts';

/** A fault in one event of a request: an entry of `errors` in the server's problem+json. */
export interface ItemFault {
  readonly item: number;
  readonly field: string;
  readonly detail: string;
}

/** The server read the request and refused it; a retry would not help. */
export class Refused extends Failure {
  readonly faults: readonly ItemFault[];

  constructor(message: string, faults: readonly ItemFault[]) {
    super([message, ...faults.map(describeFault)].join('\n'), exitStatus.refused);
    this.name = 'Refused';
    this.faults = faults;
  }
}

/**
 * The error for an answer that is neither a success nor worth a retry.
 * @param text the body of the answer
 */
export function refusal(target: URL, status: number, text: string): Refused {
  if (status < 400)
    return new Refused(
      `${target.href} answered ${status} where a Firstlight server answers 202: check --url.`,
      [],
    );
  const problem = parseObject(text);
  const faults = Array.isArray(problem['errors']) ? problem['errors'].flatMap(itemFault) : [];
  const reason = [problem['title'], problem['detail']].filter(part => typeof part === 'string').join(': ');
  const hint = status === 401 ? ' (--token or FIRSTLIGHT_TOKEN)' : '';
  return new Refused(`The server refused it: ${status}${reason === '' ? '' : ` ${reason}`}${hint}`, faults);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? { ...value } : {};
  } catch {
    return {};
  }
}

function itemFault(value: unknown): ItemFault[] {
  if (value === null || typeof value !== 'object') return [];
  const { item, field, detail }: { item?: unknown; field?: unknown; detail?: unknown } = value;
  return [{ item: Number(item ?? 0), field: String(field ?? ''), detail: String(detail ?? '') }];
}

function describeFault({ item, field, detail }: ItemFault): string {
  return `  item ${item}: ${field === '' ? '' : `${field} `}${detail}`;
}
