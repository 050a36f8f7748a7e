import type { SentEvent } from '../../../domain/events/event.ts';
import { type IdentifiedEvent, identify } from '../../../domain/events/identity.ts';
import { faultsOf } from '../../../domain/events/validate.ts';
import { type Answers, seriesKey } from '../../../domain/reference.ts';
import { now } from '../histories/histories.ts';
import { differences } from '../histories/series.ts';

/**
 * A small history with numbers computed by hand from the definitions, both written as tables.
 *
 * A line of `history` is one event: date, time (UTC), type, then `field=value`; the year is 2026 and the
 * service `checkout` where none is given, a comma separates the elements of an array.
 *
 *     05-19 10:00  change_exposed  rollout=r1 change=c1 weight=5
 *
 * A line of `shows` is one series as it stands at 2026-05-20 12:00: name without `dora_`, labels, value.
 * `7d`, `contained`, `0.5` and the like stand for their label; without others it is the last 7 days of
 * `checkout`, no team, `production`. A value is a number, a fraction, a duration, or `-` for a series that
 * is not shown. Series that are not listed are not compared.
 *
 *     lead_time_seconds 0.5  1h30m
 *     change_failure_ratio   1/2
 */
export interface Scenario {
  readonly name: string;
  readonly history: string;
  readonly shows: string;
}

/** The events of a history, each with its own identity. */
export function eventsIn(history: string): IdentifiedEvent[] {
  return linesOf(history).map((line, index) => {
    const [date = '', time = '', type, ...fields] = line.split(/\s+/);
    const sent = {
      type,
      service: 'checkout',
      time: timeIn(date, time),
      id: `e${index}`,
      source: 'test',
      ...Object.fromEntries(fields.map(fieldIn)),
    };
    const faults = faultsOf(sent);
    if (faults.length > 0) throw new Error(`"${line}": ${JSON.stringify(faults)}`);
    return identify(sent as SentEvent, 'test', now);
  });
}

/** The series in which `answers` differ from the scenario's own; empty when they agree. */
export function disagreements(answers: Answers, { shows }: Scenario): string[] {
  const wanted = new Map<string, number>();
  const got = new Map<string, number>();
  for (const line of linesOf(shows)) {
    const { key, value } = seriesIn(line);
    const answer = answers.get(key);
    if (answer !== undefined) got.set(key, answer);
    if (value !== null) wanted.set(key, value);
  }
  return differences(got, wanted);
}

const linesOf = (table: string) =>
  table
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');

function timeIn(date: string, time: string): string {
  const day = date.length === 5 ? `2026-${date}` : date;
  return `${day}T${time.length === 5 ? `${time}:00` : time}Z`;
}

function fieldIn(text: string): [string, unknown] {
  const at = text.indexOf('=');
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (name === 'weight') return [name, Number(value)];
  if (name === 'drill' || name === 'rework') return [name, value === 'true'];
  const list = name === 'changes' || (name === 'artifact' && value.includes(','));
  return [name, list ? value.split(',') : value];
}

const valueOnly: readonly (readonly [RegExp, string])[] = [
  [/^\d+d$/, 'window'],
  [/^(contained|escaped)$/, 'containment'],
  [/^0\.\d$/, 'quantile'],
  [/^(exposed|rolled_back)$/, 'outcome'],
  [/^(created_to_merged|merged_to_exposed|exposed_to_full)$/, 'stage'],
];
const windowless = /(^|_)(open_incidents|rollouts_total)$/;

function seriesIn(line: string): { key: string; value: number | null } {
  const [name = '', ...words] = line.split(/\s+/);
  const value = words.pop() ?? '';
  const labels = {
    environment: 'production',
    ...(name.startsWith('fleet_') || name.startsWith('team_') ? {} : { service: 'checkout', team: '' }),
    ...(windowless.test(name) ? {} : { window: '7d' }),
    ...Object.fromEntries(words.map(labelIn)),
  };
  return { key: seriesKey(`dora_${name}`, labels), value: valueIn(value) };
}

function labelIn(word: string): [string, string] {
  const at = word.indexOf('=');
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  const label = valueOnly.find(([pattern]) => pattern.test(word))?.[1];
  if (label === undefined) throw new Error(`"${word}" is no label`);
  return [label, word];
}

const secondsOf: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

function valueIn(text: string): number | null {
  if (text === '-') return null;
  const [above = '', below] = text.split('/');
  if (below !== undefined) return Number(above) / Number(below);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([dhms])/g)];
  const value =
    parts.length > 0
      ? parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (secondsOf[unit] ?? 0), 0)
      : Number(text);
  if (Number.isNaN(value) || (parts.length > 0 && parts.map(([part]) => part).join('') !== text))
    throw new Error(`"${text}" is no value`);
  return value;
}
