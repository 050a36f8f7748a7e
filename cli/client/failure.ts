/** Exit statuses that a script may rely on; every command's `--help` names them. */
export const exitStatus = { done: 0, refused: 1, usage: 2, unavailable: 3 } as const;

export const exitStatusHelp = `
Exit status:
  0  done
  1  refused by the server
  2  wrong usage, or an invalid event or repository
  3  the server could not be reached, or was not available, in all tries`;

/** An expected error: the command prints the message on standard error and exits with the status. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Failure';
    this.status = status;
  }
}
