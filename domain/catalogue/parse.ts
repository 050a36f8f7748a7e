import { Ajv, type ErrorObject } from 'ajv';
import { type Static, type TSchema, Type } from 'typebox';
import { isEntity, readEntity } from './backstage.ts';
import {
  type AlertLabels,
  type AlertMapping,
  type Catalogue,
  type CatalogueService,
  defaultAlertLabels,
} from './model.ts';
import { artifactFault, folderOf, isJsonPointer, repositoryOf } from './values.ts';

/** Parses a catalogue file: documents in our own form, and entities of Backstage. See `docs/catalogue.md`. */

/** One fault of a catalogue file. */
export interface CatalogueFault {
  /** Index of the document, from 0. */
  readonly document: number;
  /** The field in the document; empty: the whole document. */
  readonly path: readonly string[];
  readonly detail: string;
}

/** A service, and its position in the file. */
export interface ReadService {
  readonly service: CatalogueService;
  readonly document: number;
  readonly namePath: readonly string[];
  readonly aliasesPath: readonly string[];
}

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });
/** A list of texts, or one text. */
const texts = (maxLength: number) =>
  Type.Unsafe<string | string[]>({
    type: ['string', 'array'],
    minLength: 1,
    maxLength,
    items: text(maxLength),
  });
const renames = (maxLength: number) => Type.Record(Type.String(), text(maxLength));
const closed = { additionalProperties: false };

// With `satisfies`, a field cannot be missing in one of schema and type.
const serviceFields = {
  name: text(200),
  team: Type.Optional(text(200)),
  aliases: Type.Optional(texts(500)),
  repositories: Type.Optional(texts(500)),
  paths: Type.Optional(texts(1_000)),
  branch: Type.Optional(text(500)),
  controller: Type.Optional(text(200)),
  artifacts: Type.Optional(texts(500)),
  environments: Type.Optional(renames(200)),
  flags: Type.Optional(renames(500)),
  flagVariants: Type.Optional(renames(500)),
} satisfies Record<keyof CatalogueService, TSchema>;
const serviceSchema = Type.Object(serviceFields, closed);

const alertsFields = {
  service: Type.Optional(texts(200)),
  environment: Type.Optional(texts(200)),
  change: Type.Optional(texts(200)),
  rollout: Type.Optional(texts(200)),
  severity: Type.Optional(texts(200)),
  ignore: Type.Optional(Type.Record(Type.String(), texts(500))),
} satisfies Record<keyof AlertLabels, TSchema>;
const alertsSchema = Type.Object(alertsFields, closed);

const pointer = Type.String({ format: 'json-pointer', maxLength: 500 });
const mappingFields = {
  alerts: Type.Optional(pointer),
  incident: pointer,
  firing: Type.Optional(pointer),
  status: pointer,
  detected: texts(200),
  resolved: texts(200),
  service: Type.Optional(pointer),
  defaultService: Type.Optional(text(200)),
  environment: Type.Optional(pointer),
  detectedAt: Type.Optional(pointer),
  resolvedAt: Type.Optional(pointer),
  reason: Type.Optional(pointer),
  severity: Type.Optional(pointer),
  change: Type.Optional(pointer),
  url: Type.Optional(pointer),
} satisfies Record<keyof AlertMapping, TSchema>;
const mappingSchema = Type.Object(mappingFields, closed);

const documentSchema = Type.Object(
  {
    services: Type.Optional(Type.Array(serviceSchema)),
    environments: Type.Optional(renames(200)),
    alerts: Type.Optional(alertsSchema),
    mappings: Type.Optional(Type.Record(Type.String(), mappingSchema)),
  },
  closed,
);
type Written = Static<typeof documentSchema>;
type WrittenService = Static<typeof serviceSchema>;

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
ajv.addFormat('json-pointer', { type: 'string', validate: isJsonPointer });
const isWritten = ajv.compile<Written>(documentSchema);

/**
 * Makes one catalogue of the documents of a file: any number of Backstage entities and at most one document in our own
 * form. Entities of Backstage that are no components are ignored.
 * @returns every fault; with a fault, the catalogue is incomplete
 */
export function parseCatalogue(documents: readonly unknown[]): {
  readonly catalogue: Catalogue;
  readonly faults: readonly CatalogueFault[];
} {
  const faults: CatalogueFault[] = [];
  const services: ReadService[] = [];
  let native: Written = {};
  let hasNative = false;
  for (const [document, value] of documents.entries()) {
    const fault = (path: readonly string[], detail: string) => faults.push({ document, path, detail });
    if (value === null || value === undefined) continue;
    if (isEntity(value)) {
      const entity = readEntity(value, fault);
      if (entity) services.push({ ...entity, document });
    } else if (hasNative) {
      fault([], 'is a second document without apiVersion and kind of Backstage; put the two together');
    } else {
      hasNative = true;
      if (isWritten(value)) {
        native = value;
        services.push(
          ...(value.services ?? []).map((each, index) => serviceOf(each, document, index, fault)),
        );
      } else for (const error of isWritten.errors ?? []) fault(...faultOf(error));
    }
  }
  faults.push(...faultsOfSharedNames(services));
  return {
    faults,
    catalogue: {
      services: services.map(({ service }) => service),
      environments: native.environments ?? {},
      alerts: alertsOf(native.alerts ?? {}),
      mappings: mappingsOf(native.mappings ?? {}),
    },
  };
}

function serviceOf(
  written: WrittenService,
  document: number,
  index: number,
  fault: (path: readonly string[], detail: string) => void,
): ReadService {
  const path = ['services', String(index)];
  const check = (field: 'repositories' | 'paths' | 'artifacts', faultIn: (entry: string) => string | null) =>
    listOf(written[field]).forEach((entry, position) => {
      const detail = faultIn(entry);
      const step = Array.isArray(written[field]) ? [String(position)] : [];
      if (detail !== null) fault([...path, field, ...step], detail);
    });
  check('artifacts', artifactFault);
  check('repositories', entry => (repositoryOf(entry) === null ? 'must be owner/name' : null));
  check('paths', entry =>
    folderOf(entry) === null ? 'must be a folder within the repository, without a *' : null,
  );
  const { name, team, branch, controller, flagVariants } = written;
  return {
    document,
    namePath: [...path, 'name'],
    aliasesPath: [...path, 'aliases'],
    service: {
      name,
      ...(team !== undefined && { team }),
      aliases: listOf(written.aliases),
      repositories: listOf(written.repositories).flatMap(each => repositoryOf(each) ?? []),
      paths: listOf(written.paths).flatMap(each => folderOf(each) || []),
      ...(branch !== undefined && { branch }),
      ...(controller !== undefined && { controller }),
      artifacts: listOf(written.artifacts),
      environments: written.environments ?? {},
      flags: written.flags ?? {},
      ...(flagVariants !== undefined && { flagVariants }),
    },
  };
}

/** Names and aliases that two services share. */
function faultsOfSharedNames(services: readonly ReadService[]): CatalogueFault[] {
  const owners = new Map<string, string>();
  return services.flatMap(({ service, document, namePath, aliasesPath }) => {
    const names = [service.name, ...service.aliases.filter(alias => alias !== service.name)];
    return names.flatMap((name, index) => {
      const owner = owners.get(name);
      owners.set(name, service.name);
      if (owner === undefined) return [];
      const conflict =
        owner === name ? 'is another service already' : `stands for the service ${owner} already`;
      return [{ document, path: index === 0 ? namePath : aliasesPath, detail: `"${name}" ${conflict}` }];
    });
  });
}

function alertsOf(written: NonNullable<Written['alerts']>): AlertLabels {
  const labels = (field: Exclude<keyof AlertLabels, 'ignore'>) =>
    written[field] === undefined ? defaultAlertLabels[field] : listOf(written[field]);
  return {
    service: labels('service'),
    environment: labels('environment'),
    change: labels('change'),
    rollout: labels('rollout'),
    severity: labels('severity'),
    ignore: written.ignore === undefined ? defaultAlertLabels.ignore : mapValues(written.ignore, listOf),
  };
}

function mappingsOf(written: NonNullable<Written['mappings']>): Catalogue['mappings'] {
  return mapValues(written, ({ detected, resolved, ...mapping }) => ({
    ...mapping,
    detected: listOf(detected),
    resolved: listOf(resolved),
  }));
}

function listOf(written: string | readonly string[] | undefined): readonly string[] {
  return typeof written === 'string' ? [written] : (written ?? []);
}

function mapValues<A, B>(object: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function faultOf(error: ErrorObject): [path: readonly string[], detail: string] {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { params, keyword } = error;
  switch (keyword) {
    case 'additionalProperties':
      return [[...path, String(params['additionalProperty'])], 'is no field that is known here'];
    case 'required':
      return [path, `lacks the field ${params['missingProperty']}`];
    case 'type':
      return [path, `must be ${[params['type']].flat().map(typeName).join(' or ')}`];
    case 'minLength':
      return [path, 'must not be empty'];
    case 'maxLength':
      return [path, `must have ${params['limit']} characters at most`];
    case 'format':
      return [path, 'must be a JSON Pointer, such as /alert/id'];
    default:
      return [path, error.message ?? `fails ${keyword}`];
  }
}

function typeName(type: string): string {
  switch (type) {
    case 'object':
      return 'an object with fields';
    case 'array':
      return 'a list';
    case 'string':
      return 'a text (in quotes where it looks like a number)';
    default:
      return type;
  }
}
