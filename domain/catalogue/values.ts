/** Single values of a catalogue file, which both of its forms share. */

/** @see https://www.rfc-editor.org/rfc/rfc6901 */
export function isJsonPointer(text: string): boolean {
  return /^(\/([^~/]|~[01])*)*$/.test(text);
}

/** The fault of a pattern of image names; null if it has none. With more than two stars, matching could be slow. */
export function artifactFault(pattern: string): string | null {
  const count = (part: string) => pattern.split(part).length - 1;
  if (count('{change}') > 1) return 'may hold {change} once';
  if (count('*') > 2) return 'may hold * twice at most';
  if (/[{}]/.test(pattern.replace('{change}', ''))) return 'knows {change} only between braces';
  return null;
}

/** `owner/name` of a repository that is given in this form or by its address; null if the text is neither. */
export function repositoryOf(text: string): string | null {
  const path = text
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/]+|[^@/]+@[^:/]+:)/i, '')
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '');
  return /^[^/\s]+(\/[^/\s]+)+$/.test(path) ? path : null;
}

/** A folder, relative to the root of its repository and without outer slashes; empty: the root; null: no folder. */
export function folderOf(text: string): string | null {
  const folder = text
    .replace(/\/\*\*?$/, '')
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '');
  return folder.includes('*') || folder.split('/').includes('..') ? null : folder;
}
