/** What an artifact is called, by the package URL of a CDEvent or whatever its sender puts there. */
export interface ArtifactNames {
  /** The one spelling under which it is compared: without qualifiers and subpath, percent-encoding undone. */
  readonly name: string;
  /** Of a container image whose registry is told: `ghcr.io/acme/checkout@sha256:…`, as rollout controllers say it. */
  readonly image: string | null;
  /** The same image by its tag. */
  readonly tagged: string | null;
  /** The package's own name, without type, namespace and version; null where it is no package URL. */
  readonly packageName: string | null;
}

/** @see https://github.com/package-url/purl-spec/blob/main/PURL-SPECIFICATION.rst */
export function artifactNames(id: string): ArtifactNames {
  const parts = /^pkg:\/*([a-z0-9.+-]+)\/([^?#]+)(?:\?([^#]*))?/i.exec(id);
  if (parts === null) return { name: id, image: null, tagged: null, packageName: null };
  const type = (parts[1] ?? '').toLowerCase();
  const qualifiers = new URLSearchParams(parts[3] ?? '');
  // The version is behind the last @; one within a name is percent-encoded.
  const [path = '', version = null] = splitVersion((parts[2] ?? '').replace(/\/+$/, ''));
  const repository = repositoryOf(type, path, qualifiers.get('repository_url'));
  const tag = qualifiers.get('tag');
  return {
    name: `pkg:${type}/${path}${version === null ? '' : `@${version}`}`,
    image: repository === null || version === null ? null : imageOf(repository, version),
    tagged: repository === null || tag === null || tag === '' ? null : imageOf(repository, tag),
    packageName: path.split('/').at(-1) ?? path,
  };
}

/** Every spelling, the one that is compared first. */
export function spellings({ name, image, tagged }: ArtifactNames): readonly string[] {
  return [...new Set([name, image, tagged])].filter(spelling => spelling !== null);
}

function splitVersion(text: string): [string, (string | null)?] {
  const at = text.lastIndexOf('@');
  return at <= 0 ? [decoded(text)] : [decoded(text.slice(0, at)), decoded(text.slice(at + 1))];
}

/** `oci` names the whole repository in `repository_url`, `docker` only its registry. */
function repositoryOf(type: string, path: string, url: string | null): string | null {
  const place = url?.replace(/^[a-z]+:\/\//i, '').replace(/\/+$/, '') || null;
  if (place === null || (type !== 'oci' && type !== 'docker')) return null;
  return type === 'oci' ? place : `${place}/${path}`;
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
