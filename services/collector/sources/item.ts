import type { Fault } from '../../../domain/validate.ts';

/** One event of a request as its form was read, before the event itself is checked. */
export interface Item {
  /** The event in the native form, as sent. Absent where the form is so broken that there is none. */
  readonly sent?: unknown;
  /** What is wrong with the form around the event. */
  readonly faults: readonly Fault[];
}
