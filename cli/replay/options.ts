export interface ReplayOptions {
  /** Whether to list the dead letters only, and send none. */
  readonly dryRun: boolean;
  /** Whether to include the dead letters that an earlier replay has sent. */
  readonly all: boolean;
}

/** The number of dead letters that were sent again, and of those that were kept because they still cannot be mapped. */
export interface Replayed {
  readonly sent: number;
  readonly kept: number;
}
