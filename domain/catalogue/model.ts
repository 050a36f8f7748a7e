/** A service as its team describes it, with the names that tools use for it. See `docs/catalogue.md`. */
export interface CatalogueService {
  readonly name: string;
  readonly team?: string;
  /** The tools' names of the service: an Argo application or rollout, a Flagger canary, a `service.name`, a label. */
  readonly aliases: readonly string[];
  /** `owner/name` on GitHub, `group/project` on GitLab. */
  readonly repositories: readonly string[];
  /** Folders of the service in a monorepo; empty: the whole repository belongs to the service. */
  readonly paths: readonly string[];
  /** The branch that is deployed; absent: the repository's default branch. */
  readonly branch?: string;
  /** The tool that moves traffic step by step. If there is one, a deployment reported by the code host is no exposure. */
  readonly controller?: string;
  /** Patterns of image names: `ghcr.io/acme/checkout:{change}`; a `*` stands for any text. */
  readonly artifacts: readonly string[];
  /** From a tool's name of an environment to the name used here. */
  readonly environments: Readonly<Record<string, string>>;
  /** Flags that release a change: from the flag's key to the change. */
  readonly flags: Readonly<Record<string, string>>;
  /** The variant that serves the change, by flag; absent: every variant that does not mean off. */
  readonly flagVariants?: Readonly<Record<string, string>>;
}

export interface Catalogue {
  readonly services: readonly CatalogueService[];
  /** From a tool's name of an environment to the name used here, for all services. */
  readonly environments: Readonly<Record<string, string>>;
  /** The labels of an alert that hold its service, environment and change. */
  readonly alerts: AlertLabels;
  /** Mappings of the generic alert webhook, by the name in its `?mapping=`. */
  readonly mappings: Readonly<Record<string, AlertMapping>>;
}

/** Names of labels, in order of preference: the first label that an alert has is used. */
export interface AlertLabels {
  readonly service: readonly string[];
  readonly environment: readonly string[];
  readonly change: readonly string[];
  readonly rollout: readonly string[];
  readonly severity: readonly string[];
  /** Alerts that have one of these values are no incidents: `{severity: ['info', 'none']}`. */
  readonly ignore: Readonly<Record<string, readonly string[]>>;
}

/**
 * Where the fields of an incident are in a JSON body, as JSON Pointers (RFC 6901).
 * @see https://www.rfc-editor.org/rfc/rfc6901
 */
export interface AlertMapping {
  /** The array of alerts in the body; absent: the body is one alert. The other pointers start at an alert. */
  readonly alerts?: string;
  readonly incident: string;
  /** A value that differs between two firings with the same `incident`, such as the start time. */
  readonly firing?: string;
  readonly status: string;
  /** Values of `status` that mean detected and resolved; alerts with another status are ignored. */
  readonly detected: readonly string[];
  readonly resolved: readonly string[];
  readonly service?: string;
  /** The service of an alert that names none. */
  readonly defaultService?: string;
  readonly environment?: string;
  /** A time in RFC 3339, or as a number since 1970; absent or not found: the time of receipt. */
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

/** The catalogue of a team that has no catalogue file. */
export const emptyCatalogue: Catalogue = {
  services: [],
  environments: {},
  alerts: defaultAlertLabels,
  mappings: {},
};
