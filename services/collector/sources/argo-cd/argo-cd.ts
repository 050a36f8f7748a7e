import type { FoundService } from '../../../../domain/catalogue/lookup.ts';
import type { CatalogueService } from '../../../../domain/catalogue/model.ts';
import { fullWeight, type SentEvent } from '../../../../domain/events/event.ts';
import {
  environmentOf,
  environmentOfNamespace,
  identified,
  identity,
  serviceOf,
  unknownServicesAmong,
} from '../parsing/event-fields.ts';
import { type JsonObject, listAt, objectAt, objectIn, textAt, timeAt, valueAt } from '../parsing/json.ts';
import { annotationOf, changeAnnotations, type Revision, revisionsOfImages } from '../parsing/kubernetes.ts';
import { fail, type ParsedRequest, type Source, type ToolContext, type ToolRequest } from '../source.ts';

/**
 * Argo CD's notifications, by the template of `examples/argo-cd/`: an application that is synced and healthy serves all
 * traffic. An application with a Rollout or a Canary is ignored, because its controller reports each step.
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

  const annotated = [{ metadata: app }];
  const service = serviceOf(request, catalogue, [
    annotationOf(annotated, 'dora/service') ?? name,
    `${namespace}/${name}`,
  ]);
  if (hasController(app, service)) return { events: [] };
  const destination = textAt(app, 'destination', 'namespace') ?? '';
  const environment =
    annotationOf(annotated, 'dora/environment') ?? environmentOfNamespace(catalogue, service, destination);
  const time = exposedAt(app) ?? timeAt(payload, 'sentAt');
  const exposed: SentEvent = {
    type: 'change_exposed',
    service: service.name,
    environment: environmentOf(request, catalogue, service, environment),
    source: identity('The source', `argo-cd/${namespace}/${name}`),
    // Without a time the event has the time of receipt; a repeated notification still has the same id.
    ...(time !== null && { time }),
    rollout: identity(
      'The name of the rollout',
      `${namespace}/${name}@${attemptOf(app)}-${field('uid').slice(0, 8)}`,
    ),
    weight: fullWeight,
    strategy: 'rolling',
  };
  const revisions = revisionsIn(app, annotated, service);
  const events = revisions.length === 0 ? [exposed] : revisions.map(each => ({ ...exposed, ...each }));
  return { events: events.map(identified), ...unknownServicesAmong([service]) };
}

/** Whether a controller moves traffic, according to the catalogue or the application. */
function hasController(app: JsonObject, { entry }: FoundService): boolean {
  if (listAt(app, 'controllers').length > 0) return true;
  return entry?.controller !== undefined && entry.controller !== 'argo-cd';
}

/** When the application was both synced and healthy: the later of the two times. */
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
 * Identifies the attempt: the id of the first history entry in the latest run of entries with the same source. Syncing
 * the same source again, by hand or to heal, is the same attempt; syncing an older source is a new one. A partial sync
 * has no history entry; then the start of the operation identifies it.
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

/** Revisions and a digest of the sources, because parameters may change while the revision stays. */
const sourceOf = (entry: unknown) => `${revisionsOf(entry)} ${textAt(entry, 'digest') ?? ''}`;

/**
 * What is exposed: the change in an annotation; else the change or artifacts of the images; else the Git revision, if the
 * manifests are in the service's own repository. A revision of another repository is no change of this service.
 */
function revisionsIn(
  app: JsonObject,
  annotated: readonly unknown[],
  { entry }: FoundService,
): readonly Revision[] {
  const change = annotationOf(annotated, ...changeAnnotations);
  if (change !== null) return [{ change: identity('The change', change) }];
  const images = listAt(app, 'images').filter(image => typeof image === 'string' && image !== '');
  const ofImages = revisionsOfImages(entry, images as string[]);
  const commit = textAt(app, 'operation', 'revision');
  if (commit === null || !isServiceRepository(app, entry) || ofImages.some(each => 'change' in each))
    return ofImages;
  return [{ change: identity('The change', commit) }];
}

function isServiceRepository(app: JsonObject, entry: CatalogueService | null): boolean {
  const address = (textAt(app, 'source', 'repoURL') ?? '').toLowerCase().replace(/(\.git)?\/?$/, '');
  const paths = entry?.repositories.map(path => path.toLowerCase()) ?? [];
  return paths.some(path => address.endsWith(`/${path}`) || address.endsWith(`:${path}`));
}
