import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Kafka's classes as the JVM has them in memory (class data sharing), beside the jars: it halves the time of a start.
 * The first server that ends in good order writes it. A JVM that cannot use it goes without.
 */
export interface ClassArchive {
  /** Options for all programs of Kafka. */
  readonly read: readonly string[];
  /** Options for the server only; empty where there is an archive. */
  readonly write: readonly string[];
  /** Keeps what a server has written at its end, if it has. */
  keep(): Promise<void>;
}

/** @param folder where a server may write for itself */
export function classArchive(jars: string, folder: string): ClassArchive {
  const archive = join(jars, 'classes.jsa');
  if (existsSync(archive))
    return { read: [`-XX:SharedArchiveFile=${archive}`], write: [], keep: async () => {} };
  const written = join(folder, 'classes.jsa');
  return {
    read: [],
    write: [`-XX:ArchiveClassesAtExit=${written}`],
    keep: async () => {
      if (!existsSync(written)) return;
      // Half an archive would crash the JVM: it appears whole or not at all.
      const part = `${archive}.${randomBytes(8).toString('hex')}`;
      try {
        await copyFile(written, part);
        await rename(part, archive);
      } finally {
        await rm(part, { force: true });
      }
    },
  };
}
