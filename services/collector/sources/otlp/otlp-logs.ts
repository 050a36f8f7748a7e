import { hash } from 'node:crypto';
import { environmentNamed, type Found, serviceNamed } from '../../../../domain/catalogue/catalogue.ts';
import { defaultEnvironment, type SentEvent } from '../../../../domain/events/event.ts';
import { formatTime } from '../../../../domain/events/time.ts';
import { faultsOf, timeFaultsOf } from '../../../../domain/events/validate.ts';
import { isNewVariant } from '../flags/flags.ts';
import { describe, identity, lengths, unknownAmong } from '../parsing/reading.ts';
import { type ToolContext, Unmappable } from '../source.ts';
import type { Attributes, AttributeValue, LogRecord } from './log-record.ts';

/**
 * Feature-flag events of the OpenTelemetry semantic conventions, under their present and their earlier names.
 * @see https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/
 */

/** One evaluation of a flag. It is no change by itself: many of them make an estimate. */
export interface Evaluation {
  readonly service: string;
  readonly environment: string;
  /** Empty where none is named. */
  readonly set: string;
  readonly flag: string;
  /** Empty where none is named. */
  readonly version: string;
  /** Its name, else its value as text; empty where neither is told. */
  readonly variant: string;
  /** Whether the variant tells what the flag is set to; not so when the evaluation failed. */
  readonly isSight: boolean;
  /** Whether somebody was served what is new: the variant is, and the flag's own rules led to it. */
  readonly isNew: boolean;
  /** The change that the flag releases; null where nobody said so. */
  readonly change: string | null;
  /** For whom, in clear: to be counted, never kept. */
  readonly context: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What an export request says of flags. */
export interface ParsedLogs {
  readonly evaluations: readonly Evaluation[];
  /** Changes of flags, that other systems tell of. */
  readonly events: readonly SentEvent[];
  /** Why records about flags are not taken, a sentence each. */
  readonly rejected: readonly string[];
  readonly unknown: readonly string[];
}

const evaluationNames = new Set(['feature_flag.evaluation', 'feature_flag']);
const changeNames = new Set(['flag_changed', 'feature_flag.changed']);
/** The flag's rules did not lead to what was served. */
const undecided = new Set(['default', 'error', 'disabled', 'stale']);
/** What the resource is called when nobody gave it a name, by OpenTelemetry's own rule. */
const unnamedService = 'unknown_service';
/** How far a record's clock may be ahead, in milliseconds. */
const aheadMax = 5 * 60_000;

/** Reads what records say of flags; all others are of no interest. */
export function readLogs(records: readonly LogRecord[], context: ToolContext): ParsedLogs {
  const evaluations: Evaluation[] = [];
  const events: SentEvent[] = [];
  const rejected: string[] = [];
  const found: Found[] = [];
  for (const record of records)
    try {
      if (evaluationNames.has(record.eventName ?? '')) evaluations.push(evaluationOf(record, context, found));
      else if (changeNames.has(record.eventName ?? '')) events.push(flagChangedOf(record, context, found));
    } catch (error) {
      if (!(error instanceof Unmappable)) throw error;
      rejected.push(error.message);
    }
  return { evaluations, events, rejected, unknown: [], ...unknownAmong(found) };
}

function evaluationOf(record: LogRecord, context: ToolContext, seen: Found[]): Evaluation {
  const { attributes } = record;
  const { found, environment } = placeOf(record, context);
  const flag = flagOf(attributes);
  const value = attributes.get('feature_flag.result.value') ?? record.body.get('value');
  const named = first(attributes, 'feature_flag.result.variant', 'feature_flag.variant');
  const variant = nameOf('The variant', named ?? shortened(value));
  const reason = textOf(first(attributes, 'feature_flag.result.reason', 'feature_flag.evaluation.reason'));
  const isDecided = !undecided.has(reason.toLowerCase()) && !attributes.has('error.type');
  const stated = textOf(first(attributes, 'feature_flag.change', 'vcs.ref.head.revision'));
  const bound = found.entry && Object.hasOwn(found.entry.flags, flag) ? found.entry.flags[flag] : undefined;
  const change = bound ?? stated;
  seen.push(found);
  return {
    service: found.name,
    environment,
    set: nameOf('The set', attributes.get('feature_flag.set.id')),
    flag,
    version: nameOf('The version', attributes.get('feature_flag.version')),
    variant,
    isSight: variant !== '' && reason.toLowerCase() !== 'error' && !attributes.has('error.type'),
    isNew: isDecided && variant !== '' && isNewVariant(found.entry, flag, variant, truthOf(value)),
    change: change === '' ? null : identity('The change', change),
    context: textOf(attributes.get('feature_flag.context.id')) || null,
    at: momentOf(record.at, context.receivedAt),
  };
}

/** A change of a flag passes as it is told. One without a time or a `log.record.uid` is known by its content. */
function flagChangedOf(record: LogRecord, context: ToolContext, seen: Found[]): SentEvent {
  const { attributes, at } = record;
  const { found, environment } = placeOf(record, context);
  const flag = flagOf(attributes);
  const variant = textOf(
    first(attributes, 'feature_flag.result.variant', 'feature_flag.variant', 'feature_flag.result.value'),
  );
  const set = textOf(attributes.get('feature_flag.set.id'));
  const version = textOf(attributes.get('feature_flag.version'));
  const uid = textOf(attributes.get('log.record.uid'));
  const content = JSON.stringify([set, flag, version, variant, found.name, environment, at]);
  const title = [`in ${environment}`, version && `version ${version}`, set && `set ${set}`].filter(Boolean);
  const event: SentEvent = {
    type: 'flag_changed',
    id: uid || hash('sha256', content),
    source: sourceOf(found.name),
    service: found.name,
    flag,
    ...(variant !== '' && { variant }),
    ...(at !== null && { time: formatTime(at) }),
    ...describe({
      title: title.join(', '),
      actor: textOf(first(attributes, 'user.name', 'user.email', 'enduser.id')),
    }),
  };
  const faults = [...faultsOf(event), ...timeFaultsOf(event, context.receivedAt)];
  const [fault] = faults;
  if (fault) throw new Unmappable(`A change of a flag: ${fault.field} ${fault.detail}`);
  seen.push(found);
  return event;
}

/** What the events of a service's flags have as their `source`. */
export function sourceOf(service: string): string {
  return `otlp-logs/${service}`;
}

function placeOf({ resource }: LogRecord, { catalogue }: ToolContext): { found: Found; environment: string } {
  const found = serviceNamed(catalogue, [textOf(resource.get('service.name')) || unnamedService]);
  const environment =
    textOf(first(resource, 'deployment.environment.name', 'deployment.environment')) || defaultEnvironment;
  identity('The service.name', found.name, lengths.service);
  return {
    found,
    environment: identity(
      'The environment',
      environmentNamed(catalogue, found.entry, environment),
      lengths.environment,
    ),
  };
}

function flagOf(attributes: Attributes): string {
  const flag = textOf(attributes.get('feature_flag.key'));
  if (flag === '') throw new Unmappable('A log record about a flag has no feature_flag.key.');
  return identity('The feature_flag.key', flag);
}

function first(attributes: Attributes, ...names: readonly string[]): AttributeValue | undefined {
  const name = names.find(each => attributes.has(each));
  return name === undefined ? undefined : attributes.get(name);
}

function textOf(value: AttributeValue | undefined): string {
  return value === undefined ? '' : String(value);
}

function nameOf(what: string, value: AttributeValue | undefined): string {
  const text = textOf(value);
  return text === '' ? '' : identity(what, text);
}

/** A value may be a whole document; of a long one the digest is its name. */
function shortened(value: AttributeValue | undefined): string {
  const text = textOf(value);
  return text.length <= 100 ? text : `sha256:${hash('sha256', text)}`;
}

/** Some write truths as text. */
function truthOf(value: AttributeValue | undefined): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

/** A clock that is wrong must not stop the counting: then the moment of receipt counts. */
function momentOf(at: number | null, receivedAt: number): number {
  return at === null || at < Date.UTC(2000, 0, 1) || at > receivedAt + aheadMax ? receivedAt : at;
}
