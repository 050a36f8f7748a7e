import type { CatalogueService } from './model.ts';
import { artifactFault, folderOf, repositoryOf } from './values.ts';

/**
 * Reads services from entities of Backstage's catalogue.
 * @see https://backstage.io/docs/features/software-catalog/descriptor-format
 * @see https://backstage.io/docs/features/software-catalog/well-known-annotations
 */

type Path = readonly string[];
type Fault = (path: Path, detail: string) => void;
type Fields = Readonly<Record<string, unknown>>;

export interface Entity {
  readonly service: CatalogueService;
  readonly namePath: Path;
  readonly aliasesPath: Path;
}

/** Prefix of our own annotations, for fields that Backstage lacks. Lists have commas between their entries. */
const ownPrefix = 'firstlight.dev/';
const ownNames = [
  'team',
  'aliases',
  'repositories',
  'paths',
  'branch',
  'controller',
  'artifacts',
  'environments',
  'flags',
  'flag-variants',
];
/** Annotations with the component's name in other tools. */
const aliasAnnotations = ['argocd/app-name', 'backstage.io/kubernetes-id'];
const slugAnnotations = ['github.com/project-slug', 'gitlab.com/project-slug'];

/** Whether a document is a Backstage entity, of any kind. */
export function isEntity(value: unknown): value is Fields {
  const version = fieldsOf(value)['apiVersion'];
  return typeof version === 'string' && version.startsWith('backstage.io/');
}

/** The files that a `Location` includes, as written there. */
export function targetsOf(value: unknown): readonly { readonly target: string; readonly path: Path }[] {
  if (!isEntity(value) || value['kind'] !== 'Location') return [];
  const { target, targets } = fieldsOf(value['spec']);
  const several: unknown[] = Array.isArray(targets) ? targets : [];
  return [
    { target, path: ['spec', 'target'] },
    ...several.map((each, index) => ({ target: each, path: ['spec', 'targets', String(index)] })),
  ].flatMap(({ target: each, path }) =>
    typeof each === 'string' && !isRemote(each) ? [{ target: each, path }] : [],
  );
}

/** Reads a component as a service; null for entities of other kinds. */
export function readEntity(entity: Fields, fault: Fault): Entity | null {
  if (entity['kind'] === 'Location') checkLocation(fieldsOf(entity['spec']), fault);
  if (entity['kind'] !== 'Component') return null;
  const metadata = fieldsOf(entity['metadata']);
  const name = metadata['name'];
  if (typeof name !== 'string' || name === '' || name.length > 200) {
    fault(['metadata', 'name'], 'must be a text of 1 to 200 characters');
    return null;
  }
  const annotations = annotationsOf(metadata['annotations'], fault);
  return {
    service: serviceOf(name, annotations, teamOf(fieldsOf(entity['spec'])['owner'])),
    namePath: ['metadata', 'name'],
    aliasesPath: ['metadata', 'annotations'],
  };
}

type Annotations = Readonly<Record<string, string>>;

function annotationsOf(value: unknown, fault: Fault): Annotations {
  const annotations: Record<string, string> = {};
  for (const [key, text] of Object.entries(fieldsOf(value))) {
    const report = (detail: string) => fault(['metadata', 'annotations', key], detail);
    if (typeof text !== 'string') report('must be a text; put it in quotes');
    else if (key.startsWith(ownPrefix) && !ownNames.includes(key.slice(ownPrefix.length)))
      report(
        `is no annotation that is known here; there are ${ownNames.map(each => ownPrefix + each).join(', ')}`,
      );
    else {
      annotations[key] = text;
      const detail = annotationFault(key, text);
      if (detail !== null) report(detail);
    }
  }
  return annotations;
}

function annotationFault(key: string, text: string): string | null {
  const slugs = slugAnnotations.includes(key) || key === `${ownPrefix}repositories`;
  if (slugs && list(text).some(each => repositoryOf(each) === null)) return 'must be owner/name';
  if (key === `${ownPrefix}paths` && list(text).some(each => folderOf(each) === null))
    return 'must be folders within the repository, without a *';
  if (key === `${ownPrefix}artifacts`)
    return (
      list(text)
        .map(artifactFault)
        .find(each => each !== null) ?? null
    );
  const isPairs = ['environments', 'flags', 'flag-variants'].some(each => key === ownPrefix + each);
  if (isPairs && list(text).some(each => !/^[^=]+=.+$/.test(each)))
    return 'must be pairs with an equals sign, such as prod-eu=production, stg=staging';
  return null;
}

function serviceOf(name: string, annotations: Annotations, team: string | null): CatalogueService {
  const entries = (key: string) => list(annotations[ownPrefix + key]);
  const single = (key: string) => annotations[ownPrefix + key] || null;
  const source = sourceOf(annotations['backstage.io/source-location'] ?? '');
  const repositories = [
    ...slugAnnotations.flatMap(key => list(annotations[key])),
    ...entries('repositories'),
  ];
  const paths = entries('paths').flatMap(each => folderOf(each) || []);
  const owner = single('team') ?? team;
  const branch = single('branch');
  const controller = single('controller');
  const variants = pairs(annotations[`${ownPrefix}flag-variants`]);
  return {
    name,
    ...(owner !== null && { team: owner }),
    aliases: distinct([...aliasAnnotations.flatMap(key => list(annotations[key])), ...entries('aliases')]),
    repositories: distinct([
      ...repositories.flatMap(each => repositoryOf(each) ?? []),
      ...source.repositories,
    ]),
    paths: paths.length > 0 ? paths : source.paths,
    ...(branch !== null && { branch }),
    ...(controller !== null && { controller }),
    artifacts: entries('artifacts'),
    environments: pairs(annotations[`${ownPrefix}environments`]),
    flags: pairs(annotations[`${ownPrefix}flags`]),
    ...(Object.keys(variants).length > 0 && { flagVariants: variants }),
  };
}

/** The repository and the folder of `url:https://github.com/acme/shop/tree/main/services/checkout/`. */
function sourceOf(location: string): { repositories: string[]; paths: string[] } {
  const path = /^url:[a-z]+:\/\/[^/]+\/(.+)$/i.exec(location)?.[1];
  if (path === undefined) return { repositories: [], paths: [] };
  // GitLab puts `/-/` after the project, whose groups may be nested; GitHub has owner and name.
  const [, project = '', rest = ''] = /^(.+?)\/-\/(.*)$/.exec(path) ??
    /^([^/]+\/[^/]+)\/((?:tree|blob|src)\/.*)$/.exec(path) ?? ['', path, ''];
  const folder = folderOf(/^(?:tree|blob|src)\/[^/]+\/(.+)$/.exec(rest)?.[1] ?? '');
  return { repositories: [repositoryOf(project) ?? []].flat(), paths: folder ? [folder] : [] };
}

/** `group:default/checkout-team` is the team `checkout-team`. */
function teamOf(owner: unknown): string | null {
  if (typeof owner !== 'string') return null;
  return owner.split(/[:/]/).at(-1)?.slice(0, 200) || null;
}

function checkLocation({ type, target, targets }: Fields, fault: Fault): void {
  if (type !== undefined && type !== 'file')
    fault(['spec', 'type'], 'must be file: what lies elsewhere is not fetched');
  const several: unknown[] = Array.isArray(targets) ? targets : [];
  if (typeof target === 'string' && isRemote(target))
    fault(['spec', 'target'], 'must be a file: what lies elsewhere is not fetched');
  several.forEach((each, index) => {
    if (typeof each === 'string' && isRemote(each))
      fault(['spec', 'targets', String(index)], 'must be a file: what lies elsewhere is not fetched');
  });
}

const isRemote = (target: string) => /^[a-z][a-z0-9+.-]*:\/\//i.test(target);

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '');
}

function pairs(text: string | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(
    list(text).flatMap(each => {
      const at = each.indexOf('=');
      return at < 1 ? [] : [[each.slice(0, at).trim(), each.slice(at + 1).trim()]];
    }),
  );
}

function distinct(names: readonly string[]): string[] {
  return names.filter(
    (name, index) => names.findIndex(each => each.toLowerCase() === name.toLowerCase()) === index,
  );
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
