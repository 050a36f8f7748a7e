import type { Catalogue, CatalogueService } from './model.ts';

/** The service of an event: an entry of the catalogue, or a name that the catalogue does not know. */
export interface FoundService {
  readonly name: string;
  /** null if the catalogue does not know the service. */
  readonly entry: CatalogueService | null;
}

/**
 * The service with one of these names, or with one of them as an alias. If there is none, the first name becomes the
 * name of a service without an entry.
 */
export function serviceNamed(catalogue: Catalogue, names: readonly [string, ...string[]]): FoundService {
  for (const name of names) {
    const entry = catalogue.services.find(each => each.name === name || each.aliases.includes(name));
    if (entry) return { name: entry.name, entry };
  }
  return { name: names[0], entry: null };
}

/** The services with code in a repository. */
export function entriesOfRepository(catalogue: Catalogue, repository: string): readonly CatalogueService[] {
  const key = repository.toLowerCase();
  return catalogue.services.filter(each => each.repositories.some(path => path.toLowerCase() === key));
}

/**
 * The services with code in a repository. If the catalogue does not know the repository, its own name (without the
 * owner) becomes the name of a service.
 * @param repository `owner/name`, compared without regard to case, as the code hosts do
 * @param changedFiles paths of the files that a push changes; null: not known, then services with paths are left out
 */
export function servicesOfRepository(
  catalogue: Catalogue,
  repository: string,
  changedFiles: readonly string[] | null,
): readonly FoundService[] {
  const entries = entriesOfRepository(catalogue, repository);
  if (entries.length === 0) return [{ name: repository.split('/').at(-1) ?? repository, entry: null }];
  const affected = entries.filter(
    ({ paths }) => paths.length === 0 || changedFiles?.some(file => isWithin(file, paths)),
  );
  return affected.map(entry => ({ name: entry.name, entry }));
}

function isWithin(file: string, folders: readonly string[]): boolean {
  return folders.some(folder => file === folder || file.startsWith(folder.replace(/\/*$/, '/')));
}

const production: Readonly<Record<string, string>> = {
  prod: 'production',
  prd: 'production',
  live: 'production',
};

/** The name used here for a tool's environment: as the service maps it, else the catalogue, else unchanged. */
export function environmentNamed(catalogue: Catalogue, entry: CatalogueService | null, name: string): string {
  const names = { ...production, ...catalogue.environments, ...entry?.environments };
  return Object.hasOwn(names, name) ? (names[name] ?? name) : name;
}

/** The change in an image's name, if a pattern of the service finds one; else the image as an artifact. */
export function nameOfImage(
  entry: CatalogueService | null,
  image: string,
): { readonly change: string } | { readonly artifact: string } {
  for (const pattern of entry?.artifacts ?? []) {
    const change = changeIn(pattern, image);
    if (change !== null) return { change };
  }
  return { artifact: image };
}

/** The service with a pattern that matches the image; null if there is none. */
export function serviceOfImage(catalogue: Catalogue, image: string): FoundService | null {
  const entry = catalogue.services.find(each => each.artifacts.some(pattern => matches(pattern, image)));
  return entry ? { name: entry.name, entry } : null;
}

function changeIn(pattern: string, image: string): string | null {
  return pattern.includes('{change}') && image.length <= imageMax
    ? (expressionOf(pattern).exec(image)?.groups?.['change'] ?? null)
    : null;
}

const matches = (pattern: string, image: string) =>
  image.length <= imageMax && expressionOf(pattern).test(image);

/** Longer images are not matched. With the two stars that a pattern may have, matching stays fast up to this length. */
const imageMax = 500;

/** `{change}` matches text without `/`, `:` and `@`. */
function expressionOf(pattern: string): RegExp {
  const source = pattern
    .split(/(\{change\}|\*)/)
    .map(part => (part === '{change}' ? '(?<change>[^/:@]+)' : part === '*' ? '.*' : RegExp.escape(part)))
    .join('');
  return new RegExp(`^${source}$`, 'u');
}

/** The services that release a change by this flag, each with the change. */
export function changesOfFlag(
  catalogue: Catalogue,
  flag: string,
): readonly { readonly service: CatalogueService; readonly change: string }[] {
  return catalogue.services.flatMap(service => {
    const change = Object.hasOwn(service.flags, flag) ? service.flags[flag] : undefined;
    return change === undefined ? [] : [{ service, change }];
  });
}
