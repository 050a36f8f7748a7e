import type { Fault } from '../../../domain/events/validate.ts';

/** One part of a request as its form was read, before its events are checked. */
export interface Item {
  /**
   * Its events in the native form, as sent: one, or what a foreign form tells, which may be several or none. Empty too
   * where the form is so broken that there is none.
   */
  readonly sent: readonly unknown[];
  /** What is wrong with the form around the events. */
  readonly faults: readonly Fault[];
  /** Services that the catalogue does not know, under the names that a foreign form gave them. */
  readonly unknown?: readonly string[];
}
