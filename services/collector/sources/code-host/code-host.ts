import {
  type Catalogue,
  type CatalogueService,
  entriesOfRepository,
  type Found,
  servicesOfRepository,
} from '../../../../domain/catalogue/catalogue.ts';
import { environmentOf, fail, identity, lengths, serviceOf } from '../parsing/reading.ts';
import type { ToolContext, ToolRequest } from '../source.ts';

/** What GitHub and GitLab have in common: whose code a repository holds, and what a deployment is of. */

export interface Repository {
  /** `owner/name`, `group/subgroup/project`. */
  readonly path: string;
  /** Its address, the `source` of its events. */
  readonly url: string;
  readonly defaultBranch: string | null;
}

/** @throws {Unmappable} when the text is none that the code hosts allow: it goes into names and sentences */
export function pathOf(text: string | null): string {
  if (text !== null && text.length <= 400 && /^[\w.-]+(?:\/[\w.-]+)+$/.test(text)) return text;
  return fail('The payload names no repository.');
}

/** The services that files belong to; null leaves the services of a monorepo out, as `servicesOfRepository` does. */
export type ServicesOf = (touched: readonly string[] | null) => readonly Found[];

/**
 * The services whose code a repository holds: the one that `?service=` of the address names, else by catalogue.
 * @throws {Unmappable} when a name cannot be one of a service
 */
export function servicesOfCode(
  { query }: ToolRequest,
  { catalogue }: ToolContext,
  { path }: Repository,
): ServicesOf {
  const asked = askedFor(query, catalogue);
  if (asked?.entry === null) return () => [asked];
  // Looked up once: a push may have thousands of commits, and a catalogue thousands of services.
  const services =
    asked === null ? entriesOfRepository(catalogue, path) : [{ ...asked.entry, repositories: [path] }];
  return touched => {
    const found = servicesOfRepository({ ...catalogue, services }, path, touched);
    for (const { name } of found) identity('The service', name, lengths.service);
    return found;
  };
}

function askedFor(query: ToolRequest['query'], catalogue: Catalogue): Found | null {
  const asked = query['service'];
  return asked ? serviceOf({ query }, catalogue, [asked]) : null;
}

/** Whether what reaches this branch is on its way to the service's users. @throws {Unmappable} when nobody says so */
export function isDeployed(found: Found, { path, defaultBranch }: Repository, branch: string): boolean {
  const deployed = found.entry?.branch ?? defaultBranch;
  if (deployed === null)
    return fail(`${path} names no default branch; give ${found.name} a branch in the catalogue.`);
  return branch === deployed;
}

/** A deployment as the code host tells it. */
export interface Deployment {
  readonly environment: string;
  /** What the code host says that the environment is for: `production`, `staging`. */
  readonly kind: string | null;
  /** The service that the deployment itself names, where it does. */
  readonly service: string | null;
}

/**
 * The services that a deployment exposes, each with its environment. Those with a controller are left out, since
 * it tells better; so are those of a monorepo, but for the one that the deployment names and those that call one
 * of their environments so.
 * @throws {Unmappable} when it is of a monorepo, and nothing says of which service
 */
export function exposedBy(
  request: ToolRequest,
  context: ToolContext,
  repository: Repository,
  deployment: Deployment,
): readonly { readonly found: Found; readonly environment: string }[] {
  return deployedBy(request, context, repository, deployment)
    .filter(({ entry }) => entry?.controller === undefined)
    .map(found => {
      const name = calledHere(context.catalogue, found, deployment);
      return { found, environment: environmentOf(request, context.catalogue, found, name) };
    });
}

function deployedBy(
  request: ToolRequest,
  context: ToolContext,
  repository: Repository,
  { environment, service }: Deployment,
): readonly Found[] {
  const asked = askedFor(request.query, context.catalogue);
  if (asked !== null) return [asked];
  const entries = entriesOfRepository(context.catalogue, repository.path);
  const named = entries.filter(each => each.name === service || (service && each.aliases.includes(service)));
  if (named.length > 0) return named.map(foundAs);
  const parts = entries.filter(({ paths }) => paths.length > 0);
  const found = [
    ...servicesOfCode(request, context, repository)(null),
    ...parts.filter(entry => Object.hasOwn(entry.environments, environment)).map(foundAs),
  ];
  const untold = parts.filter(({ controller }) => controller === undefined);
  if (found.length === 0 && untold.length > 0)
    return fail(
      `A deployment of ${repository.path} does not say of which service it is; list its environment ` +
        `${JSON.stringify(environment.slice(0, 60))} in the catalogue, among the environments of that service.`,
    );
  return found;
}

const foundAs = (entry: CatalogueService): Found => ({ name: entry.name, entry });

/** The catalogue's word is exact; the code host's kind keeps the environments of review apps together. */
function calledHere(catalogue: Catalogue, { entry }: Found, { environment, kind }: Deployment): string {
  const isKnown = [catalogue.environments, entry?.environments ?? {}].some(known =>
    Object.hasOwn(known, environment),
  );
  return isKnown ? environment : (kind ?? environment);
}
