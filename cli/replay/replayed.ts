export interface ReplayOptions {
  /** List them, send none. */
  readonly dryRun: boolean;
  /** Those that an earlier replay has sent, too. */
  readonly all: boolean;
}

/** Dead letters that were sent again, and those that are kept because nothing can be made of them yet. */
export interface Replayed {
  readonly sent: number;
  readonly kept: number;
}
