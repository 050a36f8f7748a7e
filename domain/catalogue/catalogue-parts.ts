/** How single texts of a catalogue are written and read; shared by its two forms. */

/** @see https://www.rfc-editor.org/rfc/rfc6901 */
export function isJsonPointer(text: string): boolean {
  return /^(\/([^~/]|~[01])*)*$/.test(text);
}

/** What is wrong with a pattern of images; null where nothing is. More stars could take long to match. */
export function artifactFault(pattern: string): string | null {
  const count = (part: string) => pattern.split(part).length - 1;
  if (count('{change}') > 1) return 'may hold {change} once';
  if (count('*') > 2) return 'may hold * twice at most';
  if (/[{}]/.test(pattern.replace('{change}', ''))) return 'knows {change} only between braces';
  return null;
}

/** `owner/name` of a repository that is written so, or as its address; null where it is neither. */
export function repositoryOf(text: string): string | null {
  const path = text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/]+|[^@/]+@[^:/]+:)/i, '')
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '');
  return /^[^/\s]+(\/[^/\s]+)+$/.test(path) ? path : null;
}

/** A folder from the root of a repository, without slashes around it; empty: all of it; null: no folder. */
export function folderOf(text: string): string | null {
  const folder = text
    .replace(/\/\*\*?$/, '')
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
  return folder.includes('*') || folder.split('/').includes('..') ? null : folder;
}
