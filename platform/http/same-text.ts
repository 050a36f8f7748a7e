import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two texts are the same, in a time that does not depend on where they differ, nor on what was sent. */
export function isSameText(sent: string, wanted: string): boolean {
  return timingSafeEqual(digest(sent), digest(wanted));
}

// Of one length, as the comparison needs it, whatever the length of what was sent.
const digest = (text: string) => createHash('sha256').update(text).digest();
