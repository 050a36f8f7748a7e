import { hash } from 'node:crypto';
import { environmentNamed, type FoundService, serviceNamed } from '../../../../domain/catalogue/lookup.ts';
import { defaultEnvironment, type SentEvent } from '../../../../domain/events/event.ts';
import { formatTime } from '../../../../domain/events/time.ts';
import { faultsOf, timeFaultsOf } from '../../../../domain/events/validate.ts';
import { describe, identity, lengths, unknownServicesAmong } from '../parsing/event-fields.ts';
import { isNewVariant } from '../parsing/flags.ts';
import { type ToolContext, Unmappable } from '../source.ts';
import type { Attributes, AttributeValue, LogRecord } from './log-record.ts';

/**
 * Feature-flag events of the OpenTelemetry semantic conventions, under their current and earlier names.
 * @see https://opentelemetry.io/docs/specs/semconv/feature-flags/feature-flags-events/
 */

/** One evaluation of a flag. Many evaluations together give an estimate of the shares of its variants. */
export interface Evaluation {
  readonly service: string;
  readonly environment: string;
  /** Empty if none is named. */
  readonly set: string;
  readonly flag: string;
  /** Empty if none is named. */
  readonly version: string;
  /** The variant's name, else its value as text; empty if the record has neither. */
  readonly variant: string;
  /** Whether the variant shows the flag's setting; false if the evaluation failed. */
  readonly isSight: boolean;
  /** Whether the context was served the new variant, and the flag's rules selected it. */
  readonly isNew: boolean;
  /** The change that the flag releases; null if neither catalogue nor record names one. */
  readonly change: string | null;
  /** The id of the context, in clear text: it is counted, but never stored. */
  readonly context: string | null;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The records of an export request that are about flags. */
export interface FlagRecords {
  readonly evaluations: readonly Evaluation[];
  /** Changes of flags that other systems report. */
  readonly events: readonly SentEvent[];
  /** Why records about flags were rejected, a sentence each. */
  readonly rejected: readonly string[];
  readonly unknownServices: readonly string[];
}

const evaluationNames = new Set(['feature_flag.evaluation', 'feature_flag']);
const changeNames = new Set(['flag_changed', 'feature_flag.changed']);
/** The reasons of variants that the flag's rules did not select. */
const undecided = new Set(['default', 'error', 'disabled', 'stale']);
/** OpenTelemetry's default name of a service. */
const unnamedService = 'unknown_service';
/** How far a record's clock may be ahead of ours, in milliseconds. */
const aheadMax = 5 * 60_000;

/** Parses the records that are about flags, and ignores all others. */
export function parseFlagRecords(records: readonly LogRecord[], context: ToolContext): FlagRecords {
  const evaluations: Evaluation[] = [];
  const events: SentEvent[] = [];
  const rejected: string[] = [];
  const services: FoundService[] = [];
  for (const record of records)
    try {
      if (evaluationNames.has(record.eventName ?? ''))
        evaluations.push(evaluationOf(record, context, services));
      else if (changeNames.has(record.eventName ?? '')) events.push(flagChangedOf(record, context, services));
    } catch (error) {
      if (!(error instanceof Unmappable)) throw error;
      rejected.push(error.message);
    }
  return { evaluations, events, rejected, unknownServices: [], ...unknownServicesAmong(services) };
}

function evaluationOf(record: LogRecord, context: ToolContext, services: FoundService[]): Evaluation {
  const { attributes } = record;
  const { found, environment } = scopeOf(record, context);
  const flag = flagOf(attributes);
  const value = attributes.get('feature_flag.result.value') ?? record.body.get('value');
  const variantName = first(attributes, 'feature_flag.result.variant', 'feature_flag.variant');
  const variant = nameOf('The variant', variantName ?? shortened(value));
  const reason = textOf(first(attributes, 'feature_flag.result.reason', 'feature_flag.evaluation.reason'));
  const isDecided = !undecided.has(reason.toLowerCase()) && !attributes.has('error.type');
  const recordedChange = textOf(first(attributes, 'feature_flag.change', 'vcs.ref.head.revision'));
  const catalogueChange =
    found.entry && Object.hasOwn(found.entry.flags, flag) ? found.entry.flags[flag] : undefined;
  const change = catalogueChange ?? recordedChange;
  services.push(found);
  return {
    service: found.name,
    environment,
    set: nameOf('The set', attributes.get('feature_flag.set.id')),
    flag,
    version: nameOf('The version', attributes.get('feature_flag.version')),
    variant,
    isSight: variant !== '' && reason.toLowerCase() !== 'error' && !attributes.has('error.type'),
    isNew: isDecided && variant !== '' && isNewVariant(found.entry, flag, variant, booleanOf(value)),
    change: change === '' ? null : identity('The change', change),
    context: textOf(attributes.get('feature_flag.context.id')) || null,
    at: timeOf(record.at, context.receivedAt),
  };
}

/** A change of a flag. Without a `log.record.uid`, the digest of its content is its id. */
function flagChangedOf(record: LogRecord, context: ToolContext, services: FoundService[]): SentEvent {
  const { attributes, at } = record;
  const { found, environment } = scopeOf(record, context);
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
  services.push(found);
  return event;
}

/** The `source` of the events of a service's flags. */
export function sourceOf(service: string): string {
  return `otlp-logs/${service}`;
}

function scopeOf(
  { resource }: LogRecord,
  { catalogue }: ToolContext,
): { found: FoundService; environment: string } {
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

/** A value as text, or its digest if it is long: a value may be a whole document. */
function shortened(value: AttributeValue | undefined): string {
  const text = textOf(value);
  return text.length <= 100 ? text : `sha256:${hash('sha256', text)}`;
}

/** A boolean, which some senders write as text; undefined for any other value. */
function booleanOf(value: AttributeValue | undefined): boolean | undefined {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : undefined;
}

/** The time of a record; the time of receipt if the record's clock is wrong. */
function timeOf(at: number | null, receivedAt: number): number {
  return at === null || at < Date.UTC(2000, 0, 1) || at > receivedAt + aheadMax ? receivedAt : at;
}
