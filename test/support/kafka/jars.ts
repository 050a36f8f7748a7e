import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../product/program.ts';

/** Debian's packages with `java` and `mvn`. */
export const javaPackages = 'default-jre-headless maven';

const pom = fileURLToPath(new URL('pom.xml', import.meta.url));
const cache = fileURLToPath(new URL('../../.cache/', import.meta.url));

/** The folder with Kafka's jars. The first run for a `pom.xml` downloads them with Maven, which takes about 10 s. */
export async function kafkaJars(): Promise<string> {
  const digest = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex');
  const folder = join(cache, `kafka-${digest.slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  await runProgram('java', ['-version'], { debianPackages: javaPackages });
  await mkdir(cache, { recursive: true });
  const part = await mkdtemp(join(cache, 'part-'));
  try {
    await fetchJars(part);
    await rename(join(part, 'jars'), folder).catch(error => {
      if (!existsSync(folder)) throw error; // otherwise another run has created the folder, with the same jars
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return folder;
}

async function fetchJars(part: string): Promise<void> {
  const args = [
    '--quiet',
    '--batch-mode',
    '-Dstyle.color=never',
    // A separate repository, because two Maven processes may corrupt a shared one.
    `-Dmaven.repo.local=${join(part, 'repository')}`,
    `-DoutputDirectory=${join(part, 'jars')}`,
    '--file',
    pom,
    'dependency:copy-dependencies',
  ];
  await runProgram('mvn', args, { debianPackages: javaPackages, cwd: part });
}
