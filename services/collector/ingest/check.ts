import type { SentEvent } from '../../../domain/events/event.ts';
import { type Fault, faultsOf, timeFaultsOf } from '../../../domain/events/validate.ts';
import { type Client, mayWrite } from '../access/tokens.ts';
import { type ItemFault, Refusal } from '../refusal.ts';
import type { Item } from '../sources/source.ts';

/** Maximum number of errors that an answer lists. */
const listedMax = 1_000;
/** Maximum number of errors that are counted: a hostile batch of 5 MB could have millions, which takes seconds. */
const countedMax = 10_000;
/** Maximum number of fields of an event, and of entries of a list, that are checked one by one. */
const partsMax = 1_000;
/** Maximum length of an unknown field's name in an answer. */
const fieldLengthMax = 200;

/**
 * Checks the events of a request: their fields, their times, and whether the client may write their services.
 * @param receivedAt the collector's clock, milliseconds since 1970
 * @throws {Refusal} 400 or 403 for the whole batch if one event is wrong; the error lists every bad item and field
 */
export function checkItems(items: readonly Item[], client: Client, receivedAt: number): SentEvent[] {
  if (items.every(item => isFine(item, client, receivedAt))) return items.flatMap(eventsOf);
  refuseIfAny('invalid', items.length, summarize(items.values().map(item => faultsOfItem(item, receivedAt))));
  refuseIfAny('forbidden', items.length, summarize(items.values().map(item => faultsOfClient(item, client))));
  return items.flatMap(eventsOf);
}

/** Whether an item has no fault. Nearly all requests have none, and need no summary. */
function isFine({ sent, faults }: Item, client: Client, receivedAt: number): boolean {
  return (
    faults.length === 0 &&
    sent.every(
      event =>
        faultsOfEvent(event, receivedAt).length === 0 && mayWrite(client, (event as SentEvent).service),
    )
  );
}

function refuseIfAny(reason: 'invalid' | 'forbidden', items: number, summary: FaultSummary): void {
  if (summary.count === 0) return;
  throw new Refusal(reason, sentenceOf(summary, items), { errors: summary.errors, count: items });
}

interface FaultSummary {
  readonly errors: readonly ItemFault[];
  readonly count: number;
  readonly faultyItems: number;
}

function summarize(faultsOfItems: Iterable<readonly Fault[]>): FaultSummary {
  const errors: ItemFault[] = [];
  let count = 0;
  let faultyItems = 0;
  let item = 0;
  for (const faults of faultsOfItems) {
    for (const { field, detail } of faults.slice(0, listedMax - errors.length))
      errors.push({ item, field: shortened(field), detail });
    count += faults.length;
    if (faults.length > 0) faultyItems++;
    if (count >= countedMax) break;
    item++;
  }
  return { errors, count, faultyItems };
}

function sentenceOf({ errors, count, faultyItems }: FaultSummary, items: number): string {
  const more = count - errors.length;
  const listed = more === 0 ? '' : ` The first ${errors.length} are listed, ${more} more are not.`;
  const stopped = count < countedMax ? '' : ' Counting stopped there; there may be others.';
  return `${plural(count, 'error')} in ${faultyItems} of ${plural(items, 'event')}; nothing was stored.${listed}${stopped}`;
}

function faultsOfItem({ sent, faults }: Item, receivedAt: number): readonly Fault[] {
  return [...faults, ...sent.flatMap(event => faultsOfEvent(event, receivedAt))];
}

function faultsOfEvent(sent: unknown, receivedAt: number): readonly Fault[] {
  const faults = nativeFaultsOf(sent);
  const clockFaults = clockFaultsOf(sent, faults, receivedAt);
  return faults.length === 0 ? clockFaults : [...faults, ...clockFaults];
}

/** The faults of a time that is well-formed but impossible, such as one in the future. */
function clockFaultsOf(sent: unknown, fieldFaults: readonly Fault[], receivedAt: number): Fault[] {
  if (typeof sent !== 'object' || sent === null || !('time' in sent) || typeof sent.time !== 'string')
    return [];
  return fieldFaults.some(({ field }) => field === 'time') ? [] : timeFaultsOf(sent as SentEvent, receivedAt);
}

/** Like `faultsOf`, but with bounded work for an event with millions of fields or entries. */
function nativeFaultsOf(sent: unknown): Fault[] {
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return faultsOf(sent);
  const fields = Object.keys(sent);
  if (fields.length > partsMax)
    return [{ field: '', detail: `has ${fields.length} fields; send only those of its type of event` }];
  if (!Object.values(sent).some(isLong)) return faultsOf(sent);
  // One entry more than allowed, so that the list is still too long.
  return faultsOf(
    Object.fromEntries(
      Object.entries(sent).map(([field, value]) => [
        field,
        isLong(value) ? value.slice(0, partsMax + 1) : value,
      ]),
    ),
  );
}

function isLong(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length > partsMax;
}

/** The events of an item without a fault. */
function eventsOf(item: Item): readonly SentEvent[] {
  return item.sent as readonly SentEvent[];
}

function faultsOfClient(item: Item, client: Client): Fault[] {
  return eventsOf(item).flatMap(event => faultsOfWriting(event, client));
}

function faultsOfWriting(event: SentEvent, client: Client): Fault[] {
  if (mayWrite(client, event.service)) return [];
  const detail =
    event.service === undefined
      ? `the token ${client.name} may write named services only, and this event names none`
      : `the token ${client.name} may not write this service`;
  return [{ field: 'service', detail }];
}

function shortened(field: string): string {
  return field.length > fieldLengthMax ? `${field.slice(0, fieldLengthMax)}…` : field;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
