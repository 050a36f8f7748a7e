import type { AlertMapping, Catalogue } from '../../../../domain/catalogue/model.ts';
import { defaultEnvironment } from '../../../../domain/events/event.ts';
import { environmentOf, serviceAmong } from '../parsing/event-fields.ts';
import { type Firing, parseAlerts } from '../parsing/firings.ts';
import { nameAtPointer, objectIn, timeAtPointer, valueAtPointer } from '../parsing/json.ts';
import { fail, type ParsedRequest, type Source, type ToolContext, type ToolRequest } from '../source.ts';
import { alertMappings } from './mappings.ts';

/**
 * The webhook of any tool that sends alerts in JSON. `?mapping=` names the mapping that says where the fields of an
 * incident are: one of the catalogue, or one that comes with the product.
 */
export const alerts: Source = { tool: 'alerts', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const mapping = mappingOf(request, catalogue);
  const body = objectIn(request.body);
  const list = mapping.alerts === undefined ? [body] : valueAtPointer(body, mapping.alerts);
  if (!Array.isArray(list)) return fail(`There is no list of alerts at ${mapping.alerts}.`);
  return parseAlerts(list, alert => firingOf(request, alert, mapping, catalogue));
}

function mappingOf({ query }: ToolRequest, { mappings }: Catalogue): AlertMapping {
  const all = { ...alertMappings, ...mappings };
  const name = query['mapping'] ?? '';
  const mapping = Object.hasOwn(all, name) ? all[name] : undefined;
  if (mapping) return mapping;
  const problem = name === '' ? 'The address names no mapping' : `There is no mapping ${name.slice(0, 100)}`;
  return fail(
    `${problem}; put ?mapping= and one of these behind it: ${Object.keys(all).join(', ').slice(0, 500)}.`,
  );
}

/** null if the alert's status means neither detected nor resolved. */
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
    // If one pointer gives both times, a resolution has no time of detection.
    detectedAt: isResolved && mapping.detectedAt === mapping.resolvedAt ? null : time(mapping.detectedAt),
    isResolved,
    resolvedAt: isResolved ? time(mapping.resolvedAt) : null,
    change: name(mapping.change),
    severity: name(mapping.severity),
    reason: name(mapping.reason),
    url: name(mapping.url),
  };
}
