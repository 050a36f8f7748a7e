import { once } from 'node:events';
import { Client } from 'pg';

/** With `KEEP_DATABASES=1`, the databases of a run stay for psql until the user presses Enter. */
export const keepsDatabases = Boolean(process.env['KEEP_DATABASES']);

/** Prints how psql opens each database that the tests created on these servers, and waits for Enter. */
export async function keepUntilEnter(serverUrls: readonly string[]): Promise<void> {
  const urls = (await Promise.all(serverUrls.map(databasesOf))).flat();
  const list = urls.map(url => `  psql ${url}\n`).join('');
  process.stdout.write(`\nThe databases of the tests, until you press Enter:\n\n${list}\n`);
  // Without a terminal the input ends at once.
  await Promise.race([once(process.stdin, 'data'), once(process.stdin, 'end')]);
  process.stdin.pause();
}

async function databasesOf(serverUrl: string): Promise<string[]> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ datname: string }>(
      String.raw`select datname from pg_database where datname like 'test\_%' order by oid`,
    );
    return rows.map(({ datname }) => {
      const url = new URL(serverUrl);
      url.pathname = `/${datname}`;
      return url.href;
    });
  } finally {
    await client.end();
  }
}
