import { must } from '../../../../domain/must.ts';

/** The names of an artifact, from its package URL or from any other text in a CDEvent. */
export interface ArtifactNames {
  /** The canonical name: without qualifiers and subpath, percent-decoded. */
  readonly name: string;
  /** The image reference, as rollout controllers write it: `ghcr.io/acme/checkout@sha256:…`; null without a registry. */
  readonly image: string | null;
  /** The image reference with its tag; null without a tag. */
  readonly tagged: string | null;
  /** The package's name, without type, namespace and version; null if the text is no package URL. */
  readonly packageName: string | null;
}

/** @see https://github.com/package-url/purl-spec/blob/main/PURL-SPECIFICATION.rst */
export function artifactNames(id: string): ArtifactNames {
  const parts = /^pkg:\/*([a-z0-9.+-]+)\/([^?#]+)(?:\?([^#]*))?/i.exec(id);
  if (parts === null) return { name: id, image: null, tagged: null, packageName: null };
  const type = must(parts[1], 'type of a package URL').toLowerCase();
  const qualifiers = new URLSearchParams(parts[3] ?? '');
  // The version follows the last @; an @ in a name is percent-encoded.
  const [path = '', version = null] = splitVersion(
    must(parts[2], 'path of a package URL').replace(/\/+$/, ''),
  );
  const repository = repositoryOf(type, path, qualifiers.get('repository_url'));
  const tag = qualifiers.get('tag');
  return {
    name: `pkg:${type}/${path}${version === null ? '' : `@${version}`}`,
    image: repository === null || version === null ? null : imageOf(repository, version),
    tagged: repository === null || tag === null || tag === '' ? null : imageOf(repository, tag),
    packageName: path.split('/').at(-1) ?? path,
  };
}

/** All names of the artifact, the canonical name first. */
export function spellings({ name, image, tagged }: ArtifactNames): readonly string[] {
  return [...new Set([name, image, tagged])].filter(spelling => spelling !== null);
}

function splitVersion(text: string): [string, (string | null)?] {
  const at = text.lastIndexOf('@');
  return at <= 0 ? [decoded(text)] : [decoded(text.slice(0, at)), decoded(text.slice(at + 1))];
}

/** The image's repository. With type `oci`, `repository_url` is the whole repository; with `docker`, only the registry. */
function repositoryOf(type: string, path: string, url: string | null): string | null {
  const address = url?.replace(/^[a-z]+:\/\//i, '').replace(/\/+$/, '') || null;
  if (address === null || (type !== 'oci' && type !== 'docker')) return null;
  return type === 'oci' ? address : `${address}/${path}`;
}

function imageOf(repository: string, version: string): string {
  return /^[a-z0-9]+:[0-9a-f]{32,}$/i.test(version) ? `${repository}@${version}` : `${repository}:${version}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
