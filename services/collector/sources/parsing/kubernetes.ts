import { nameOfImage, serviceOfImage } from '../../../../domain/catalogue/lookup.ts';
import { type CatalogueService, emptyCatalogue } from '../../../../domain/catalogue/model.ts';
import { fail } from '../source.ts';
import { identity } from './event-fields.ts';
import { textAt } from './json.ts';

/** Shared by the sources of Kubernetes objects: annotations that users set, and the names of images. */

/** The name under which a rollout exposes something. */
export type Revision = { readonly change: string } | { readonly artifact: string };

/** The value of the first annotation found: the first object is searched for all keys, then the next object. */
export function annotationOf(objects: readonly unknown[], ...keys: readonly string[]): string | null {
  for (const object of objects)
    for (const key of keys) {
      const text = textAt(object, 'metadata', 'annotations', key);
      if (text !== null) return text;
    }
  return null;
}

/** The annotations that name a change; the last two come from another template in use. */
export const changeAnnotations = ['dora/change', 'dora/change-id', 'dora/commit'] as const;

const imagesMax = 100;

/**
 * The revisions of these images, each once: of the images that match a pattern of the service; else of all images,
 * because the service's own image and those of its sidecars cannot be distinguished.
 * @throws {Unmappable} if a name is invalid, or if there are more images than a rollout plausibly has
 */
export function revisionsOfImages(
  entry: CatalogueService | null,
  images: readonly string[],
): readonly Revision[] {
  const distinct = [...new Set(images)];
  if (distinct.length > imagesMax)
    return fail(`It names ${distinct.length} images; ${imagesMax} is the most.`);
  const all = distinct.map(image => identity('The image', image));
  const matching = entry === null ? [] : all.filter(image => matches(entry, image));
  const revisions = (matching.length > 0 ? matching : all).map(image => nameOfImage(entry, image));
  return [...new Map(revisions.map(revision => [JSON.stringify(revision), revision])).values()];
}

const matches = (entry: CatalogueService, image: string) =>
  serviceOfImage({ ...emptyCatalogue, services: [entry] }, image) !== null;
