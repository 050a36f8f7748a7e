/** Why a message was put aside, one word each. */
export type DeadReason = 'not_json' | 'not_an_event' | 'not_storable';

/** Told what the consumer does, so that it can be counted. Must not throw. */
export interface ConsumerObserver {
  /** A transaction was committed. */
  stored(batch: {
    readonly events: number;
    readonly stored: number;
    readonly repeated: number;
    readonly conflicting: number;
    readonly seconds: number;
  }): void;
  /** Messages were put aside. */
  dead(reason: DeadReason, count: number): void;
}
