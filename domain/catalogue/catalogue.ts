/**
 * What a team says of its services, so that the tools' own names lead to them. See `docs/catalogue.md`.
 */
export interface CatalogueService {
  readonly name: string;
  readonly team?: string;
  /** What tools call it: an Argo application or rollout, a Flagger canary, an OpenTelemetry `service.name`, a label. */
  readonly aliases: readonly string[];
  /** `owner/name` on GitHub, `group/project` on GitLab. */
  readonly repositories: readonly string[];
  /** Folders of a monorepo; empty: the whole repository is this service's. */
  readonly paths: readonly string[];
  /** The branch that is deployed; absent: the repository's default branch. */
  readonly branch?: string;
  /** What moves its traffic step by step. Where there is one, a deployment of the code host is no exposure. */
  readonly controller?: string;
  /** How its images are called: `ghcr.io/acme/checkout:{change}`; a `*` stands for any text. */
  readonly artifacts: readonly string[];
  /** What tools call its environments, and what they are called here. */
  readonly environments: Readonly<Record<string, string>>;
  /** Flags that release a change: the flag's key, and the change. */
  readonly flags: Readonly<Record<string, string>>;
  /** Which variant of such a flag is the change; absent: any that is not off. */
  readonly flagVariants?: Readonly<Record<string, string>>;
}

export interface Catalogue {
  readonly services: readonly CatalogueService[];
  /** As of a service, for all of them. */
  readonly environments: Readonly<Record<string, string>>;
  /** How alerts are read; see {@link AlertLabels}. */
  readonly alerts: AlertLabels;
  /** For the generic alert webhook, by the name that its `?mapping=` gives. */
  readonly mappings: Readonly<Record<string, AlertMapping>>;
}

/** Names of labels, the first one that an alert has counts. */
export interface AlertLabels {
  readonly service: readonly string[];
  readonly environment: readonly string[];
  readonly change: readonly string[];
  readonly rollout: readonly string[];
  readonly severity: readonly string[];
  /** Alerts with any of these labels and values are no incidents: `{severity: ['info', 'none']}`. */
  readonly ignore: Readonly<Record<string, readonly string[]>>;
}

/**
 * Where the fields of an incident are in a JSON body, as JSON Pointers (RFC 6901).
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export interface AlertMapping {
  /** An array of alerts within the body; absent: the body is one. The other pointers begin at each alert. */
  readonly alerts?: string;
  readonly incident: string;
  /** What tells one firing of it from the next, such as its start, where `incident` is the same for all of them. */
  readonly firing?: string;
  readonly status: string;
  /** Values of `status` that mean detected, and resolved; others are of no interest. */
  readonly detected: readonly string[];
  readonly resolved: readonly string[];
  readonly service?: string;
  /** Where the body names no service. */
  readonly defaultService?: string;
  readonly environment?: string;
  /** RFC 3339, or seconds or milliseconds since 1970; absent or not found: the time of receipt. */
  readonly detectedAt?: string;
  readonly resolvedAt?: string;
  readonly reason?: string;
  readonly severity?: string;
  readonly change?: string;
  readonly url?: string;
}

export const defaultAlertLabels: AlertLabels = {
  service: ['service', 'app', 'job'],
  environment: ['environment', 'env'],
  change: ['change'],
  rollout: ['rollout'],
  severity: ['severity'],
  ignore: { alertname: ['Watchdog', 'InfoInhibitor'], severity: ['none', 'info'] },
};

/** The catalogue of a team that has written none. */
export const emptyCatalogue: Catalogue = {
  services: [],
  environments: {},
  alerts: defaultAlertLabels,
  mappings: {},
};

/** A service that events are about: by the catalogue, or under a name that its tool gave. */
export interface Found {
  readonly name: string;
  /** null where the catalogue does not know it. */
  readonly entry: CatalogueService | null;
}

/** The service of which one of these is the name or an alias; else one under the first of these names. */
export function serviceNamed(catalogue: Catalogue, names: readonly [string, ...string[]]): Found {
  for (const name of names) {
    const entry = catalogue.services.find(each => each.name === name || each.aliases.includes(name));
    if (entry) return { name: entry.name, entry };
  }
  return { name: names[0], entry: null };
}

/** The services whose code a repository holds, all of a monorepo's included. */
export function entriesOfRepository(catalogue: Catalogue, repository: string): readonly CatalogueService[] {
  const key = repository.toLowerCase();
  return catalogue.services.filter(each => each.repositories.some(one => one.toLowerCase() === key));
}

/**
 * The services whose code a repository holds; else one under the repository's own name (without its owner).
 * @param repository `owner/name`, compared without regard to case, as the code hosts do
 * @param touched paths of the files that a push changes; null: not known, then services of a monorepo are left out
 *   when the repository holds several
 */
export function servicesOfRepository(
  catalogue: Catalogue,
  repository: string,
  touched: readonly string[] | null,
): readonly Found[] {
  const entries = entriesOfRepository(catalogue, repository);
  if (entries.length === 0) return [{ name: repository.split('/').at(-1) ?? repository, entry: null }];
  const concerned = entries.filter(({ paths }) =>
    touched === null ? paths.length === 0 : paths.length === 0 || touched.some(file => isWithin(file, paths)),
  );
  return concerned.map(entry => ({ name: entry.name, entry }));
}

function isWithin(file: string, folders: readonly string[]): boolean {
  return folders.some(folder => file === folder || file.startsWith(folder.replace(/\/*$/, '/')));
}

const production: Readonly<Record<string, string>> = {
  prod: 'production',
  prd: 'production',
  live: 'production',
};

/** What a tool's environment is called here: by the service, by the catalogue, else as the tool says. */
export function environmentNamed(catalogue: Catalogue, entry: CatalogueService | null, name: string): string {
  const known = { ...production, ...catalogue.environments, ...entry?.environments };
  return Object.hasOwn(known, name) ? (known[name] ?? name) : name;
}

/** What an image stands for: a change where a pattern of the service says so, else an artifact as it is. */
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

/** The service with a pattern that the image matches; null where there is none. */
export function serviceOfImage(catalogue: Catalogue, image: string): Found | null {
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

/** Longer than any name that is kept; with the two stars that a catalogue file allows, none takes long to match. */
const imageMax = 500;

/** A change has no `/`, `:` or `@`. */
function expressionOf(pattern: string): RegExp {
  const source = pattern
    .split(/(\{change\}|\*)/)
    .map(part => (part === '{change}' ? '(?<change>[^/:@]+)' : part === '*' ? '.*' : RegExp.escape(part)))
    .join('');
  return new RegExp(`^${source}$`, 'u');
}

/** The services in which a flag releases a change, each with that change. */
export function changesOfFlag(
  catalogue: Catalogue,
  flag: string,
): readonly { readonly service: CatalogueService; readonly change: string }[] {
  return catalogue.services.flatMap(service => {
    const change = Object.hasOwn(service.flags, flag) ? service.flags[flag] : undefined;
    return change === undefined ? [] : [{ service, change }];
  });
}
