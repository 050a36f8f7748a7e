import {
  entriesOfRepository,
  type FoundService,
  servicesOfRepository,
} from '../../../../domain/catalogue/lookup.ts';
import type { Catalogue, CatalogueService } from '../../../../domain/catalogue/model.ts';
import { fail, type ToolContext, type ToolRequest } from '../source.ts';
import { environmentOf, identity, lengths, serviceOf } from './event-fields.ts';

/** Shared by GitHub and GitLab: the services with code in a repository, and the services of a deployment. */

export interface Repository {
  /** `owner/name`, `group/subgroup/project`. */
  readonly path: string;
  /** Its address, which is the `source` of its events. */
  readonly url: string;
  readonly defaultBranch: string | null;
}

/** The path of a repository. @throws {Unmappable} if it is no path that a code host allows, because names include it */
export function pathOf(text: string | null): string {
  if (text !== null && text.length <= 400 && /^[\w.-]+(?:\/[\w.-]+)+$/.test(text)) return text;
  return fail('The payload names no repository.');
}

/** The services that files belong to; with null, services of a monorepo are left out, as `servicesOfRepository` does. */
export type ServicesOf = (changedFiles: readonly string[] | null) => readonly FoundService[];

/**
 * The services with code in a repository: the one in `?service=`, else those in the catalogue.
 * @throws {Unmappable} if the name of a service is invalid
 */
export function servicesOfCode(
  { query }: ToolRequest,
  { catalogue }: ToolContext,
  { path }: Repository,
): ServicesOf {
  const requested = requestedService(query, catalogue);
  if (requested?.entry === null) return () => [requested];
  // The lookup is done once, because a push may have thousands of commits and a catalogue thousands of services.
  const services =
    requested === null
      ? entriesOfRepository(catalogue, path)
      : [{ ...requested.entry, repositories: [path] }];
  return changedFiles => {
    const found = servicesOfRepository({ ...catalogue, services }, path, changedFiles);
    for (const { name } of found) identity('The service', name, lengths.service);
    return found;
  };
}

function requestedService(query: ToolRequest['query'], catalogue: Catalogue): FoundService | null {
  const requested = query['service'];
  return requested ? serviceOf({ query }, catalogue, [requested]) : null;
}

/** Whether this branch is the one that is deployed. @throws {Unmappable} if neither catalogue nor payload names one */
export function isDeployed(
  found: FoundService,
  { path, defaultBranch }: Repository,
  branch: string,
): boolean {
  const deployedBranch = found.entry?.branch ?? defaultBranch;
  if (deployedBranch === null)
    return fail(`${path} names no default branch; give ${found.name} a branch in the catalogue.`);
  return branch === deployedBranch;
}

/** A deployment, as the code host reports it. */
export interface Deployment {
  readonly environment: string;
  /** The purpose of the environment, according to the code host: `production`, `staging`. */
  readonly kind: string | null;
  /** The service that the deployment names; null if it names none. */
  readonly service: string | null;
}

/**
 * The services that a deployment exposes, each with its environment. Services with a controller are left out, because the
 * controller reports more. In a monorepo only two kinds of services count: the one that the deployment names, and those
 * that have an environment of this name in the catalogue.
 * @throws {Unmappable} if nothing says to which service of a monorepo the deployment belongs
 */
export function exposedBy(
  request: ToolRequest,
  context: ToolContext,
  repository: Repository,
  deployment: Deployment,
): readonly { readonly found: FoundService; readonly environment: string }[] {
  return deployedBy(request, context, repository, deployment)
    .filter(({ entry }) => entry?.controller === undefined)
    .map(found => {
      const name = environmentName(context.catalogue, found, deployment);
      return { found, environment: environmentOf(request, context.catalogue, found, name) };
    });
}

function deployedBy(
  request: ToolRequest,
  context: ToolContext,
  repository: Repository,
  { environment, service }: Deployment,
): readonly FoundService[] {
  const requested = requestedService(request.query, context.catalogue);
  if (requested !== null) return [requested];
  const entries = entriesOfRepository(context.catalogue, repository.path);
  const named = entries.filter(each => each.name === service || (service && each.aliases.includes(service)));
  if (named.length > 0) return named.map(foundAs);
  const parts = entries.filter(({ paths }) => paths.length > 0);
  const found = [
    ...servicesOfCode(request, context, repository)(null),
    ...parts.filter(entry => Object.hasOwn(entry.environments, environment)).map(foundAs),
  ];
  const withoutController = parts.filter(({ controller }) => controller === undefined);
  if (found.length === 0 && withoutController.length > 0)
    return fail(
      `A deployment of ${repository.path} does not say of which service it is; list its environment ` +
        `${JSON.stringify(environment.slice(0, 60))} in the catalogue, among the environments of that service.`,
    );
  return found;
}

const foundAs = (entry: CatalogueService): FoundService => ({ name: entry.name, entry });

/** The environment itself if the catalogue maps it; else its kind, which groups the environments of review apps. */
function environmentName(
  catalogue: Catalogue,
  { entry }: FoundService,
  { environment, kind }: Deployment,
): string {
  const isMapped = [catalogue.environments, entry?.environments ?? {}].some(names =>
    Object.hasOwn(names, environment),
  );
  return isMapped ? environment : (kind ?? environment);
}
