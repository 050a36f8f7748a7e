import { defaultEnvironment } from '../../../domain/events/event.ts';
import { type Query, type QueryFault, textsOf, unknownParameters } from '../web/query.ts';
import { type Format, formats, isFormat } from './render/formats.ts';
import type { ReportQuery } from './report.ts';

const defaultWeeks = 12;
const weeksMax = 53;
const known = ['environment', 'service', 'team', 'weeks', 'format'];

/**
 * Reads the query of the weekly page and its API; an empty parameter is an absent one.
 * @param strict whether a parameter that does not exist is a fault, too
 */
export function readQuery(
  query: Query,
  strict: boolean,
): { readonly asked: ReportQuery; readonly format: Format; readonly faults: readonly QueryFault[] } {
  const faults: QueryFault[] = [];
  const text = textsOf(query, faults);
  const asked = {
    environment: text('environment') ?? defaultEnvironment,
    service: text('service'),
    team: text('team'),
    weeks: Number(text('weeks') ?? defaultWeeks),
  };
  if (!Number.isInteger(asked.weeks) || asked.weeks < 1 || asked.weeks > weeksMax)
    faults.push({ field: 'weeks', detail: `must be a whole number from 1 to ${weeksMax}` });
  const format = text('format') ?? 'json';
  if (!isFormat(format)) faults.push({ field: 'format', detail: `must be one of ${formats.join(', ')}` });
  if (strict) faults.push(...unknownParameters(query, known));
  return { asked, format: isFormat(format) ? format : 'json', faults };
}
