import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

export interface WatchOptions {
  /** Called before each check, so that the watched paths may change. */
  readonly paths: () => readonly string[];
  /** Called when a file was written, replaced, removed or created, and has not changed further since the last check. */
  readonly onChange: () => void;
  /** The pause between two checks. Default 1 s. */
  readonly everyMs?: number;
}

/**
 * Checks files for changes at regular intervals. File system notifications would be faster, but they miss changes:
 * editors replace a file by another one, Kubernetes swaps a link above the files of a ConfigMap, and network folders
 * send none. The state of the file at the end of a path shows them all. The timer does not keep the process alive.
 */
export function watchFiles({ paths, onChange, everyMs = 1_000 }: WatchOptions): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  // Synchronously, so that no change is missed after the caller has read the files.
  let reported = paths().map(stateSync).join('\n');
  let previous = reported;

  const check = async () => {
    const current = (await Promise.all(paths().map(state))).join('\n');
    if (isStopped) return;
    // The second condition waits until a file that is written in several steps is complete.
    if (current !== reported && current === previous) {
      reported = current;
      onChange();
    }
    previous = current;
    schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => void check(), everyMs).unref();
  };
  schedule();
  return {
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

function stateSync(path: string): string {
  try {
    return describe(path, statSync(path, { bigint: true }));
  } catch {
    return describe(path, null);
  }
}

async function state(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => null);
  return describe(path, stats);
}

/** A text that differs whenever the file at the path does. */
function describe(path: string, stats: BigIntStats | null): string {
  if (stats === null) return `${path} is not there`;
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return [path, dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
