import type { AlertMapping, Catalogue } from '../../../../domain/catalogue/catalogue.ts';
import { defaultEnvironment } from '../../../../domain/events/event.ts';
import { nameAtPointer, timeAtPointer, valueAtPointer } from '../parsing/pointer.ts';
import { environmentOf, fail, objectIn, serviceAmong } from '../parsing/reading.ts';
import type { ParsedRequest, Source, ToolContext, ToolRequest } from '../source.ts';
import { eventsOfFiring, type Firing } from './firing.ts';
import { alertMappings } from './mappings.ts';

/**
 * The webhook of any tool that alerts in JSON. `?mapping=` of the address names where the fields of an incident are:
 * a mapping of the catalogue, or one of those that come with the product.
 */
export const alerts: Source = { tool: 'alerts', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const mapping = mappingOf(request, catalogue);
  const body = objectIn(request.body);
  const list = mapping.alerts === undefined ? [body] : valueAtPointer(body, mapping.alerts);
  if (!Array.isArray(list)) return fail(`There is no list of alerts at ${mapping.alerts}.`);
  return eventsOfFiring(list, alert => firingOf(request, alert, mapping, catalogue));
}

function mappingOf({ query }: ToolRequest, { mappings }: Catalogue): AlertMapping {
  const known = { ...alertMappings, ...mappings };
  const name = query['mapping'] ?? '';
  const mapping = Object.hasOwn(known, name) ? known[name] : undefined;
  if (mapping) return mapping;
  const wanted = name === '' ? 'The address names no mapping' : `There is no mapping ${name.slice(0, 100)}`;
  return fail(
    `${wanted}; put ?mapping= and one of these behind it: ${Object.keys(known).join(', ').slice(0, 500)}.`,
  );
}

/** null where the status of the alert is none that counts. */
function firingOf(
  request: ToolRequest,
  alert: unknown,
  mapping: AlertMapping,
  catalogue: Catalogue,
): Firing | null {
  const name = (pointer: string | undefined) =>
    pointer === undefined ? null : nameAtPointer(alert, pointer);
  const time = (pointer: string | undefined) =>
    pointer === undefined ? null : timeAtPointer(alert, pointer);

  const status = name(mapping.status) ?? fail(`There is no status at ${mapping.status}.`);
  const isResolved = mapping.resolved.includes(status);
  if (!isResolved && !mapping.detected.includes(status)) return null;

  const incident = name(mapping.incident) ?? fail(`There is no incident at ${mapping.incident}.`);
  const firing =
    mapping.firing === undefined
      ? null
      : (time(mapping.firing) ?? name(mapping.firing) ?? fail(`There is nothing at ${mapping.firing}.`));
  const service = serviceAmong(
    request,
    catalogue,
    [name(mapping.service) ?? mapping.defaultService ?? null],
    `There is no service at ${mapping.service ?? 'any place, for the mapping names none'}. Give the mapping a defaultService, or put ?service= behind the address.`,
  );
  const environment = name(mapping.environment) ?? defaultEnvironment;
  return {
    source: `alerts/${request.query['mapping']}`,
    service,
    environment: environmentOf(request, catalogue, service, environment),
    incident: firing === null ? incident : `${incident}/${firing}`,
    // Where one place holds the time of either, a resolution does not say when it began.
    detectedAt: isResolved && mapping.detectedAt === mapping.resolvedAt ? null : time(mapping.detectedAt),
    isResolved,
    resolvedAt: isResolved ? time(mapping.resolvedAt) : null,
    change: name(mapping.change),
    severity: name(mapping.severity),
    reason: name(mapping.reason),
    url: name(mapping.url),
  };
}
