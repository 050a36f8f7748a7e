import { type BigIntStats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

export interface WatchOptions {
  /** Asked anew before each look, so that what is watched may change. */
  readonly paths: () => readonly string[];
  /** A file was written, replaced, removed or came, and has been still since the look before. */
  readonly onChange: () => void;
  /** Pause between two looks. Default 1 s. */
  readonly everyMs?: number;
}

/**
 * Looks at files now and then. Notifications would be quicker, but editors replace a file by another one, Kubernetes
 * swaps a link above the files of a ConfigMap, and shared folders notify nobody: what a path leads to shows them all.
 * The timer keeps no process alive.
 */
export function watchFiles({ paths, onChange, everyMs = 1_000 }: WatchOptions): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  // At once, so that nothing is missed that is written after what the caller has read.
  let told = paths().map(stateNow).join('\n');
  let seen = told;

  const look = async () => {
    const now = (await Promise.all(paths().map(state))).join('\n');
    if (isStopped) return;
    // One who writes in several strokes is waited for.
    if (now !== told && now === seen) {
      told = now;
      onChange();
    }
    seen = now;
    schedule();
  };
  const schedule = () => {
    timer = setTimeout(() => void look(), everyMs).unref();
  };
  schedule();
  return {
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

function stateNow(path: string): string {
  try {
    return written(path, statSync(path, { bigint: true }));
  } catch {
    return written(path, null);
  }
}

async function state(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => null);
  return written(path, stats);
}

function written(path: string, stats: BigIntStats | null): string {
  if (stats === null) return `${path} is not there`;
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return [path, dev, ino, size, mtimeNs, ctimeNs].join(' ');
}
