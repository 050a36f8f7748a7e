import {
  type CatalogueService,
  emptyCatalogue,
  nameOfImage,
  serviceOfImage,
} from '../../../../domain/catalogue/catalogue.ts';
import { fail, identity, textAt } from './reading.ts';

/** What sources of Kubernetes objects share: what users write on the objects, and what images are called. */

export type Named = { readonly change: string } | { readonly artifact: string };

/** The first of these annotations that one of these objects has; where both have one, the first object's counts. */
export function annotationOf(objects: readonly unknown[], ...keys: readonly string[]): string | null {
  for (const object of objects)
    for (const key of keys) {
      const text = textAt(object, 'metadata', 'annotations', key);
      if (text !== null) return text;
    }
  return null;
}

/** The annotations that name a change; the latter two are of another template in use. */
export const changeAnnotations = ['dora/change', 'dora/change-id', 'dora/commit'] as const;

const imagesMax = 100;

/**
 * What these images stand for, each name once: those that match a pattern of the service where any does, else all,
 * since nothing tells the service's own from its helpers'.
 * @throws {Unmappable} when one is no name, or when there are more than a rollout sensibly has
 */
export function namesOfImages(entry: CatalogueService | null, images: readonly string[]): readonly Named[] {
  const distinct = [...new Set(images)];
  if (distinct.length > imagesMax)
    return fail(`It names ${distinct.length} images; ${imagesMax} is the most.`);
  const all = distinct.map(image => identity('The image', image));
  const own = entry === null ? [] : all.filter(image => isOf(entry, image));
  const named = (own.length > 0 ? own : all).map(image => nameOfImage(entry, image));
  return [...new Map(named.map(name => [JSON.stringify(name), name])).values()];
}

const isOf = (entry: CatalogueService, image: string) =>
  serviceOfImage({ ...emptyCatalogue, services: [entry] }, image) !== null;
