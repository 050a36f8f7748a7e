import type { CatalogueService, Found } from '../../../../domain/catalogue/catalogue.ts';
import { fullWeight, type SentEvent } from '../../../../domain/events/event.ts';
import { annotationOf, changeAnnotations, type Named, namesOfImages } from '../parsing/kubernetes.ts';
import {
  environmentOf,
  environmentOfNamespace,
  fail,
  identified,
  identity,
  type JsonObject,
  listAt,
  objectAt,
  objectIn,
  serviceOf,
  textAt,
  timeAt,
  unknownAmong,
  valueAt,
} from '../parsing/reading.ts';
import type { ParsedRequest, Source, ToolContext, ToolRequest } from '../source.ts';

/**
 * Argo CD's notifications, by the template of `examples/argo-cd/`: an application that is synced and healthy serves
 * all traffic. What moves it step by step tells more, so an application with a Rollout or a Canary says nothing here.
 */
export const argoCd: Source = { tool: 'argo-cd', scheme: 'token', parse };

function parse(request: ToolRequest, { catalogue }: ToolContext): ParsedRequest {
  const payload = objectIn(request.body);
  const app =
    objectAt(payload, 'app') ??
    fail('The notification has no app; use the template of examples/argo-cd as it is.');
  if (textAt(app, 'operation', 'phase') !== 'Succeeded' || textAt(app, 'health', 'status') !== 'Healthy')
    return { events: [] };
  const field = (name: string) =>
    textAt(app, name) ?? fail(`The notification has no ${name} of the application.`);
  const [namespace, name] = [field('namespace'), field('name')];

  const written = [{ metadata: app }];
  const service = serviceOf(request, catalogue, [
    annotationOf(written, 'dora/service') ?? name,
    `${namespace}/${name}`,
  ]);
  if (hasController(app, service)) return { events: [] };
  const destination = textAt(app, 'destination', 'namespace') ?? '';
  const environment =
    annotationOf(written, 'dora/environment') ?? environmentOfNamespace(catalogue, service, destination);
  const time = exposedAt(app) ?? timeAt(payload, 'sentAt');
  const exposed: SentEvent = {
    type: 'change_exposed',
    service: service.name,
    environment: environmentOf(request, catalogue, service, environment),
    source: identity('The source', `argo-cd/${namespace}/${name}`),
    // Without one the time of receipt counts, and a repeat is the same event all the same.
    ...(time !== null && { time }),
    rollout: identity(
      'The name of the rollout',
      `${namespace}/${name}@${attemptOf(app)}-${field('uid').slice(0, 8)}`,
    ),
    weight: fullWeight,
    strategy: 'rolling',
  };
  const names = namesIn(app, written, service);
  const events = names.length === 0 ? [exposed] : names.map(each => ({ ...exposed, ...each }));
  return { events: events.map(identified), ...unknownAmong([service]) };
}

/** By the catalogue, or because the application says so itself. */
function hasController(app: JsonObject, { entry }: Found): boolean {
  if (listAt(app, 'controllers').length > 0) return true;
  return entry?.controller !== undefined && entry.controller !== 'argo-cd';
}

/** An operation ends when all is applied; health follows later, or was there all along. */
function exposedAt(app: JsonObject): string | null {
  const times = [timeAt(app, 'operation', 'finishedAt'), timeAt(app, 'health', 'lastTransitionTime')];
  return (
    times
      .filter(time => time !== null)
      .toSorted()
      .at(-1) ?? null
  );
}

/**
 * The attempt: the place in the history from which on it is the same source, so that syncing the same again, by hand
 * or to heal, is no new one, and syncing an older one is. A sync of some resources only has no place there.
 */
function attemptOf(app: JsonObject): string {
  const history = listAt(app, 'history');
  const last = history.at(-1);
  const operation = objectAt(app, 'operation');
  if (last !== undefined && revisionsOf(last) === revisionsOf(operation)) {
    const other = history.findLastIndex(entry => sourceOf(entry) !== sourceOf(last));
    const id = valueAt(history[other + 1], 'id');
    if (typeof id === 'number' || typeof id === 'string') return String(id);
  }
  return (
    timeAt(operation, 'startedAt') ?? fail('The notification has no time at which the operation started.')
  );
}

/** An application with several sources has as many revisions. */
function revisionsOf(value: unknown): string {
  const revisions = listAt(value, 'revisions');
  return JSON.stringify(revisions.length > 0 ? revisions : [textAt(value, 'revision')]);
}

/** Parameters may change while the revision stays: the digest is of the sources with all they set. */
const sourceOf = (entry: unknown) => `${revisionsOf(entry)} ${textAt(entry, 'digest') ?? ''}`;

/**
 * What is exposed: the change that an annotation names; what the images say; the revision where the manifests lie in
 * the service's own repository. Elsewhere the revision is one of another repository, and names no change.
 */
function namesIn(app: JsonObject, written: readonly unknown[], { entry }: Found): readonly Named[] {
  const change = annotationOf(written, ...changeAnnotations);
  if (change !== null) return [{ change: identity('The change', change) }];
  const images = listAt(app, 'images').filter(image => typeof image === 'string' && image !== '');
  const named = namesOfImages(entry, images as string[]);
  const revision = textAt(app, 'operation', 'revision');
  if (revision === null || !isOwnRepository(app, entry) || named.some(each => 'change' in each)) return named;
  return [{ change: identity('The change', revision) }];
}

function isOwnRepository(app: JsonObject, entry: CatalogueService | null): boolean {
  const address = (textAt(app, 'source', 'repoURL') ?? '').toLowerCase().replace(/(\.git)?\/?$/, '');
  const paths = entry?.repositories.map(path => path.toLowerCase()) ?? [];
  return paths.some(path => address.endsWith(`/${path}`) || address.endsWith(`:${path}`));
}
